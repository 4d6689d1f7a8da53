#include "status_document.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "figure_text.h"
#include "text.h"
#include "time_text.h"

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;
using report::Align;
using report::Cell;
using report::Tone;

constexpr double kGigabyteBytes = 0x1p30;
constexpr std::size_t kLongestCommand = 60;

std::string text_in(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? printable(found->get<std::string>())
                                                   : std::string();
}

std::optional<double> number_in(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>())
                                                   : std::nullopt;
}

std::string count_text(const ordered_json& json, const char* key) {
  const auto number = number_in(json, key);
  return number ? fmt::format("{:.0f}", *number) : report::kNotKnown;
}

const ordered_json& list_in(const ordered_json& json, const char* key) {
  static const ordered_json none = ordered_json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : none;
}

std::string gigabytes(const std::optional<double>& bytes) {
  return bytes ? fmt::format("{:.1f}", *bytes / kGigabyteBytes) : report::kNotKnown;
}

/// "0:12:03" ago.
std::string age(const std::string& iso_time, WallTime now) {
  const auto time = parse_iso_time(iso_time);
  if (!time) {
    return report::kNotKnown;
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - *time);
  return report::duration_text(std::max(0.0, static_cast<double>(seconds.count())));
}

/// "09:44:28"; with the day when it is another one.
std::string clock_text(const std::string& iso_time, WallTime now) {
  const auto time = parse_iso_time(iso_time);
  if (!time) {
    return report::kNotKnown;
  }
  const std::string text = LocalTimeText().of(*time);
  const std::string today = LocalTimeText().of(now);
  constexpr std::size_t kDay = 11;
  return text.substr(0, kDay) == today.substr(0, kDay) ? text.substr(kDay) : text;
}

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

report::Section queues_section(const ordered_json& status, WallTime now) {
  report::Table table{.columns = {{"queue", Align::left},
                                  {"state", Align::left},
                                  {"pending"},
                                  {"running"},
                                  {"succeeded"},
                                  {"failed"},
                                  {"note", Align::left}}};
  for (const ordered_json& queue : list_in(status, "queues")) {
    std::string note = text_in(queue, "reason");
    if (const std::string until = text_in(queue, "backoff_until"); !until.empty()) {
      note = fmt::format("until {}", clock_text(until, now));
    }
    const std::string state = text_in(queue, "state");
    table.rows.push_back(
        {text_in(queue, "queue"), Cell(state, state == "STOPPED" ? Tone::warning : Tone::plain),
         count_text(queue, "pending"), count_text(queue, "running"), count_text(queue, "succeeded"),
         count_text(queue, "failed"), std::move(note)});
  }
  return {.title = "Queues", .table = std::move(table)};
}

std::string cards_text(const ordered_json& job) {
  std::vector<std::string> cards;
  for (const ordered_json& card : list_in(job, "cards")) {
    const auto index = number_in(card, "index");
    cards.push_back(index ? fmt::format("{:.0f}", *index) : text_in(card, "uuid"));
  }
  return cards.empty() ? report::kNotKnown : joined(cards);
}

/// What is to be said of it: why it waits, how it failed.
std::string note_of(const ordered_json& job, WallTime now) {
  const std::string state = text_in(job, "state");
  if (state == "pending") {
    const std::string next = text_in(job, "next_try");
    return next.empty() ? text_in(job, "reason")
                        : fmt::format("next try at {}", clock_text(next, now));
  }
  const auto result = job.find("last_result");
  if (state == "failed" && result != job.end() && result->is_object()) {
    return text_in(*result, "text");
  }
  return {};
}

std::string command_of(const ordered_json& job) {
  const ordered_json& commands = list_in(job, "commands");
  if (commands.empty() || !commands.front().is_string()) {
    return {};
  }
  constexpr std::size_t kLongestCommandBytes = 16 * kLongestCommand;
  std::string text = printable(commands.front().get<std::string>().substr(0, kLongestCommandBytes));
  if (report::display_width(text) > kLongestCommand) {
    while (report::display_width(text) > kLongestCommand - 1) {
      while ((static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
        text.pop_back();
      }
      text.pop_back();
    }
    text += "…";
  }
  return commands.size() == 1 ? text : fmt::format("{} (+{})", text, commands.size() - 1);
}

void say_left_out(const ordered_json& status, std::vector<std::string>& lines) {
  const auto left_out = status.find("jobs_left_out");
  if (left_out == status.end() || !left_out->is_object()) {
    return;
  }
  for (const auto& [key, which] :
       {std::pair("pending", "more pending"), std::pair("ended", "that ended earlier")}) {
    const auto number = number_in(*left_out, key);
    if (number && *number >= 1) {
      lines.push_back(fmt::format("{} {}: --all shows them",
                                  counted(static_cast<std::uint64_t>(*number), "job"), which));
    }
  }
}

report::Section jobs_section(const ordered_json& status, WallTime now) {
  report::Table table{.columns = {{"job"},
                                  {"queue", Align::left},
                                  {"state", Align::left},
                                  {"GPU", Align::left},
                                  {"GB"},
                                  {"tries"},
                                  {"for"},
                                  {"command", Align::left},
                                  {"note", Align::left}}};
  for (const ordered_json& job : list_in(status, "jobs")) {
    const std::string state = text_in(job, "state");
    table.rows.push_back({count_text(job, "job"), text_in(job, "queue"),
                          Cell(state, state == "failed" ? Tone::warning : Tone::plain),
                          cards_text(job), gigabytes(number_in(job, "memory_bytes")),
                          count_text(job, "tries"), age(text_in(job, "since"), now),
                          command_of(job), note_of(job, now)});
  }
  report::Section section{.title = "Jobs", .table = std::move(table)};
  say_left_out(status, section.lines);
  return section;
}

std::string holder_of(const ordered_json& card) {
  std::vector<std::string> holders;
  for (const ordered_json& job : list_in(card, "jobs")) {
    holders.push_back(fmt::format("job {}", job.dump()));
  }
  if (const auto held = card.find("is_held_by_other_scheduler");
      held != card.end() && held->is_boolean() && held->get<bool>()) {
    holders.emplace_back("another scheduler");
  }
  if (const auto own = number_in(card, "own_other_processes"); own && *own > 0) {
    holders.push_back(fmt::format("{:.0f} other of your processes", *own));
  }
  for (const ordered_json& user : list_in(card, "other_users")) {
    holders.push_back(user.is_string() ? printable(user.get<std::string>()) : "?");
  }
  return holders.empty() ? "free" : joined(holders);
}

report::Section cards_section(const ordered_json& status, WallTime now) {
  report::Table table{
      .columns = {
          {"GPU"}, {"name", Align::left}, {"total GB"}, {"free GB"}, {"held by", Align::left}}};
  for (const ordered_json& card : list_in(status, "cards")) {
    table.rows.push_back({count_text(card, "index"), text_in(card, "name"),
                          gigabytes(number_in(card, "memory_total_bytes")),
                          gigabytes(number_in(card, "memory_free_bytes")), holder_of(card)});
  }
  report::Section section{.title = "GPUs", .table = std::move(table)};
  if (const std::string problem = text_in(status, "cards_problem"); !problem.empty()) {
    section.lines.push_back(problem);
    const std::string looked_at = text_in(status, "cards_looked_at");
    section.lines.push_back(looked_at.empty()
                                ? "The cards have not been seen yet."
                                : fmt::format("As they were {} ago.", age(looked_at, now)));
  }
  return section;
}

}  // namespace

report::Document status_document(const ordered_json& status, WallTime now) {
  report::Document document;
  document.sections = {queues_section(status, now), jobs_section(status, now),
                       cards_section(status, now)};
  if (std::string nothing = text_in(status, "nothing_can_start"); !nothing.empty()) {
    document.notes.push_back(std::move(nothing));
  }
  return document;
}

}  // namespace wemol::queue
