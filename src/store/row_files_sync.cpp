#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "journal_replay.h"
#include "row_files.h"

namespace wemol {
namespace {

/// A segment has room for so many rounds like the one for which it is made, and is made anew when
/// it has room for the least only.
constexpr std::size_t kRoundsPerSegment = 128;
constexpr std::size_t kLeastRoundsPerSegment = 8;
constexpr std::uint64_t kRoundsBetweenTries = 50;

/// "<folder>/<file>": the last two parts.
std::string_view path_in_output_dir(const std::string& path) {
  const std::size_t file = path.rfind('/');
  const std::size_t folder = path.rfind('/', file - 1);
  return std::string_view(path).substr(folder + 1);
}

}  // namespace

void RowFiles::note_for_disk(Destination& destination, const Appended& appended,
                             std::string_view row) {
  if (!may_use_journal_ || !appended.is_continued || destination.needs_sync) {
    destination.needs_sync = true;
    return;
  }
  if (const auto path = path_in_output_dir(destination.file.path());
      path != destination.journal_path) {
    destination.journal_path = path;
  }
  frame_.add(destination.journal_path, appended.offset, row,
             std::exchange(destination.begins_chain, false));
  destination.has_chain_to_end = false;
  in_frame_.push_back(&destination);
}

void RowFiles::bring_to_disk(Trouble& trouble) {
  // First: what the journal has of these files is not needed any more when it says so.
  sync_those_that_need_it(trouble);
  end_chains();
  if (!frame_.empty() && !commit_to_journal(trouble)) {
    for (Destination* const destination : in_frame_) {
      destination->needs_sync = true;
    }
    sync_those_that_need_it(trouble);
  }
  sync_some(trouble);
  frame_.clear();
  in_frame_.clear();
}

void RowFiles::sync_those_that_need_it(Trouble& trouble) {
  for (auto& [target, destination] : destinations_) {
    if (std::exchange(destination.needs_sync, false)) {
      sync(destination, trouble);
    }
  }
}

/// So that the rows before are not replayed, whatever happens to the file from now on.
void RowFiles::end_chains() {
  for (auto& [target, destination] : destinations_) {
    if (std::exchange(destination.has_chain_to_end, false)) {
      frame_.end_chain(destination.journal_path);
    }
  }
}

bool RowFiles::commit_to_journal(Trouble& trouble) {
  provide_journal(trouble);
  if (!journal_) {
    return false;
  }
  if (auto committed = journal_->commit(frame_); !committed) {
    journal_trouble_ = std::move(committed.error().message);
    give_journal_up(trouble);
    return false;
  }
  for (Destination* const destination : in_frame_) {
    destination->in_journal_since = destination->in_journal_since.value_or(journal_->generation());
  }
  return true;
}

/// One with room for this round, where there can be one.
void RowFiles::provide_journal(Trouble& trouble) {
  const std::size_t bytes = frame_.length();
  if (journal_) {
    const std::size_t segment = journal_->segment_bytes();
    const bool is_too_small = bytes > segment || (bytes * kLeastRoundsPerSegment > segment &&
                                                  segment < RowJournal::kLargestSegment);
    if (is_too_small || !journal_->is_in_place()) {
      give_journal_up(trouble);
    }
  }
  if (!journal_) {
    make_journal(bytes);
  }
  if (journal_ && bytes > journal_->room()) {
    sync_before(journal_->generation(), trouble);
    journal_->turn();
  }
}

void RowFiles::make_journal(std::size_t round_bytes) {
  if (!journal_trouble_.empty() && round_ - journal_tried_in_ < kRoundsBetweenTries) {
    return;
  }
  journal_tried_in_ = round_;
  if (round_bytes > RowJournal::kLargestSegment) {
    journal_trouble_ = fmt::format("a round has {} bytes, and it takes {} at most", round_bytes,
                                   RowJournal::kLargestSegment);
    return;
  }
  const std::size_t segment = std::clamp(round_bytes * kRoundsPerSegment, RowJournal::kLeastSegment,
                                         RowJournal::kLargestSegment);
  auto made = RowJournal::create(output_dir_, segment);
  if (!made && made.error().code == EEXIST) {
    // It was not to be replayed at the start.
    if (const auto replayed = replay_journal(output_dir_)) {
      log_replay(*replayed);
      made = RowJournal::create(output_dir_, segment);
    } else {
      made = tl::make_unexpected(replayed.error());
    }
  }
  if (made) {
    journal_.emplace(std::move(*made));
    journal_trouble_.clear();
  } else {
    journal_trouble_ = std::move(made.error().message);
  }
}

/// Brings to the disk what only the journal has there.
void RowFiles::give_journal_up(Trouble& trouble) {
  if (!journal_) {
    return;
  }
  const std::size_t not_taken = rows_not_taken_;
  sync_before(journal_->generation() + 1, trouble);
  if (rows_not_taken_ == not_taken) {
    journal_->remove();
  }
  journal_.reset();
  for (auto& [target, destination] : destinations_) {
    destination.has_chain_to_end = false;
  }
}

/// Evenly, so that no round has to wait for all of them when the segment is full.
void RowFiles::sync_some(Trouble& trouble) {
  if (!journal_) {
    return;
  }
  const auto is_due = [&](const Destination& destination) {
    return destination.in_journal_since && *destination.in_journal_since < journal_->generation();
  };
  const auto due = static_cast<std::size_t>(std::ranges::count_if(
      destinations_, [&](const auto& entry) { return is_due(entry.second); }));
  const std::size_t rounds_left = journal_->room() / std::max(frame_.length(), RowJournal::kBlock);
  std::size_t quota = due == 0 ? 0 : due / std::max<std::size_t>(rounds_left, 1) + 1;
  for (auto& [target, destination] : destinations_) {
    if (quota > 0 && is_due(destination)) {
      sync(destination, trouble);
      --quota;
    } else if (destination.in_journal_since &&
               round_ - destination.last_added_in > kRoundsRemembered) {
      sync(destination, trouble);  // it is about to be forgotten
    }
  }
}

void RowFiles::sync_before(std::uint64_t generation, Trouble& trouble) {
  for (auto& [target, destination] : destinations_) {
    if (destination.in_journal_since && *destination.in_journal_since < generation) {
      sync(destination, trouble);
    }
  }
}

void RowFiles::sync(Destination& destination, Trouble& trouble) {
  const bool is_file_taken = sync(destination.file, trouble);
  const bool is_fallback_taken = sync(destination.fallback_file, trouble);
  const bool was_in_journal = std::exchange(destination.in_journal_since, {}).has_value();
  if (is_file_taken && is_fallback_taken) {  // else the journal may still complete the file
    destination.begins_chain = true;
    destination.has_chain_to_end |= was_in_journal;
  }
}

bool RowFiles::sync(CsvFile& file, Trouble& trouble) {
  const std::size_t rows = file.rows_to_sync();
  auto synced = file.sync();
  if (!synced) {
    rows_not_taken_ += rows;
    trouble.not_taken[synced.error().code].add(rows, std::move(synced.error()));
  }
  return synced.has_value();
}

}  // namespace wemol
