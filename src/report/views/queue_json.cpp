#include <algorithm>

#include <nlohmann/json.hpp>

#include "queue_view.h"

namespace wemol::report {
namespace {

constexpr int kTrySecondsDecimals = 3;
constexpr int kCardHoursDecimals = 4;

Json json_texts(const auto& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push_back(json_text(text));
  }
  return list;
}

/// An empty text is unknown.
Json json_known(const std::string& text) {
  return text.empty() ? Json() : json_text(text);
}

Json json_folder(const QueueReport::Folder& folder) {
  Json bad_lines = Json::array();
  for (const reading::BadLine& bad : folder.reading.report.first_bad_lines) {
    bad_lines.push_back({{"line", bad.line}, {"reason", json_text(bad.reason)}});
  }
  return {{"folder", json_text(folder.path.string())},
          {"has_history", folder.has_history},
          {"ended_tries", folder.reading.tries},
          {"bytes", folder.reading.report.bytes},
          {"torn_last_line", folder.reading.has_torn_end},
          {"bad_lines", folder.reading.report.bad_lines},
          {"first_bad_lines", std::move(bad_lines)}};
}

void add_totals(const TryTotals& totals, Json& json) {
  const bool is_known = totals.time_unknown < totals.tries;
  const auto known = [&](double value) { return is_known ? std::optional(value) : std::nullopt; };
  json["tries"] = totals.tries;
  json["succeeded"] = totals.succeeded;
  json["failed"] = totals.failed;
  json["out_of_memory"] = totals.out_of_memory;
  json["canceled"] = totals.canceled;
  json["time_unknown"] = totals.time_unknown;
  json["run_seconds"] = json_number(known(totals.run_seconds), kTrySecondsDecimals);
  json["card_hours"] =
      json_number(known(totals.card_seconds / kCardHourSeconds), kCardHoursDecimals);
}

Json json_queue(const QueueReport& report, const QueueFigures::QueueKey& key,
                const QueueTotals& queue) {
  Json json{{"folder", json_text(report.folders[key.folder].path.string())},
            {"queue", json_text(key.queue)},
            {"users", json_texts(queue.users)},
            {"jobs", queue.jobs}};
  add_totals(queue.totals, json);
  return json;
}

Json json_job(const QueueReport& report, const QueueFigures::JobKey& key, const JobFigures& job) {
  const reading::EndedTry& last = job.last;
  Json json{{"folder", json_text(report.folders[key.folder].path.string())},
            {"queue", json_text(last.queue)},
            {"job", key.job},
            {"user", json_known(last.user)},
            {"host", json_known(last.host)},
            {"last_result", outcome_name(last.outcome)},
            {"last_error_type", json_known(last.error_type)},
            {"last_code", last.code ? Json(*last.code) : Json()},
            {"last_uni_id", json_known(last.uni_id)},
            {"last_cards", json_texts(last.cards)},
            {"last_memory_bytes", json_count(last.memory_bytes)},
            {"first_started_at", json_time(job.first_started)},
            {"last_ended_at", json_time(last.ended)}};
  add_totals(job.totals, json);
  return json;
}

Json json_held_cards(const QueueReport& report) {
  if (!report.held_cards) {
    return nullptr;
  }
  Json list = Json::array();
  for (const HeldCard& card : *report.held_cards) {
    list.push_back({{"card", json_text(card.card)},
                    {"user", json_text(card.user)},
                    {"queue", json_text(card.queue)},
                    {"job", card.job},
                    {"uni_id", json_text(card.uni_id)},
                    {"since", json_time(card.since)},
                    {"held_seconds", json_number(held_seconds(card, report.now), 0)}});
  }
  return list;
}

}  // namespace

Json queue_json(const QueueReport& report) {
  Json json{{"schema", kJsonSchema},
            {"command", "queue"},
            {"made_at", json_time(report.now)},
            {"since", json_time(report.window.since)},
            {"until", json_time(report.window.until)},
            {"folders", Json::array()},
            {"repeated_tries", report.figures.repeated_tries()},
            {"queues", Json::array()},
            {"jobs", Json::array()},
            {"cards", json_held_cards(report)}};
  for (const QueueReport::Folder& folder : report.folders) {
    json["folders"].push_back(json_folder(folder));
  }
  for (const auto& [key, queue] : report.figures.queues()) {
    json["queues"].push_back(json_queue(report, key, queue));
  }
  for (const auto& [key, job] : report.figures.jobs()) {
    json["jobs"].push_back(json_job(report, key, job));
  }
  return json;
}

}  // namespace wemol::report
