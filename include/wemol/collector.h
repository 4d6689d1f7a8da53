#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <wemol/facts.h>
#include <wemol/source.h>

namespace wemol {

/// The settings of the collectors. All may change between two rounds.
struct CollectorSettings {
  std::string container_prefix;  ///< a container whose name begins with it is a task
  std::chrono::nanoseconds interval{};
  std::chrono::nanoseconds command_timeout{};
};

/// Reads one kind of thing for the facts of a round: the containers, the GPUs. Between start() and
/// collect() the others have their turn, so that all wait at the same time.
class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;

  /// Asks for the readings of a round that has to end at `due`, and does not wait for them. It
  /// waits only for what decides whether and what to ask. False when a stop was requested.
  [[nodiscard]] virtual bool start(std::chrono::steady_clock::time_point due, Facts& facts) = 0;

  /// Adds what has come by `due`; what is absent is stated as a condition. What comes later may be
  /// part of a later round. False when a stop was requested before the readings were complete.
  [[nodiscard]] virtual bool collect(std::chrono::steady_clock::time_point due, Facts& facts) = 0;

  virtual void reconfigure(const CollectorSettings& /*settings*/) {}

  /// See Source.
  virtual void resume(const std::vector<OpenRun>& /*open_runs*/,
                      std::chrono::system_clock::time_point /*ends_stated_until*/) {}

  /// Whether a reading of the last round may still come.
  [[nodiscard]] virtual bool is_late() const { return false; }
  /// After the last round: adds what would be lost.
  virtual void add_remaining(Facts& /*facts*/) {}
};

/// A source made of collectors, which it does not own.
class CollectedSource : public Source {
 public:
  using Collectors = std::vector<Collector*>;

  /// A round starts the collectors in the one order and waits for them in the other: what one needs
  /// to know of another decides the first, who waits longest the second.
  CollectedSource(Collectors in_order_of_start, Collectors in_order_of_collection)
      : to_start_(std::move(in_order_of_start)), to_collect_(std::move(in_order_of_collection)) {}

  void reconfigure(const CollectorSettings& settings) {
    for (Collector* const collector : to_start_) {
      collector->reconfigure(settings);
    }
  }

  void resume(const std::vector<OpenRun>& open_runs,
              std::chrono::system_clock::time_point ends_stated_until) override {
    for (Collector* const collector : to_start_) {
      collector->resume(open_runs, ends_stated_until);
    }
  }

  /// `due` max(): waits for every answer.
  [[nodiscard]] std::optional<Facts> collect(std::chrono::steady_clock::time_point due) override {
    Facts facts;
    const bool is_complete =
        std::ranges::all_of(to_start_,
                            [&](Collector* collector) { return collector->start(due, facts); }) &&
        std::ranges::all_of(to_collect_,
                            [&](Collector* collector) { return collector->collect(due, facts); });
    return is_complete ? std::optional(std::move(facts)) : std::nullopt;
  }

  /// Waits for the readings that the last round did not wait for.
  [[nodiscard]] Facts remaining() override {
    Facts facts;
    if (std::ranges::any_of(to_start_, &Collector::is_late)) {
      facts = collect(std::chrono::steady_clock::time_point::max()).value_or(Facts{});
    }
    for (Collector* const collector : to_start_) {
      collector->add_remaining(facts);
    }
    return facts;
  }

 private:
  Collectors to_start_;
  Collectors to_collect_;
};

}  // namespace wemol
