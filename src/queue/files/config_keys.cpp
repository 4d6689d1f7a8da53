#include "config_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "gigabytes.h"
#include "text.h"

namespace wemol::queue {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Settings = QueueSettings;

/// The value's text when it is a plain one. A quoted "5" is a text and no number.
std::optional<std::string> plain(const YAML::Node& value) {
  return value.IsScalar() && value.Tag() != "!" ? std::optional(value.Scalar()) : std::nullopt;
}

std::optional<bool> flag_of(const YAML::Node& value) {
  auto text = plain(value);
  if (!text) {
    return std::nullopt;
  }
  std::ranges::transform(*text, text->begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (*text == "true" || *text == "yes" || *text == "on") {
    return true;
  }
  return *text == "false" || *text == "no" || *text == "off" ? std::optional(false) : std::nullopt;
}

template <bool Settings::*Member>
std::string set_flag(const YAML::Node& value, Settings& settings) {
  const auto flag = flag_of(value);
  if (!flag) {
    return "true or false";
  }
  settings.*Member = *flag;
  return {};
}

template <unsigned Settings::*Member, unsigned Least, unsigned Most>
std::string set_count(const YAML::Node& value, Settings& settings) {
  const auto text = plain(value);
  const auto count = text ? parse_number<unsigned>(*text) : std::nullopt;
  if (!count || *count < Least || *count > Most) {
    return fmt::format("a whole number from {} to {}", Least, Most);
  }
  settings.*Member = *count;
  return {};
}

std::optional<double> number_of(const YAML::Node& value) {
  const auto text = plain(value);
  const auto number = text ? parse_number<double>(*text) : std::nullopt;
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<Milliseconds> span_of(const YAML::Node& value, Milliseconds least) {
  constexpr double kMostSeconds = 1e9;
  const auto seconds = number_of(value);
  if (!seconds || std::signbit(*seconds) || *seconds > kMostSeconds) {
    return std::nullopt;
  }
  const Milliseconds span(std::llround(*seconds * 1000));
  return span >= least ? std::optional(span) : std::nullopt;
}

std::string of_seconds(Milliseconds least) {
  return least.count() == 0 ? "a number of seconds from 0 to 1000000000"
                            : fmt::format("a number of seconds from {:g} to 1000000000",
                                          static_cast<double>(least.count()) / 1000);
}

template <Milliseconds Settings::*Member, int LeastMilliseconds>
std::string set_span(const YAML::Node& value, Settings& settings) {
  constexpr Milliseconds kLeast(LeastMilliseconds);
  const auto span = span_of(value, kLeast);
  if (!span) {
    return of_seconds(kLeast);
  }
  settings.*Member = *span;
  return {};
}

std::string set_command_timeout(const YAML::Node& value, Settings& settings) {
  if (value.IsScalar() && value.Scalar() == "none") {
    settings.command_timeout.reset();
    return {};
  }
  constexpr Milliseconds kLeast(1);
  settings.command_timeout = span_of(value, kLeast);
  return settings.command_timeout ? "" : "none or " + of_seconds(kLeast);
}

template <auto Member, auto First, auto Second>
std::string set_choice(const YAML::Node& value, Settings& settings, std::string_view first,
                       std::string_view second) {
  const std::string text = value.IsScalar() ? value.Scalar() : "";
  if (text != first && text != second) {
    return fmt::format(R"("{}" or "{}")", first, second);
  }
  settings.*Member = text == first ? First : Second;
  return {};
}

std::string set_gpu_left_mode(const YAML::Node& value, Settings& settings) {
  using Mode = Settings::GpuLeftMode;
  return set_choice<&Settings::gpu_left_mode, Mode::any, Mode::last>(value, settings, "any",
                                                                     "last");
}

std::string set_placement(const YAML::Node& value, Settings& settings) {
  using Placement = Settings::Placement;
  return set_choice<&Settings::placement, Placement::spread, Placement::pack>(value, settings,
                                                                              "spread", "pack");
}

std::string set_on_failure(const YAML::Node& value, Settings& settings) {
  using OnFailure = Settings::OnFailure;
  if (value.IsScalar() && value.Scalar() == "retry") {
    settings.on_failure = OnFailure::retry;
    return {};
  }
  const std::string wrong = set_choice<&Settings::on_failure, OnFailure::skip, OnFailure::stop>(
      value, settings, "skip", "stop");
  return wrong.empty() ? "" : R"("retry", "skip" or "stop")";
}

/// A list, or one text with commas: [0, 1], "0,1".
std::string set_compete_gpus(const YAML::Node& value, Settings& settings) {
  constexpr const char* kWanted = "a list of indices or UUIDs";
  std::vector<std::string> gpus;
  if (value.IsScalar()) {
    for (const std::string_view gpu : split_fields(value.Scalar(), ',')) {
      gpus.emplace_back(trimmed(gpu));
    }
  } else if (value.IsSequence()) {
    for (const YAML::Node& gpu : value) {
      gpus.push_back(gpu.IsScalar() ? gpu.Scalar() : "");
    }
  } else {
    return kWanted;
  }
  const bool is_good = std::ranges::all_of(gpus, [](const std::string& gpu) {
    return !gpu.empty() && gpu.find_first_not_of(
                               "0123456789abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ-/:.") == std::string::npos;
  });
  if (!is_good) {
    return kWanted;
  }
  settings.compete_gpus = std::move(gpus);
  return {};
}

std::string set_work_dir(const YAML::Node& value, Settings& settings) {
  const bool is_path =
      value.IsScalar() && !value.Scalar().empty() && value.Scalar().find('\0') == std::string::npos;
  if (!is_path) {
    return "a folder";
  }
  settings.work_dir = value.Scalar();
  return {};
}

std::string set_memory_headroom(const YAML::Node& value, Settings& settings) {
  const auto text = plain(value);
  const auto bytes = text ? parse_gigabytes(*text) : std::nullopt;
  if (!bytes) {
    return "a number of GB from 0 to 1000000";
  }
  settings.memory_headroom_bytes = *bytes;
  return {};
}

std::string set_oom_growth(const YAML::Node& value, Settings& settings) {
  constexpr double kMostPercent = 1000;
  const auto percent = number_of(value);
  if (!percent || *percent < 0 || *percent > kMostPercent) {
    return "a number of percent from 0 to 1000";
  }
  settings.oom_memory_growth_percent = *percent;
  return {};
}

constexpr unsigned kMostTries = 1'000'000;
constexpr unsigned kMostCards = 1024;

constexpr std::array kKeys{
    ConfigKey{"check_time", set_span<&Settings::check_time, 100>},
    ConfigKey{"maximize_resource_utilization", set_flag<&Settings::maximize_resource_utilization>},
    ConfigKey{"use_all_gpus", set_flag<&Settings::use_all_gpus>},
    ConfigKey{"compete_gpus", set_compete_gpus},
    ConfigKey{"gpu_left", set_count<&Settings::gpu_left, 0, kMostCards>},
    ConfigKey{"gpu_left_mode", set_gpu_left_mode},
    ConfigKey{"retry_config.max_retry_before_backoff",
              set_count<&Settings::max_retry_before_backoff, 1, kMostTries>},
    ConfigKey{"retry_config.backoff_duration", set_span<&Settings::backoff_duration, 0>},
    ConfigKey{"retry_config.max_retries", set_count<&Settings::max_retries, 0, kMostTries>},
    ConfigKey{"command_timeout", set_command_timeout},
    ConfigKey{"on_failure", set_on_failure},
    ConfigKey{"work_dir", set_work_dir},
    ConfigKey{"memory_headroom", set_memory_headroom},
    ConfigKey{"placement", set_placement},
    ConfigKey{"start_delay", set_span<&Settings::start_delay, 0>},
    ConfigKey{"reserve_after", set_span<&Settings::reserve_after, 0>},
    ConfigKey{"oom_memory_growth", set_oom_growth},
};

/// How many characters have to be put in, left out or changed.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

std::string_view without_section(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

const ConfigKey* find_config_key(std::string_view name) {
  const auto* const found = std::ranges::find(kKeys, name, &ConfigKey::name);
  return found == kKeys.end() ? nullptr : found;
}

bool is_config_section(std::string_view name) {
  return std::ranges::any_of(kKeys, [&](const ConfigKey& key) {
    return key.name.size() > name.size() && key.name.starts_with(name) &&
           key.name[name.size()] == '.';
  });
}

std::string_view nearest_config_key(std::string_view name) {
  constexpr std::size_t kLongestName = 100;
  if (name.size() > kLongestName) {
    return {};
  }
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const ConfigKey& key : kKeys) {
    // A right key in the wrong section is near as well.
    const std::size_t steps = std::min(
        distance(name, key.name), distance(without_section(name), without_section(key.name)) + 1);
    if (steps < least) {
      least = steps;
      nearest = key.name;
    }
  }
  return nearest;
}

}  // namespace wemol::queue
