#include "row_files.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "folder_name.h"

namespace wemol {

void RowFiles::Trouble::Rows::add(std::size_t rows_of_file, AppendError&& error) {
  rows += rows_of_file;
  ++files;
  if (first_message.empty()) {
    first_message = std::move(error.message);
  }
}

RowFiles::RowFiles(std::filesystem::path output_dir, std::string kind, std::string_view header,
                   SyncLevel sync, Bounds bounds, const Clock& clock)
    : output_dir_(std::move(output_dir)),
      kind_(std::move(kind)),
      header_(header),
      sync_(sync),
      bounds_(bounds),
      looks_(clock) {}

RowFiles::~RowFiles() {
  for (auto& [target, destination] : destinations_) {
    destination.file.start_writeback();
    destination.fallback_file.start_writeback();
    if (!destination.waiting.empty()) {
      spdlog::error("{} rows of {} for {} could not be written and are lost",
                    destination.waiting.size(), destination.origin.owner,
                    destination.file.folder().string());
    }
  }
  Trouble trouble;
  give_journal_up(trouble);
  for (const auto& [code, rows] : trouble.not_taken) {
    spdlog::error("the disk did not take rows that were written: {}; the journal has them",
                  rows.first_message);
  }
}

Conditions RowFiles::flush() {
  ++round_;
  looks_.begin_round();
  Trouble trouble;
  for (auto& [target, destination] : destinations_) {
    write_waiting(destination, trouble);
    destination.file.start_due_writeback();
    destination.fallback_file.start_due_writeback();
  }
  if (sync_ == SyncLevel::finished) {
    bring_to_disk(trouble);  // after all are written, so that the disk can take them together
  }
  std::erase_if(destinations_, [&](const auto& entry) {
    const Destination& destination = entry.second;
    return destination.waiting.empty() && !destination.in_journal_since &&
           !destination.has_chain_to_end && round_ - destination.last_added_in > kRoundsRemembered;
  });
  return conditions_of(trouble);
}

RowFiles::Destination& RowFiles::destination_of(const Target& target,
                                                const std::function<Origin()>& origin) {
  const auto found = destinations_.find(target);
  if (found != destinations_.end()) {
    return found->second;
  }
  OwnTarget own{.module_name = std::string(target.module_name), .stem = std::string(target.stem)};
  Destination destination{
      .origin = origin(),
      .file = CsvFile(output_dir_ / folder_name(own.module_name), own.stem, header_, &looks_),
      .fallback_file = CsvFile(".", own.stem, header_, &looks_),
      .path = {},
      .waiting = {},
      .journal_path = {},
      .in_journal_since = {}};
  if (may_use_journal_) {
    destination.file.sync_what_is_left();
  }
  return destinations_.emplace(std::move(own), std::move(destination)).first->second;
}

void RowFiles::add(const Target& target, std::string_view row,
                   const std::function<Origin()>& origin) {
  Destination& destination = destination_of(target, origin);
  destination.last_added_in = round_ + 1;
  if (waiting_bytes_ + row.size() > bounds_.waiting_bytes ||
      destination.waiting.bytes() + row.size() > bounds_.waiting_bytes_per_file) {
    ++dropped_rows_;
    return;
  }
  waiting_bytes_ += row.size();
  destination.waiting.push(row);
}

tl::expected<const CsvFile*, AppendError> RowFiles::append_first_waiting(Destination& destination,
                                                                         Trouble& trouble) {
  const std::string_view row = destination.waiting.front();
  auto appended = destination.file.append(row);
  if (appended) {
    note_for_disk(destination, *appended, row);
    return &destination.file;
  }
  if (!appended.error().no_folder) {
    return tl::make_unexpected(std::move(appended.error()));
  }
  trouble.folders[destination.file.folder()] = appended.error().message;
  destination.needs_sync = true;
  appended = destination.fallback_file.append(row);
  return appended.map(
      [&](const Appended&) -> const CsvFile* { return &destination.fallback_file; });
}

void RowFiles::write_waiting(Destination& destination, Trouble& trouble) {
  while (!destination.waiting.empty()) {
    auto appended = append_first_waiting(destination, trouble);
    if (!appended) {
      trouble.waiting[appended.error().code].add(destination.waiting.size(),
                                                 std::move(appended.error()));
      return;
    }
    if (const std::string& path = (*appended)->path(); path != destination.path) {
      destination.path = path;
      // The path holds the module's name without whatever could break a line of the log.
      spdlog::info("{}: {} is recorded in {}", destination.origin.owner, destination.origin.content,
                   path);
    }
    const std::size_t row_bytes = destination.waiting.front().size();
    waiting_bytes_ -= row_bytes;
    destination.waiting.pop();
  }
}

Conditions RowFiles::conditions_of(const Trouble& trouble) const {
  Conditions conditions;
  std::error_code gone;
  const std::string current = trouble.folders.empty() ? "" : std::filesystem::current_path(gone);
  for (const auto& [folder, reason] : trouble.folders) {
    conditions.push_back({.key = kind_ + " folder/" + folder,
                          .severity = Severity::error,
                          .message = fmt::format("the folder cannot be made: {}; its files are "
                                                 "written to the current directory ({}) instead",
                                                 reason, current)});
  }
  for (const auto& [code, waiting] : trouble.waiting) {
    std::string message = fmt::format(
        "rows cannot be written: {}; {} rows of {} files wait in memory and are tried "
        "again in every round",
        waiting.first_message, waiting.rows, waiting.files);
    if (dropped_rows_ > 0) {
      message +=
          fmt::format("; {} rows are lost so far: at most {} bytes wait for one file and {} in all",
                      dropped_rows_, bounds_.waiting_bytes_per_file, bounds_.waiting_bytes);
    }
    conditions.push_back({.key = fmt::format("{} write/{}", kind_, code),
                          .severity = Severity::error,
                          .message = std::move(message)});
  }
  for (const auto& [code, rows] : trouble.not_taken) {
    conditions.push_back(
        {.key = fmt::format("{} sync/{}", kind_, code),
         .severity = Severity::error,
         .message = fmt::format("the disk did not take rows that were written: {}; {} rows of {} "
                                "files ({} since the start) may be missing now or after a power "
                                "cut, and are not written again",
                                rows.first_message, rows.rows, rows.files, rows_not_taken_)});
  }
  if (!journal_trouble_.empty()) {
    conditions.push_back(
        {.key = kind_ + " journal",
         .severity = Severity::warning,
         .message = fmt::format("there is no journal: {}; the disk has to take each file by "
                                "itself in every round, which takes longer",
                                journal_trouble_)});
  }
  return conditions;
}

}  // namespace wemol
