#include "try_records.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "card_look.h"
#include "host_name.h"
#include "process_table.h"
#include "result_file.h"
#include "text.h"

namespace wemol::queue {
namespace {

constexpr const char* kUniIdFile = "uni_id.json";

/// None where the record that the job has written itself stands.
std::optional<UniIdRecord> end_record(const TryResult& result) {
  if (result.has_succeeded) {
    return UniIdRecord{.state = std::string(kStateNormalExit)};
  }
  if (result.failure == Failure::reported) {
    return std::nullopt;
  }
  return UniIdRecord{.state = std::string(kStateAbnormalExit),
                     .error_type = std::string(name_of(result.failure))};
}

}  // namespace

TryRecords::TryRecords(std::filesystem::path state_dir)
    : state_dir_(std::move(state_dir)),
      uni_ids_(state_dir_ / kUniIdFile),
      history_(state_dir_),
      user_(name_of_user(getuid())),
      host_(host_name()) {}

void TryRecords::note_begin(const Job& job, const Moment& now) {
  record(job.uni_id,
         {.pid = this_process().pid,
          .state = std::string(kStateRunning),
          .retry_count = job.retry_count},
         now);
}

void TryRecords::note_keeper(const Job& job, const Moment& now) {
  // A job that ends at once may have written its own end already.
  if (const auto entry = uni_ids_.read(job.uni_id);
      entry && *entry && (*entry)->state == std::string(kStateRunning)) {
    record(job.uni_id, {.pid = job.keeper.pid}, now);
  }
}

void TryRecords::forget_begin(const std::string& uni_id, const Moment& now) {
  const bool is_over = record(uni_id,
                              {.state = std::string(kStateAbnormalExit),
                               .error_type = std::string(name_of(Failure::not_started))},
                              now);
  if (is_over) {
    (void)uni_ids_.remove_ended({uni_id}, now.wall);  // else it stays, as over
  }
}

TryResult TryRecords::as_reported(const Job& job, TryResult result) const {
  if (!result.has_succeeded) {
    return result;
  }
  const auto entry = uni_ids_.read(job.uni_id);
  if (!entry || !*entry || (*entry)->state != std::string(kStateAbnormalExit)) {
    return result;
  }
  return {.has_succeeded = false,
          .failure = Failure::reported,
          .text = fmt::format(
              "it wrote an abnormal_exit{} of its own into uni_id.json",
              (*entry)->error_type ? fmt::format(" ({})", printable(*(*entry)->error_type)) : "")};
}

void TryRecords::note_end(const Job& running, const TryResult& result, bool is_canceled,
                          WallTime ended_at) {
  NewEnd end{.ended = ended_try(running, result, is_canceled, ended_at),
             .record = end_record(result)};
  end.ended.user = user_;
  end.ended.host = host_;
  new_ends_.push_back(std::move(end));
}

void TryRecords::write_ends(bool is_state_saved, const Moment& now) {
  // A file that does not take one of them is not asked for the others: that may wait for a lock.
  bool takes_records = true;
  bool takes_history = is_state_saved;
  for (NewEnd& end : new_ends_) {
    if (end.record && takes_records) {
      takes_records = record(end.ended.uni_id, *end.record, now);
      if (takes_records) {
        end.record.reset();
      }
    }
    if (!end.is_in_history && takes_history) {
      const auto written = history_.append(end.ended);
      takes_history = end.is_in_history = written.has_value();
      if (!written) {
        spdlog::error("{}", written.error().message);
      }
    }
    if (!end.record && end.is_in_history) {
      remove_result(state_dir_, end.ended.uni_id);
      ended_.push_back(end.ended.uni_id);
    }
  }
  std::erase_if(new_ends_, [](const NewEnd& end) { return !end.record && end.is_in_history; });
  if (takes_records && ended_.size() > kKeptEntries + kKeptEntries / 10) {  // not with each end
    remove_beyond(kKeptEntries, now);
  }
}

void TryRecords::end_orphans(const std::set<std::string>& running, const Moment& now) {
  const auto change = uni_ids_.end_orphans(
      [&](std::string_view uni_id, const UniIdRecord& record) {
        return running.contains(std::string(uni_id)) ||
               (record.pid && process_at(*record.pid).has_value());
      },
      now.wall);
  if (!change) {
    spdlog::error("{}", change.error().message);
    return;
  }
  if (change->warning) {
    spdlog::warn("{}", *change->warning);
  }
  for (const std::string& uni_id : change->ended) {
    spdlog::warn("{}: uni_id.json had it as running, but its process is gone", printable(uni_id));
  }
}

void TryRecords::remove_old_entries(const Moment& now) {
  const std::vector<std::string> ended = history_.uni_ids();
  ended_.insert(ended_.begin(), ended.begin(), ended.end());
  if (ended_.size() > kKeptEntries) {
    remove_beyond(kKeptEntries, now);
  }
}

void TryRecords::remove_beyond(std::size_t kept, const Moment& now) {
  const auto end_of_old = ended_.end() - static_cast<std::ptrdiff_t>(kept);
  const auto change = uni_ids_.remove_ended({ended_.begin(), end_of_old}, now.wall);
  if (!change) {
    spdlog::error("{}", change.error().message);
    return;
  }
  if (change->warning) {
    spdlog::warn("{}", *change->warning);
  }
  ended_.erase(ended_.begin(), end_of_old);
}

bool TryRecords::record(const std::string& uni_id, const UniIdRecord& record, const Moment& now) {
  const auto change = uni_ids_.update(uni_id, record, now.wall);
  if (!change) {
    spdlog::error("{}: {}", uni_id, change.error().message);
  } else if (change->warning) {
    spdlog::warn("{}", *change->warning);
  }
  return change.has_value();
}

}  // namespace wemol::queue
