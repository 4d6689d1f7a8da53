#pragma once

#include <functional>
#include <string>

#include "history.h"

namespace wemol::hub {

/// A question to Prometheus' HTTP API, below the URL of the settings.
struct PromQuestion {
  std::string path;  ///< "/api/v1/query_range"
  std::string form;  ///< the body of a POST: application/x-www-form-urlencoded
};

struct PromAnswer {
  unsigned status = 0;
  std::string body;
};

/// Asks and returns at once; the answer, or why there is none, comes once, in any thread.
using AskProm =
    std::function<void(PromQuestion question, std::function<void(Result<PromAnswer>)> done)>;

/// The history in Prometheus or VictoriaMetrics, which scrape the agents' /metrics. Nothing is
/// written here, and what is forgotten there is theirs to say.
class PrometheusHistory : public History {
 public:
  PrometheusHistory(AskProm ask, std::chrono::seconds scrape_interval)
      : ask_(std::move(ask)), scrape_interval_(scrape_interval) {}

  void write(HistorySample /*sample*/) override {}
  void query(HistoryQuery query, Done done) override;
  void forget(std::string /*host*/) override {}
  [[nodiscard]] Conditions conditions() const override { return {}; }

 private:
  AskProm ask_;
  std::chrono::seconds scrape_interval_;
};

}  // namespace wemol::hub
