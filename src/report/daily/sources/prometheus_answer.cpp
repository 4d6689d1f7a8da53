#include "prometheus_answer.h"

#include <cmath>

#include <fmt/format.h>

#include "source_answer.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

/// As PromQL takes a text between quotes.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    result += c == '\\' || c == '"' ? "\\" : "";
    result += c;
  }
  return result + '"';
}

/// A function over the samples of a bucket. The node is a host by its own word, or the target that
/// was scraped. Before its third version Prometheus counts a sample at the beginning of a range,
/// too, which is of the bucket before: a range of a millisecond less has it neither way.
std::string over_time(std::string_view function, std::string_view metric, std::string_view node,
                      std::int64_t seconds) {
  constexpr std::int64_t kMilli = 1000;
  return fmt::format(
      "({0}_over_time({1}{{host={2}}}[{3}ms]) or {0}_over_time({1}{{instance={2}}}[{3}ms]))",
      function, metric, quoted(node), seconds * kMilli - 1);
}

/// [1749030240.123,"12.5"]
void take_sample(const Json& sample, PrometheusCard& card) {
  constexpr double kLatest = 1e11;
  if (!sample.is_array() || sample.size() != 2 || !sample[0].is_number() ||
      !sample[1].is_string()) {
    return;
  }
  const auto time = sample[0].get<double>();
  const auto number = number_of_text(sample[1].get_ref<const std::string&>());
  if (number && time >= 0 && time < kLatest) {
    card.values.try_emplace(std::llround(time), *number);
  }
}

}  // namespace

PrometheusQueries prometheus_queries(const NodeSettings& node, std::int64_t bucket_seconds,
                                     std::int64_t day_seconds) {
  const std::string& name = node.instance.empty() ? node.name : node.instance;
  const auto mean = [&](std::string_view metric) {
    return over_time("avg", metric, name, bucket_seconds);
  };
  return {.utilization = mean("gpu_utilization_percent"),
          .memory = fmt::format("100 * {} / {}", mean("gpu_memory_used_bytes"),
                                mean("gpu_memory_total_bytes")),
          .models = over_time("last", "gpu_info", name, day_seconds)};
}

Result<std::map<unsigned, PrometheusCard>> parse_series(std::string_view json_text) {
  const auto json = parse_source_json(json_text);
  if (!json) {
    return tl::make_unexpected(json.error());
  }
  if (text_of(*json, "status") != "success") {
    const std::string error = text_of(*json, "error");
    return failure(error.empty() ? "the answer is not one of Prometheus"
                                 : "Prometheus says: " + error);
  }
  const Json data = json->value("data", Json());
  const Json results = data.is_object() ? data.value("result", Json()) : Json();
  if (!results.is_array()) {
    return failure("the answer is not one of Prometheus");
  }
  std::map<unsigned, PrometheusCard> cards;
  for (const Json& result : results) {
    const Json labels = result.is_object() ? result.value("metric", Json()) : Json();
    const auto index = parse_number<unsigned>(text_of(labels, "gpu"));
    if (!index) {
      continue;
    }
    PrometheusCard& card = cards[*index];
    card.uuid = text_of(labels, "uuid");
    card.model = text_of(labels, "model");
    for (const Json& sample : result.value("values", Json::array())) {
      take_sample(sample, card);
    }
  }
  return cards;
}

}  // namespace wemol::report::daily
