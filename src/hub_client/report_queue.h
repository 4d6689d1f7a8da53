#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "time_points.h"

namespace wemol::hub_client {

/// A report that the hub has not got yet.
struct QueuedReport {
  std::string text;  ///< without its age
  SteadyTime measured_at;
};

/// Reports in the order of their samples: the oldest one is sent first, so that the hub ends with
/// the present state. Bounded by age, count and bytes: the oldest ones go. While others wait before
/// it, a large report is kept compressed, a tenth of its size or so.
class ReportQueue {
 public:
  struct Bounds {
    SteadyTime::duration age = std::chrono::minutes(10);
    std::size_t count = 600;
    std::size_t bytes = std::size_t{4} << 20;  ///< as they are kept
  };
  using Report = std::shared_ptr<const QueuedReport>;

  explicit ReportQueue(Bounds bounds) : bounds_(bounds) {}

  /// One that is larger than all that may wait is dropped.
  void push(QueuedReport report, SteadyTime now);
  /// The next to be sent; null when there is none. It stays here until done().
  [[nodiscard]] Report next(SteadyTime now);
  /// It is sent, or will never be.
  void done(const Report& report);

  [[nodiscard]] std::size_t size() const { return reports_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Reports that have never been sent.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  struct Kept {
    std::string bytes;
    std::size_t text_bytes = 0;  ///< 0: `bytes` are the text
    SteadyTime measured_at;
  };

  [[nodiscard]] static Kept compressed(QueuedReport report);
  [[nodiscard]] static QueuedReport text_of(const Kept& kept);
  void drop_first();
  void drop_old(SteadyTime now);

  Bounds bounds_;
  std::deque<Kept> reports_;
  Report first_;  ///< of reports_, as it was given out
  std::size_t bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace wemol::hub_client
