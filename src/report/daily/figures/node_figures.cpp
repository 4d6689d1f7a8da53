#include "node_figures.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace wemol::report::daily {
namespace {

struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// A user's spans on a card, in the order in which users came.
using SpansOfUsers = std::vector<std::pair<std::string, std::vector<Span>>>;

std::vector<Span>& spans_of(SpansOfUsers& users, const std::string& user) {
  const auto found = std::ranges::find(users, user, &SpansOfUsers::value_type::first);
  return found != users.end() ? found->second
                              : users.emplace_back(user, std::vector<Span>{}).second;
}

/// Without overlaps: two tasks of a user on a card hold it once.
std::vector<Span> joined(std::vector<Span> spans) {
  std::ranges::sort(spans, {}, &Span::begin);
  std::vector<Span> whole;
  for (const Span& span : spans) {
    if (!whole.empty() && span.begin <= whole.back().end) {
      whole.back().end = std::max(whole.back().end, span.end);
    } else {
      whole.push_back(span);
    }
  }
  return whole;
}

bool is_on_card(const TaskUse& task, unsigned index) {
  return std::ranges::any_of(task.cards,
                             [&](const TaskUse::OnCard& on) { return on.index == index; });
}

/// What of the day each user held of the card, in order of time.
SpansOfUsers spans_on_card(const NodeDay& node, const CardDay& card, const Day& day,
                           std::int64_t now) {
  std::vector<std::pair<std::string, Span>> holds;
  const std::int64_t until = std::min(day.end_epoch, now);
  const auto add = [&](const std::string& user, std::int64_t begin,
                       std::optional<std::int64_t> end) {
    const Span span{std::max(begin, day.begin_epoch), std::min(end.value_or(until), day.end_epoch)};
    // A task that ended in the second in which it began was there all the same.
    const bool is_of_day = begin < day.end_epoch && end.value_or(until) >= day.begin_epoch;
    if (is_of_day && span.begin <= span.end) {
      holds.emplace_back(user, span);
    }
  };
  for (const TaskUse& task : node.tasks.value_or(std::vector<TaskUse>{})) {
    if (is_on_card(task, card.index)) {
      add(task.user, task.begin_epoch, task.end_epoch);
    }
  }
  for (const CardDay::Hold& hold : card.holds) {
    add(hold.user, hold.begin_epoch, hold.end_epoch);
  }
  std::ranges::stable_sort(holds, {}, [](const auto& hold) { return hold.second.begin; });
  SpansOfUsers users;
  for (const auto& [user, span] : holds) {
    spans_of(users, user).push_back(span);
  }
  for (auto& [user, spans] : users) {
    spans = joined(std::move(spans));
  }
  return users;
}

HeldTime held_time(const std::string& user, const std::vector<Span>& spans, const CardDay& card,
                   std::int64_t piece_seconds) {
  constexpr double kHour = 3600;
  HeldTime held{.user = user};
  for (const Span& span : spans) {
    held.hours += static_cast<double>(span.end - span.begin) / kHour;
    for (const Bucket& bucket : card.buckets) {
      const std::int64_t overlap = std::min(span.end, bucket.end_epoch) -
                                   std::max(span.begin, bucket.end_epoch - piece_seconds);
      if (overlap <= 0 || !bucket.utilization_percent) {
        continue;
      }
      const double percent = value_of(*bucket.utilization_percent);
      held.utilization.add(percent, static_cast<double>(overlap));
      if (percent < HeldTime::kIdlePercent) {
        held.idle_hours += static_cast<double>(overlap) / kHour;
      }
    }
  }
  return held;
}

void add_value(const std::optional<Number>& value, bool null_as_zero, Mean& mean,
               Completeness& completeness) {
  completeness.known += value ? 1 : 0;
  if (value || null_as_zero) {
    mean.add(value ? value_of(*value) : 0);
  }
}

/// How many pieces of the grid of `piece_seconds` end in the day: 144, or 138, or 150.
std::int64_t pieces_of(const Day& day, std::int64_t piece_seconds) {
  return day.end_epoch / piece_seconds - day.begin_epoch / piece_seconds;
}

CardFigures figures_of_card(const NodeDay& node, const CardDay& card, const Day& day,
                            const FiguresRules& rules, bool knows_users) {
  CardFigures figures{.index = card.index,
                      .card = card.card,
                      .uuid = card.uuid,
                      .name = card.name,
                      .failure = card.failure};
  constexpr int kValuesPerPiece = 2;
  figures.completeness.expected = kValuesPerPiece * pieces_of(day, rules.piece_seconds);
  for (const Bucket& bucket : card.buckets) {
    add_value(bucket.utilization_percent, rules.null_as_zero, figures.utilization,
              figures.completeness);
    add_value(bucket.memory_percent, rules.null_as_zero, figures.memory, figures.completeness);
  }
  if (figures.completeness.known == 0 && node.expected_buckets > 0 && !figures.failure) {
    figures.failure = "no value of this day is known";
  }
  const bool has_tasks = node.tasks && !node.tasks->empty();
  figures.are_users_missing = card.are_users_unknown && !has_tasks;
  if ((!node.tasks && !knows_users) || figures.are_users_missing) {
    return figures;
  }
  auto& users = figures.users.emplace();
  for (const auto& [user, spans] : spans_on_card(node, card, day, rules.now_epoch)) {
    users.push_back(user);
    figures.held.push_back(held_time(user, spans, card, rules.piece_seconds));
  }
  for (const std::string& user : card.users) {
    if (std::ranges::find(users, user) == users.end()) {
      users.push_back(user);
    }
  }
  return figures;
}

template <typename Value>
std::optional<double> mean_of_cards(const std::vector<CardFigures>& cards, Value value) {
  Mean mean;
  for (const CardFigures& card : cards) {
    if (const auto of_card = value(card)) {
      mean.add(*of_card);
    }
  }
  return mean.value();
}

void add_failure(const std::optional<std::string>& failure, std::optional<std::string>& sum) {
  if (failure && !sum) {
    sum = failure;
  }
}

void add_card_day(const CardFigures& day, CardFigures& sum) {
  sum.utilization.add(day.utilization);
  sum.memory.add(day.memory);
  sum.completeness.add(day.completeness);
  add_failure(day.failure, sum.failure);
  sum.card = sum.card ? sum.card : day.card;
  sum.uuid = sum.uuid.empty() ? day.uuid : sum.uuid;
  sum.name = sum.name.empty() ? day.name : sum.name;
  if (day.users && !sum.users) {
    sum.users.emplace();
  }
  for (const std::string& user : day.users.value_or(std::vector<std::string>{})) {
    if (std::ranges::find(*sum.users, user) == sum.users->end()) {
      sum.users->push_back(user);
    }
  }
  for (const HeldTime& held : day.held) {
    const auto found = std::ranges::find(sum.held, held.user, &HeldTime::user);
    HeldTime& target =
        found != sum.held.end() ? *found : sum.held.emplace_back(HeldTime{.user = held.user});
    target.hours += held.hours;
    target.idle_hours += held.idle_hours;
    target.utilization.add(held.utilization);
  }
}

}  // namespace

double value_of(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

std::optional<double> Completeness::percent() const {
  if (expected <= 0) {
    return std::nullopt;
  }
  constexpr double kPercent = 100;
  return kPercent * static_cast<double>(std::min(known, expected)) / static_cast<double>(expected);
}

std::optional<double> NodeFigures::utilization_percent() const {
  return mean_of_cards(cards, [](const CardFigures& card) { return card.utilization.value(); });
}

std::optional<double> NodeFigures::memory_percent() const {
  return mean_of_cards(cards, [](const CardFigures& card) { return card.memory.value(); });
}

Completeness NodeFigures::completeness() const {
  Completeness sum;
  for (const CardFigures& card : cards) {
    sum.add(card.completeness);
  }
  return sum;
}

bool NodeFigures::has_data() const {
  return std::ranges::any_of(cards, &CardFigures::has_data);
}

bool NodeFigures::is_failed() const {
  return failure || std::ranges::any_of(
                        cards, [](const CardFigures& card) { return card.failure.has_value(); });
}

NodeFigures figures_of(const NodeDay& node, const Day& day, const FiguresRules& rules,
                       bool knows_users) {
  NodeFigures figures{.node = node.node,
                      .vendor = node.vendor,
                      .failure = node.failure,
                      .users_failure = node.users_failure};
  for (const CardDay& card : node.cards) {
    figures.cards.push_back(figures_of_card(node, card, day, rules, knows_users));
  }
  return figures;
}

void add_day(const NodeFigures& day, NodeFigures& sum) {
  sum.node = day.node;
  sum.vendor = day.cards.empty() ? sum.vendor : day.vendor;
  add_failure(day.failure, sum.failure);
  add_failure(day.users_failure, sum.users_failure);
  for (const CardFigures& card : day.cards) {
    auto at = std::ranges::lower_bound(sum.cards, card.index, {}, &CardFigures::index);
    if (at == sum.cards.end() || at->index != card.index) {
      at = sum.cards.insert(at, CardFigures{.index = card.index});
    }
    add_card_day(card, *at);
  }
}

}  // namespace wemol::report::daily
