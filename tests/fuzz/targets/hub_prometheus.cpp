#include <cmath>

#include "fuzz_target.h"
#include "prometheus_text.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

using namespace std::chrono_literals;

/// The name of a figure, and an answer.
void check_prometheus(std::string_view input) {
  const auto [figure, body] = split_parts(input);
  const auto selection = hub::prom_selection("gpu7", figure, 60s);
  const hub::PromSelection any{.expression = "up", .name = "gpu.{gpu}.temp"};
  if (selection) {
    require(hub::prom_query(*selection, 60s).find('\n') == std::string::npos ||
                figure.find('\n') != std::string_view::npos,
            "a query is what was asked for");
  }
  const auto series = hub::read_prom_answer(body, selection ? *selection : any, 60s);
  if (!series) {
    require_fit_for_log({{.key = "prometheus", .message = series.error().message}});
    return;
  }
  for (const hub::HistorySeries& one : *series) {
    for (const hub::HistoryPoint& point : one.points) {
      require(!std::isnan(point.min) && !std::isnan(point.mean) && !std::isnan(point.max),
              "a point has all statistics");
    }
  }
}

const Target hub_prometheus_target("hub_prometheus", check_prometheus);

}  // namespace
}  // namespace wemol::fuzz
