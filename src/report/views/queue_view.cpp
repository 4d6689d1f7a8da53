#include "queue_view.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "figure_text.h"
#include "text.h"
#include "time_text.h"

namespace wemol::report {
namespace {

using reading::TryOutcome;
using Cells = std::vector<Cell>;
using Queue = std::pair<const QueueFigures::QueueKey, QueueTotals>;

std::string moment_cell(const std::optional<WallTime>& time) {
  return time ? LocalTimeText().of(*time) : std::string(kNotKnown);
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + printable(name);
  }
  return text.empty() ? kNotKnown : text;
}

Cell count_cell(std::uint64_t count, Tone tone = Tone::plain) {
  return {fmt::format("{}", count), count > 0 ? tone : Tone::plain};
}

/// A dash where the time of no try is known.
void add_time_cells(const TryTotals& totals, Cells& cells) {
  const bool is_known = totals.time_unknown < totals.tries;
  cells.emplace_back(duration_text(is_known ? std::optional(totals.run_seconds) : std::nullopt));
  cells.emplace_back(
      amount_text(is_known ? std::optional(totals.card_seconds / kCardHourSeconds) : std::nullopt));
}

/// The directory is told where there are several.
class Folders {
 public:
  explicit Folders(const QueueReport& report) : report_(report) {}

  [[nodiscard]] std::vector<Column> with_column(std::vector<Column> columns) const {
    if (report_.folders.size() > 1) {
      columns.insert(columns.begin(), {"directory", Align::left});
    }
    return columns;
  }
  [[nodiscard]] Cells begin_row(std::size_t folder) const {
    return report_.folders.size() > 1 ? Cells{printable(report_.folders[folder].path.string())}
                                      : Cells();
  }

 private:
  const QueueReport& report_;
};

std::vector<const Queue*> by_card_time(const QueueFigures& figures) {
  std::vector<const Queue*> queues;
  for (const Queue& queue : figures.queues()) {
    queues.push_back(&queue);
  }
  std::ranges::stable_sort(queues, [](const Queue* one, const Queue* other) {
    return one->second.totals.card_seconds > other->second.totals.card_seconds;
  });
  return queues;
}

Section queues_section(const QueueReport& report) {
  const Folders folders(report);
  Table table{.columns = folders.with_column({{"queue", Align::left},
                                              {"user", Align::left},
                                              {"jobs"},
                                              {"tries"},
                                              {"succeeded"},
                                              {"failed"},
                                              {"OOM"},
                                              {"canceled"},
                                              {"run time"},
                                              {"card-h"}}),
              .rows = {}};
  for (const Queue* const queue : by_card_time(report.figures)) {
    const TryTotals& totals = queue->second.totals;
    Cells cells = folders.begin_row(queue->first.folder);
    cells.emplace_back(printable(queue->first.queue));
    cells.emplace_back(joined(queue->second.users));
    cells.push_back(count_cell(queue->second.jobs));
    cells.push_back(count_cell(totals.tries));
    cells.push_back(count_cell(totals.succeeded));
    cells.push_back(count_cell(totals.failed, Tone::warning));
    cells.push_back(count_cell(totals.out_of_memory, Tone::warning));
    cells.push_back(count_cell(totals.canceled));
    add_time_cells(totals, cells);
    table.rows.push_back(std::move(cells));
  }
  return {.title = "Queues, the most card-hours first", .table = std::move(table)};
}

/// "3 exit, 1 oom".
std::string failures_text(const JobFigures& job) {
  std::string text;
  for (const auto& [type, count] : job.failures) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, printable(type));
  }
  return text.empty() ? kNotKnown : text;
}

Cell result_cell(const reading::EndedTry& last) {
  if (last.outcome != TryOutcome::failed) {
    return outcome_name(last.outcome);
  }
  return {"failed: " + failure_text(last), Tone::warning};
}

Section jobs_section(const QueueReport& report) {
  const Folders folders(report);
  Table table{.columns = folders.with_column({{"job"},
                                              {"queue", Align::left},
                                              {"tries"},
                                              {"last try", Align::left},
                                              {"failures", Align::left},
                                              {"started", Align::left},
                                              {"ended", Align::left},
                                              {"run time"},
                                              {"card-h"}}),
              .rows = {}};
  for (const auto& [key, job] : report.figures.jobs()) {
    Cells cells = folders.begin_row(key.folder);
    cells.push_back(count_cell(key.job));
    cells.emplace_back(printable(job.last.queue));
    cells.push_back(count_cell(job.totals.tries));
    cells.push_back(result_cell(job.last));
    cells.emplace_back(failures_text(job));
    cells.emplace_back(moment_cell(job.first_started));
    cells.emplace_back(moment_cell(job.last.ended));
    add_time_cells(job.totals, cells);
    table.rows.push_back(std::move(cells));
  }
  return {.title = "Jobs, all tries of each", .table = std::move(table)};
}

Section cards_section(const std::vector<HeldCard>& cards, WallTime now) {
  Section section{.title = "Cards held on this host"};
  if (cards.empty()) {
    section.lines.emplace_back("none");
    return section;
  }
  Table table{.columns = {{"card", Align::left},
                          {"user", Align::left},
                          {"queue", Align::left},
                          {"job"},
                          {"since", Align::left},
                          {"held for"}},
              .rows = {}};
  for (const HeldCard& card : cards) {
    table.rows.push_back({printable(card.card), printable(card.user), printable(card.queue),
                          count_cell(card.job), moment_cell(card.since),
                          duration_text(held_seconds(card, now))});
  }
  section.table = std::move(table);
  return section;
}

std::vector<std::string> notes_of(const QueueReport& report) {
  std::vector<std::string> notes;
  std::uint64_t time_unknown = 0;
  for (const auto& [key, job] : report.figures.jobs()) {
    time_unknown += job.totals.time_unknown;
  }
  notes.push_back(fmt::format("{} of {}. Card-hours: run time on each card held.",
                              report.figures.tries() == 1
                                  ? std::string("1 try")
                                  : fmt::format("{} tries", report.figures.tries()),
                              counted(report.figures.jobs().size(), "job")));
  for (const QueueReport::Folder& folder : report.folders) {
    if (!folder.has_history) {
      notes.push_back(
          fmt::format("{}: no try has ended there yet.", printable(folder.path.string())));
    }
  }
  if (time_unknown > 0) {
    notes.push_back(
        fmt::format("The time of {} of them is unknown: not started, or the clock was set back.",
                    time_unknown));
  }
  if (report.figures.repeated_tries() > 0) {
    notes.push_back(
        fmt::format("{} written twice: counted once.", report.figures.repeated_tries()));
  }
  if (!report.held_cards) {
    notes.emplace_back("Which cards are held is unknown: wemol-queue locks none on this host.");
  }
  return notes;
}

}  // namespace

std::string outcome_name(TryOutcome outcome) {
  switch (outcome) {
    case TryOutcome::succeeded:
      return "succeeded";
    case TryOutcome::canceled:
      return "canceled";
    case TryOutcome::failed:
      break;
  }
  return "failed";
}

std::string failure_text(const reading::EndedTry& ended_try) {
  const std::string type = ended_try.error_type.empty() ? "unknown" : ended_try.error_type;
  const bool has_code = (type == "exit" || type == "signal") && ended_try.code;
  return has_code ? fmt::format("{} {}", type, *ended_try.code) : printable(type);
}

std::optional<double> held_seconds(const HeldCard& card, WallTime now) {
  if (!card.since) {
    return std::nullopt;
  }
  return std::max(0.0, std::chrono::duration<double>(now - *card.since).count());
}

Document queue_document(const QueueReport& report) {
  Document document{.sections = {}, .notes = notes_of(report)};
  if (!report.figures.jobs().empty()) {
    document.sections = {queues_section(report), jobs_section(report)};
  }
  if (report.held_cards) {
    document.sections.push_back(cards_section(*report.held_cards, report.now));
  }
  return document;
}

}  // namespace wemol::report
