#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node_day.h"

namespace wemol::report::daily {

/// Added up with all its digits; rounded only where it is written.
class Mean {
 public:
  void add(double value, double weight = 1) {
    sum_ += value * weight;
    weight_ += weight;
  }
  void add(const Mean& other) {
    sum_ += other.sum_;
    weight_ += other.weight_;
  }
  /// Absent: of nothing.
  [[nodiscard]] std::optional<double> value() const {
    return weight_ > 0 ? std::optional(sum_ / weight_) : std::nullopt;
  }

 private:
  double sum_ = 0;
  double weight_ = 0;
};

[[nodiscard]] double value_of(const Number& number);

/// How much of what there should be is there: two values for each piece of a day of a card.
struct Completeness {
  std::int64_t known = 0;
  std::int64_t expected = 0;

  void add(const Completeness& other) {
    known += other.known;
    expected += other.expected;
  }
  [[nodiscard]] bool is_whole() const { return known >= expected; }
  /// Absent: nothing is expected. Never 100 while a piece is missing.
  [[nodiscard]] std::optional<double> percent() const;
};

/// A user on one card of a node: what was held, whether used or not.
struct HeldTime {
  std::string user;
  double hours = 0;
  double idle_hours =
      0;             ///< of them, where the card's utilization was known and below kIdlePercent
  Mean utilization;  ///< of the card, in percent, while it was held

  static constexpr double kIdlePercent = 5;
  /// Absent: nothing is known of the card's use.
  [[nodiscard]] std::optional<double> known_idle_hours() const {
    return utilization.value() || hours == 0 ? std::optional(idle_hours) : std::nullopt;
  }
};

/// A card over one day or several.
struct CardFigures {
  unsigned index = 0;
  std::optional<unsigned> card;
  std::string uuid;
  std::string name;
  Mean utilization;  ///< percent
  Mean memory;       ///< percent
  Completeness completeness;
  /// In order of time, each once. Absent: nobody knows who used it.
  std::optional<std::vector<std::string>> users;
  std::vector<HeldTime> held;      ///< in the order of their users
  bool are_users_missing = false;  ///< the node's source tells of users, but not of this card's
  std::optional<std::string> failure;

  /// Both in percent.
  [[nodiscard]] bool has_data() const { return utilization.value() || memory.value(); }
};

struct NodeFigures {
  std::string node;
  Vendor vendor = Vendor::amd;
  std::vector<CardFigures> cards;  ///< ascending indices
  std::optional<std::string> failure;
  std::optional<std::string> users_failure;  ///< why users that were asked for are not there

  /// Means of the cards' means, of those that have one.
  [[nodiscard]] std::optional<double> utilization_percent() const;
  [[nodiscard]] std::optional<double> memory_percent() const;
  [[nodiscard]] Completeness completeness() const;
  [[nodiscard]] bool has_data() const;
  [[nodiscard]] bool is_failed() const;
};

struct FiguresRules {
  bool null_as_zero = false;         ///< an unknown value counts as 0
  std::int64_t piece_seconds = 600;  ///< of a day, as the source gives it
  std::int64_t now_epoch = 0;        ///< a task that runs is counted up to here
};

/// `knows_users`: whether the node's own source tells who used a card, as own data does.
[[nodiscard]] NodeFigures figures_of(const NodeDay& node, const Day& day, const FiguresRules& rules,
                                     bool knows_users);

/// The same node over several days. The mean of a card is that of all pieces of all days.
void add_day(const NodeFigures& day, NodeFigures& sum);

}  // namespace wemol::report::daily
