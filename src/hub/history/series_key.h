#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace wemol::hub {

/// A figure in the file: "container.task_7.cpu_percent" is the metric "container.{}.cpu_percent",
/// which has a number for all hosts, of the entity "task_7". So containers, which come and go,
/// leave no names behind them. Other figures have no entity.
struct SeriesKey {
  std::string entity;
  std::uint32_t metric = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for one
  friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
};

struct SplitName {
  std::string entity;
  std::string metric;
};

[[nodiscard]] inline SplitName split_name(std::string_view figure) {
  constexpr std::string_view kContainer = "container.";
  if (!figure.starts_with(kContainer)) {
    return {"", std::string(figure)};
  }
  const std::size_t end = figure.find('.', kContainer.size());
  if (end == std::string_view::npos) {
    return {"", std::string(figure)};
  }
  return {std::string(figure.substr(kContainer.size(), end - kContainer.size())),
          std::string(kContainer) + "{}" + std::string(figure.substr(end))};
}

[[nodiscard]] inline std::string joined_name(std::string_view entity, std::string_view metric) {
  const std::size_t at = metric.find("{}");
  if (at == std::string_view::npos) {
    return std::string(metric);
  }
  return std::string(metric.substr(0, at)) + std::string(entity) +
         std::string(metric.substr(at + 2));
}

}  // namespace wemol::hub
