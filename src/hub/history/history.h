#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "report.h"
#include "time_points.h"

namespace wemol::hub {

/// A host's figures at one moment.
struct HistorySample {
  std::string host;
  WallTime time;
  Figures figures;
};

struct HistoryQuery {
  std::string host;
  /// Names of figures. A '*' stands for any part without dots: "gpu.*.temp".
  std::vector<std::string> metrics;
  WallTime from;
  WallTime to;
  std::chrono::seconds step{};  ///< what is asked for: the answer's may be longer
};

/// Of all samples from `time` on, for one step.
struct HistoryPoint {
  WallTime time;
  double min = 0;
  double mean = 0;
  double max = 0;
};

struct HistorySeries {
  std::string metric;
  std::vector<HistoryPoint> points;  ///< in the order of time; steps without samples are missing
};

struct HistoryAnswer {
  std::chrono::seconds step{};
  std::vector<HistorySeries>
      series;  ///< in the order of their names; those without points are missing
};

/// What is wrong with a query, for a 400: a host or metric that is none, times the wrong way round,
/// more than kMostHistoryPoints steps or kMostHistoryMetrics names.
[[nodiscard]] Result<void> check(const HistoryQuery& query);
inline constexpr std::int64_t kMostHistoryPoints = 11'000;
inline constexpr std::size_t kMostHistoryMetrics = 64;

/// Whether the name of a figure is the pattern's.
[[nodiscard]] bool matches_metric(std::string_view pattern, std::string_view name);

/// GET /api/history: `{"step":60,"series":[{"metric":…,"points":[[1749030240,0,12.5,40],…]}]}`,
/// with time (seconds since 1970), min, mean, max in a point.
[[nodiscard]] std::string history_json(const HistoryAnswer& answer);

/// The past of all hosts. write() and query() return at once.
class History {
 public:
  using Done = std::function<void(Result<HistoryAnswer>)>;

  History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  virtual ~History() = default;

  virtual void write(HistorySample sample) = 0;
  /// Calls `done` once, in any thread. The query has passed check().
  virtual void query(HistoryQuery query, Done done) = 0;
  /// The host was removed: its past goes, too.
  virtual void forget(std::string host) = 0;
  /// What is wrong with it now.
  [[nodiscard]] virtual Conditions conditions() const = 0;
};

}  // namespace wemol::hub
