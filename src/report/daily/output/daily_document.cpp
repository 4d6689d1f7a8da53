#include <algorithm>

#include <fmt/format.h>

#include "daily_report.h"
#include "day_texts.h"
#include "figure_text.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

std::string percent_cell(const std::optional<double>& percent) {
  return percent ? fmt::format("{:.2f} %", *percent) : kNotKnown;
}

std::string hours_cell(const std::optional<double>& hours) {
  return hours ? fmt::format("{:.1f}", *hours) : kNotKnown;
}

std::string users_cell(const std::optional<std::vector<std::string>>& users) {
  if (!users) {
    return kNotKnown;
  }
  std::string text;
  for (const std::string& user : *users) {
    text += (text.empty() ? "" : ", ") + printable(user);
  }
  return text.empty() ? "unused" : text;
}

std::string completeness_cell(const Completeness& completeness) {
  return completeness.expected > 0 ? completeness_text(completeness) + " %" : kNotKnown;
}

Cell warned(std::string text, bool is_warning) {
  return {std::move(text), is_warning ? Tone::warning : Tone::plain};
}

void append_cards(const NodeFigures& node, Table& table) {
  for (const CardFigures& card : node.cards) {
    table.rows.push_back({printable(node.node), fmt::format("{}", card.index),
                          warned(percent_cell(card.utilization.value()), !card.has_data()),
                          warned(percent_cell(card.memory.value()), !card.has_data()),
                          warned(completeness_cell(card.completeness), card.failure.has_value()),
                          users_cell(card.users)});
  }
  const Completeness completeness = node.completeness();
  table.rows.push_back({printable(node.node), std::string("all"),
                        warned(percent_cell(node.utilization_percent()), !node.has_data()),
                        warned(percent_cell(node.memory_percent()), !node.has_data()),
                        warned(completeness_cell(completeness), node.is_failed()), std::string()});
}

Section users_section(const DailyReport& report) {
  Table table{
      .columns = {{"user", Align::left}, {"GPU hours"}, {"idle hours"}, {"utilization"}, {"GPUs"}}};
  for (const UserFigures& user : report.users) {
    const bool has_hours = user.has_all_hours || user.gpu_hours > 0;
    table.rows.push_back({printable(user.user), has_hours ? hours_cell(user.gpu_hours) : kNotKnown,
                          has_hours ? hours_cell(user.known_idle_gpu_hours()) : kNotKnown,
                          percent_cell(user.utilization.value()),
                          fmt::format("{}", user.cards.size())});
  }
  return {.title = "Users", .table = std::move(table)};
}

std::string idle_note() {
  return fmt::format(
      "idle hours: a task held the GPU, whose utilization was below {} %. utilization of a user: "
      "of "
      "the GPUs while they were held.",
      HeldTime::kIdlePercent);
}

}  // namespace

Document daily_document(const DailyReport& report) {
  Document document;
  Table table{.columns = {{"node", Align::left},
                          {"GPU"},
                          {"utilization"},
                          {"VRAM"},
                          {"complete"},
                          {"users", Align::left}}};
  for (const NodeFigures& node : report.sums) {
    append_cards(node, table);
  }
  document.sections.push_back(
      {.title = "Use of the GPUs, " + span_text(report), .table = std::move(table)});
  if (!report.users.empty()) {
    document.sections.push_back(users_section(report));
    document.notes.push_back(idle_note());
  }
  return document;
}

Document comparison_document(const DailyReport& report) {
  Table table{.columns = {{"GPU"}}};
  std::vector<unsigned> indices;
  for (const NodeFigures& node : report.sums) {
    const std::string name = printable(node.node);
    table.columns.push_back({"GPU use", Align::right, name});
    table.columns.push_back({"VRAM", Align::right, name});
    for (const CardFigures& card : node.cards) {
      indices.push_back(card.index);
    }
  }
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  for (const unsigned index : indices) {
    std::vector<Cell> row{fmt::format("{}", index)};
    for (const NodeFigures& node : report.sums) {
      const auto card = std::ranges::find(node.cards, index, &CardFigures::index);
      const bool is_there = card != node.cards.end();
      row.emplace_back(percent_cell(is_there ? card->utilization.value() : std::nullopt));
      row.emplace_back(percent_cell(is_there ? card->memory.value() : std::nullopt));
    }
    table.rows.push_back(std::move(row));
  }
  std::vector<Cell> all{std::string("all")};
  for (const NodeFigures& node : report.sums) {
    all.emplace_back(percent_cell(node.utilization_percent()));
    all.emplace_back(percent_cell(node.memory_percent()));
  }
  table.rows.push_back(std::move(all));
  Document document{
      .sections = {{.title = "Nodes side by side, " + span_text(report), .table = table}}};
  return document;
}

Document user_document(const DailyReport& report, const std::string& user) {
  Table table{.columns = {{"date", Align::left},
                          {"node", Align::left},
                          {"GPU"},
                          {"hours"},
                          {"idle hours"},
                          {"utilization"},
                          {"VRAM of the day"}}};
  for (const NodeOfDay& node : report.nodes) {
    for (const CardFigures& card : node.figures.cards) {
      if (!card.users || std::ranges::find(*card.users, user) == card.users->end()) {
        continue;
      }
      const auto held = std::ranges::find(card.held, user, &HeldTime::user);
      const bool is_held = held != card.held.end();
      table.rows.push_back(
          {node.day.date, printable(node.figures.node), fmt::format("{}", card.index),
           is_held ? hours_cell(held->hours) : kNotKnown,
           is_held ? hours_cell(held->known_idle_hours()) : kNotKnown,
           percent_cell(is_held ? held->utilization.value() : card.utilization.value()),
           percent_cell(card.memory.value())});
    }
  }
  Document document{
      .sections = {{.title = fmt::format("GPUs of {}, {}", printable(user), span_text(report)),
                    .table = std::move(table)}},
      .notes = {idle_note()}};
  for (const UserFigures& figures : report.users) {
    if (figures.user == user && figures.gpu_hours > 0) {
      document.notes.insert(
          document.notes.begin(),
          fmt::format("{:.1f} GPU hours in all, {} of them idle, on {}; utilization {}.",
                      figures.gpu_hours, hours_cell(figures.known_idle_gpu_hours()),
                      counted(figures.cards.size(), "GPU"),
                      percent_cell(figures.utilization.value())));
    }
  }
  return document;
}

}  // namespace wemol::report::daily
