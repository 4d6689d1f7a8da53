#include "prometheus_history.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "prometheus_text.h"

namespace wemol::hub {
namespace {

constexpr int kScrapesPerRate = 4;
constexpr unsigned kBadQuery = 400;
constexpr unsigned kOk = 200;

/// Waits for the answers to all questions of a query.
class Gathering {
 public:
  Gathering(std::chrono::seconds step, std::size_t questions, History::Done done)
      : left_(questions), done_(std::move(done)) {
    answer_.step = step;
  }

  void take(Result<std::vector<HistorySeries>> series) {
    bool is_last = false;
    {
      const std::lock_guard lock(mutex_);
      if (!series) {
        trouble_ = trouble_.message.empty() ? series.error() : trouble_;
      } else {
        std::ranges::move(*series, std::back_inserter(answer_.series));
      }
      is_last = --left_ == 0;
    }
    if (is_last) {
      finish();
    }
  }

 private:
  void finish() {
    if (!trouble_.message.empty()) {
      done_(tl::make_unexpected(trouble_));
      return;
    }
    std::erase_if(answer_.series,
                  [](const HistorySeries& series) { return series.points.empty(); });
    // Two patterns may fit one figure.
    std::ranges::stable_sort(answer_.series, {}, &HistorySeries::metric);
    const auto is_same = [](const HistorySeries& one, const HistorySeries& other) {
      return one.metric == other.metric;
    };
    answer_.series.erase(std::unique(answer_.series.begin(), answer_.series.end(), is_same),
                         answer_.series.end());
    done_(std::move(answer_));
  }

  std::mutex mutex_;
  std::size_t left_;
  HistoryAnswer answer_;
  Error trouble_;
  History::Done done_;
};

Result<std::vector<HistorySeries>> read(const Result<PromAnswer>& answer,
                                        const PromSelection& selection, std::chrono::seconds step) {
  if (!answer) {
    return tl::make_unexpected(answer.error());
  }
  auto series = read_prom_answer(answer->body, selection, step);
  if (!series && answer->status != kOk && answer->status != kBadQuery) {
    return failure(fmt::format("Prometheus answers with status {}: {}", answer->status,
                               series.error().message));
  }
  return series;
}

}  // namespace

void PrometheusHistory::query(HistoryQuery query, Done done) {
  // A shorter step would often have no scrape in it.
  const auto step = std::max(query.step, scrape_interval_);
  const auto rate_over = std::max(step, kScrapesPerRate * scrape_interval_);
  std::vector<PromSelection> selections;
  for (const std::string& metric : query.metrics) {
    auto selection = prom_selection(query.host, metric, rate_over);
    if (selection) {  // else nobody has such a figure, as in the hub's own file
      selections.push_back(std::move(*selection));
    }
  }
  if (selections.empty()) {
    done(HistoryAnswer{.step = step, .series = {}});
    return;
  }
  const auto gathering = std::make_shared<Gathering>(step, selections.size(), std::move(done));
  for (PromSelection& selection : selections) {
    PromQuestion question{"/api/v1/query_range",
                          prom_range_form(prom_query(selection, step), query, step)};
    ask_(std::move(question),
         [gathering, selection = std::move(selection), step](const Result<PromAnswer>& answer) {
           gathering->take(read(answer, selection, step));
         });
  }
}

}  // namespace wemol::hub
