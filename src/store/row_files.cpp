#include "row_files.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "folder_name.h"

namespace wemol {
namespace {

// A task without a reading for a while is the same task when it comes back.
constexpr std::uint64_t kRoundsRemembered = 100;

}  // namespace

/// What went wrong in one round, gathered over all files: a full disk is one condition, not ninety.
struct RowFiles::Trouble {
  struct Rows {
    std::size_t rows = 0;
    std::size_t files = 0;
    std::string first_message;

    void add(std::size_t rows_of_file, AppendError&& error) {
      rows += rows_of_file;
      ++files;
      if (first_message.empty()) {
        first_message = std::move(error.message);
      }
    }
  };
  std::map<std::string, std::string> folders;  ///< that cannot be made, with the reason
  std::map<int, Rows> waiting;                 ///< rows that cannot be written, by errno
  std::map<int, Rows> not_taken;               ///< rows that did not reach the disk, by errno
};

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
    // After all are written, so that the disk can take them together.
    for (auto& [target, destination] : destinations_) {
      sync(destination.file, trouble);
      sync(destination.fallback_file, trouble);
    }
  }
  std::erase_if(destinations_, [&](const auto& entry) {
    return entry.second.waiting.empty() && round_ - entry.second.last_added_in > kRoundsRemembered;
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
      .waiting = {}};
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
  const CsvFile* file = &destination.file;
  auto appended = destination.file.append(destination.waiting.front());
  if (!appended && appended.error().no_folder) {
    trouble.folders[destination.file.folder()] = appended.error().message;
    file = &destination.fallback_file;
    appended = destination.fallback_file.append(destination.waiting.front());
  }
  return appended.map([&] { return file; });
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

void RowFiles::sync(CsvFile& file, Trouble& trouble) {
  const std::size_t rows = file.rows_to_sync();
  if (auto synced = file.sync(); !synced) {
    rows_not_taken_ += rows;
    trouble.not_taken[synced.error().code].add(rows, std::move(synced.error()));
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
  return conditions;
}

}  // namespace wemol
