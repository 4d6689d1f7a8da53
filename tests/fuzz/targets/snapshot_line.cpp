#include <variant>

#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include "metrics_text.h"
#include "properties.h"
#include "snapshot_reader.h"
#include "task_metrics.h"

namespace wemol::fuzz {
namespace {

void check_snapshot_line(std::string_view input) {
  const auto message = read_snapshot_line(input);
  if (!message) {
    require_fit_for_log({{.key = "snapshot", .message = message.error().message}});
    return;
  }
  if (const auto* const published = std::get_if<PublishedTasks>(&*message)) {
    const auto json = nlohmann::json::parse(published->tasks, nullptr, false);
    require(json.is_array(), "tasks are a list");
    MetricsText text(MetricsFormat::openmetrics, "host");
    agent::add_task_metrics(*published, text);
    require(text.take().ends_with("# EOF\n"), "metrics end with their mark");
  }
}

const Target snapshot_line_target("snapshot_line", check_snapshot_line);

}  // namespace
}  // namespace wemol::fuzz
