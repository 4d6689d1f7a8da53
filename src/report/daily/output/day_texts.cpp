#include "day_texts.h"

#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "csv.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

constexpr std::size_t kRuleLength = 32;
constexpr std::size_t kTaskRuleLength = 50;

std::string double_text(double value) {
  std::string text = fmt::format("{}", value);
  // Without one it would be read back as an integer.
  if (text.find_first_of(".en") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::string cell(const std::optional<Number>& value, bool null_as_zero) {
  return value ? number_text(*value) : null_as_zero ? "0" : "";
}

/// Without the zeros at the end, but for one decimal: 0.0%, 20.3%, 83.38%; or N/A.
std::string short_percent(const std::optional<double>& percent) {
  std::string text = mean_text(percent);
  if (!percent) {
    return text;
  }
  while (text.ends_with('0') && !text.ends_with(".0")) {
    text.pop_back();
  }
  return text + "%";
}

std::string percent_or_none(const std::optional<double>& percent) {
  return mean_text(percent) + (percent ? "%" : "");
}

std::string average_row(std::string_view name, const std::optional<double>& utilization,
                        const std::optional<double>& memory, std::string_view users) {
  std::string row = fmt::format("{},{},{},", name, mean_text(utilization), mean_text(memory));
  append_csv_field(users, row);
  return row + "\n";
}

/// For a line of text: a name with a line's end in it must not make a line of its own.
std::string one_line(std::string_view text) {
  return printable(text);
}

std::string hardware_line(const CardFigures& card, const Words& words) {
  if (card.card) {
    return fmt::format("GPU[{}] -> {} {}\n", card.index, words.card, *card.card);
  }
  std::string what = card.name;
  if (!card.uuid.empty()) {
    what += what.empty() ? card.uuid : fmt::format(" ({})", card.uuid);
  }
  return fmt::format("GPU[{}] -> {}\n", card.index, what.empty() ? "-" : one_line(what));
}

void append_line(std::string_view name, std::string_view value, std::string& text) {
  if (!value.empty()) {
    text += fmt::format("    - {}: {}\n", name, one_line(value));
  }
}

std::string on_card_text(const TaskUse& task, const TaskUse::OnCard& on, const Words& words) {
  std::string text = fmt::format("  GPU {}: {}\n", one_line(on.id), one_line(task.user));
  append_line(words.model, on.name, text);
  append_line(words.memory, on.memory_mb ? fmt::format("{} MB", *on.memory_mb) : "", text);
  append_line(words.type, task.type, text);
  append_line(words.project, task.project_uuid, text);
  append_line(words.image, task.image, text);
  append_line(words.begin, rfc1123_text(task.begin_epoch), text);
  if (task.end_epoch) {
    append_line(words.end, rfc1123_text(*task.end_epoch), text);
  } else {
    text += fmt::format("    - {}\n", words.running);
  }
  if (task.total_seconds) {
    append_line(words.duration, fmt::format("{:.1f} {}", *task.total_seconds, words.seconds), text);
  }
  append_line(words.uuid, on.uuid, text);
  return text + "\n";
}

std::string tasks_section(const std::string& node, const std::vector<TaskUse>& tasks,
                          const Words& words) {
  std::string text = fmt::format("\n{}:\n{}\n", words.tasks, std::string(kTaskRuleLength, '-'));
  const std::string of_node = tasks_text(node, tasks, words);
  return text + (of_node.empty() ? "\n" : of_node);
}

std::string cards_section(const NodeFigures& node, const Words& words) {
  std::string text = fmt::format("{}:\n", words.use);
  for (const CardFigures& card : node.cards) {
    text +=
        fmt::format("GPU[{}]: {} = {}, {} = {} ({}: {})\n", card.index, words.utilization,
                    short_percent(card.utilization.value()), words.memory_use,
                    short_percent(card.memory.value()), words.user, users_text(card.users, words));
  }
  return text;
}

/// What is missing, if anything is.
std::string missing_section(const NodeFigures& node, const Words& words) {
  const Completeness completeness = node.completeness();
  std::string text;
  if (!completeness.is_whole() || node.is_failed()) {
    text += fmt::format("{}: {}%\n", words.completeness, completeness_text(completeness));
  }
  if (node.failure) {
    text += fmt::format("{}: {}: {}\n", words.missing, node.node, one_line(*node.failure));
  }
  if (node.users_failure) {
    text += fmt::format("{}: {}: {}\n", words.missing, words.user, one_line(*node.users_failure));
  }
  for (const CardFigures& card : node.cards) {
    if (card.failure && card.failure != node.failure) {
      text += fmt::format("{}: GPU[{}]: {}\n", words.missing, card.index, one_line(*card.failure));
    }
    if (card.are_users_missing) {
      text += missing_users_line(card.index, words);
    }
  }
  return text;
}

}  // namespace

std::string number_text(const Number& number) {
  const auto* const whole = std::get_if<std::int64_t>(&number);
  return whole != nullptr ? fmt::format("{}", *whole) : double_text(std::get<double>(number));
}

std::string mean_text(const std::optional<double>& percent) {
  return percent ? fmt::format("{:.2f}", *percent) : "N/A";
}

std::string completeness_text(const Completeness& completeness) {
  constexpr double kTenths = 10;
  const double percent = completeness.percent().value_or(0);
  return fmt::format("{:.1f}", std::floor(percent * kTenths) / kTenths);
}

std::string users_text(const std::optional<std::vector<std::string>>& users, const Words& words) {
  if (!users || users->empty()) {
    return std::string(words.nobody);
  }
  std::string text;
  for (const std::string& user : *users) {
    text += (text.empty() ? "" : ";") + guarded_against_formulas(printable(user));
  }
  return text;
}

std::string missing_users_line(unsigned index, const Words& words) {
  return fmt::format("{}: GPU[{}]: {}\n", words.missing, index, words.user);
}

std::string card_csv(const CardDay& card, const Zone& zone, const Words& words, bool null_as_zero) {
  std::string text = fmt::format("{}\n", words.card_header);
  for (const Bucket& bucket : card.buckets) {
    text += fmt::format("{},\"{}\",{},{}\n", bucket.end_epoch, zone.text(bucket.end_epoch),
                        cell(bucket.utilization_percent, null_as_zero),
                        cell(bucket.memory_percent, null_as_zero));
  }
  return text;
}

std::string average_csv(const NodeFigures& node, const Words& words) {
  std::string text = fmt::format("{}\n", words.average_header);
  for (const CardFigures& card : node.cards) {
    text += average_row(fmt::format("GPU[{}]", card.index), card.utilization.value(),
                        card.memory.value(), users_text(card.users, words));
  }
  return text + average_row(words.all_cards, node.utilization_percent(), node.memory_percent(),
                            words.all_users);
}

std::string tasks_text(const std::string& node, const std::vector<TaskUse>& tasks,
                       const Words& words) {
  std::string text;
  for (const TaskUse& task : tasks) {
    for (const TaskUse::OnCard& on : task.cards) {
      text += on_card_text(task, on, words);
    }
  }
  return text.empty() ? "" : fmt::format("{} {}:\n{}", node, words.tasks_of_node, text);
}

std::string summary_text(const NodeFigures& node, const Day& day,
                         const std::optional<std::vector<TaskUse>>& tasks, const Words& words) {
  const std::string rule(kRuleLength, '=');
  std::string text =
      fmt::format("{}\n{}{}\n{}: {}\n{}: {}\n{}\n\n{}:\n", rule, gpu_kind(node.vendor), words.title,
                  words.date, day.date, words.node, node.node, rule, words.hardware);
  for (const CardFigures& card : node.cards) {
    text += hardware_line(card, words);
  }
  text += tasks ? tasks_section(node.node, *tasks, words) : "\n";
  text += cards_section(node, words);
  text += fmt::format("\n{}: {}\n{}: {}\n", words.mean_utilization,
                      percent_or_none(node.utilization_percent()), words.mean_memory,
                      percent_or_none(node.memory_percent()));
  return text + missing_section(node, words) + rule + "\n";
}

}  // namespace wemol::report::daily
