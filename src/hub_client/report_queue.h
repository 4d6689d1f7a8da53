#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "time_points.h"

namespace wemol::hub_client {

/// A report that the hub has not got yet.
struct QueuedReport {
  std::string text;  ///< without its age
  SteadyTime measured_at;
};

/// Reports in the order of their samples: the oldest one is sent first, so that the hub ends with
/// the present state. Bounded by age, count and bytes: the oldest ones go.
class ReportQueue {
 public:
  struct Bounds {
    SteadyTime::duration age = std::chrono::minutes(10);
    std::size_t count = 600;
    std::size_t bytes = std::size_t{4} << 20;
  };
  using Report = std::shared_ptr<const QueuedReport>;

  explicit ReportQueue(Bounds bounds) : bounds_(bounds) {}

  /// One that is larger than all that may wait is dropped.
  void push(QueuedReport report, SteadyTime now) {
    bytes_ += report.text.size();
    reports_.push_back(std::make_shared<const QueuedReport>(std::move(report)));
    drop_old(now);
  }
  /// The next to be sent; null when there is none. It stays here until done().
  [[nodiscard]] Report next(SteadyTime now) {
    drop_old(now);
    return reports_.empty() ? nullptr : reports_.front();
  }
  /// It is sent, or will never be.
  void done(const Report& report) {
    if (!reports_.empty() && reports_.front() == report) {
      drop_first();
    }
  }

  [[nodiscard]] std::size_t size() const { return reports_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Reports that have never been sent.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  void drop_first() {
    bytes_ -= reports_.front()->text.size();
    reports_.pop_front();
  }
  void drop_old(SteadyTime now) {
    while (!reports_.empty() && (reports_.size() > bounds_.count || bytes_ > bounds_.bytes ||
                                 now - reports_.front()->measured_at > bounds_.age)) {
      drop_first();
      ++dropped_;
    }
  }

  Bounds bounds_;
  std::deque<Report> reports_;
  std::size_t bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace wemol::hub_client
