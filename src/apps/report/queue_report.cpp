#include "queue_report.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "card_holder_reader.h"
#include "flat_csv.h"
#include "queue_view.h"
#include "recorded_tree.h"
#include "text.h"
#include "user_names.h"

namespace wemol::report {
namespace {

/// The one that is written, and what it was before it had grown too large. In this order a file
/// that is put aside meanwhile is read twice rather than not at all, and counted once.
constexpr std::array kHistoryFiles{"history.jsonl", "history.1.jsonl", "history.2.jsonl"};

std::optional<std::vector<HeldCard>> read_held_cards(const std::filesystem::path& lock_folder) {
  const auto holders = CardHolderReader({.folder = lock_folder}).read();
  if (!holders) {
    return std::nullopt;
  }
  UserNames users;
  std::vector<std::uint32_t> user_ids;
  for (const CardHolder& holder : *holders) {
    user_ids.push_back(holder.user_id);
  }
  if (!user_ids.empty()) {
    users.look_up(user_ids, std::chrono::steady_clock::now());
  }
  std::vector<HeldCard> cards;
  for (const CardHolder& holder : *holders) {
    cards.push_back({.card = holder.card,
                     .user = users.name_of(holder.user_id),
                     .queue = holder.queue,
                     .job = holder.job,
                     .uni_id = holder.uni_id,
                     .since = holder.since});
  }
  return cards;
}

/// A folder in which no try has ended has no history; one that is not there is a mistake.
Result<void> read_folder(const std::filesystem::path& path, QueueReport& report,
                         reading::ReadingReport& sum, const reading::Progress& progress) {
  std::error_code trouble;
  if (!std::filesystem::is_directory(path, trouble)) {
    return failure(fmt::format("{}: {}", printable(path.string()),
                               trouble ? trouble.message() : "not a folder"));
  }
  QueueReport::Folder folder{.path = path};
  const std::size_t at = report.folders.size();
  for (const char* const file : kHistoryFiles) {
    auto read = reading::read_queue_history(
        path / file, [&](const reading::EndedTry& ended_try) { report.figures.add(at, ended_try); },
        progress);
    if (read) {
      folder.has_history = true;
      folder.reading.tries += read->tries;
      folder.reading.has_torn_end |= read->has_torn_end;
      reading::add_report(folder.reading.report, std::move(read->report));
    } else if (read.error().code != ENOENT) {
      return tl::make_unexpected(read.error());
    }
  }
  reading::add_report(sum, reading::ReadingReport(folder.reading.report));
  report.folders.push_back(std::move(folder));
  return {};
}

/// Has its header also when there is no job.
std::string csv_of(QueueReport report) {
  if (!report.figures.jobs().empty()) {
    return flat_csv(queue_json(report)["jobs"]);
  }
  report.figures = QueueFigures({});
  report.figures.add(0, {});
  const std::string csv = flat_csv(queue_json(report)["jobs"]);
  return csv.substr(0, csv.find('\n') + 1);
}

std::string text_of(const ReportOptions& options, const QueueReport& report, const Screen& screen) {
  switch (options.format) {
    case Format::json:
      return json_document_text(queue_json(report));
    case Format::csv:
      return csv_of(report);
    case Format::markdown:
      return document_markdown(queue_document(report));
    default:
      return document_text(queue_document(report), {.width = screen.width, .color = screen.color});
  }
}

}  // namespace

Result<ReportText> queue_report(const ReportOptions& options, WallTime now, const Screen& screen,
                                const reading::Progress& progress) {
  reading::ReadingReport reading;
  QueueReport report{.folders = {},
                     .figures = QueueFigures(options.window),
                     .held_cards = read_held_cards(options.queue_lock_folder),
                     .window = options.window,
                     .now = now};
  for (const std::filesystem::path& folder : options.state_folders) {
    if (const auto read = read_folder(folder, report, reading, progress); !read) {
      return tl::make_unexpected(read.error());
    }
  }
  return ReportText{text_of(options, report, screen), std::move(reading)};
}

}  // namespace wemol::report
