#include "alert_rule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "host_schema.h"
#include "text.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostRules = 1'000;
constexpr std::chrono::seconds kLongestSpan = std::chrono::days(366);

constexpr std::array<std::string_view, 11> kKeys{"name",    "metric",        "above", "below",
                                                 "for",     "resolve-after", "hosts", "severity",
                                                 "webhook", "command",       "repeat"};

/// Reads the keys of one rule. After the first that is wrong the others are not looked at.
class RuleReader {
 public:
  RuleReader(const toml::table& table, std::size_t number)
      : table_(table), place_(fmt::format("alert {}", number)) {}

  Result<AlertRule> read() {
    AlertRule rule;
    check_keys();
    rule.name = text("name", "");
    if (rule.name.empty()) {
      wrong("name", "a text is expected");
    } else {
      place_ = fmt::format("alert \"{}\"", printable(rule.name));
    }
    read_metric(rule);
    read_threshold(rule);
    rule.duration = span("for", 0s);
    rule.resolve_after = span("resolve-after", rule.resolve_after);
    rule.repeat = span("repeat", 0s);
    rule.hosts = text("hosts", rule.hosts);
    rule.severity = text("severity", rule.severity);
    if (rule.severity != "info" && rule.severity != "warning" && rule.severity != "critical") {
      wrong("severity", "info, warning or critical is expected");
    }
    rule.webhook = text("webhook", "");
    if (!rule.webhook.empty() && !rule.webhook.starts_with("http://") &&
        !rule.webhook.starts_with("https://")) {
      wrong("webhook", "an URL with http:// or https:// is expected");
    }
    read_command(rule);
    return trouble_ ? failure(*trouble_) : Result<AlertRule>(std::move(rule));
  }

 private:
  void wrong(std::string_view key, std::string_view what) {
    if (!trouble_) {
      trouble_ = fmt::format("{}: {}: {}", place_, key, what);
    }
  }

  void check_keys() {
    for (const auto& [key, value] : table_) {
      if (std::ranges::find(kKeys, key.str()) == kKeys.end()) {
        wrong(printable(key.str()), "there is no such key");
      }
    }
  }

  std::string text(const char* key, std::string fallback) {
    const toml::node* const node = table_.get(key);
    if (node == nullptr) {
      return fallback;
    }
    const auto value = node->value_exact<std::string>();
    if (!value || printable(*value) != *value) {
      wrong(key, "a text of one line, in quotes, is expected");
      return fallback;
    }
    return *value;
  }

  std::chrono::seconds span(const char* key, std::chrono::seconds fallback) {
    const toml::node* const node = table_.get(key);
    if (node == nullptr) {
      return fallback;
    }
    const auto seconds = node->value_exact<std::int64_t>();
    const auto read = parse_span(seconds ? std::to_string(*seconds)
                                         : node->value_exact<std::string>().value_or(""));
    if (!read) {
      wrong(key, read.error().message);
      return fallback;
    }
    return *read;
  }

  void read_metric(AlertRule& rule) {
    rule.metric = text("metric", "");
    if (rule.metric == "offline") {
      rule.is_offline = true;
      return;
    }
    constexpr std::string_view kGpu = "gpu.";
    std::string key = rule.metric;
    if (key.starts_with(kGpu)) {
      rule.is_of_gpu = true;
      // "gpu.temp" and "gpu.*.temp" are the same; "gpu.3.temp" is one of them.
      const std::string rest = key.substr(kGpu.size());
      if (rest.find('.') == std::string::npos) {
        rule.metric = "gpu.*." + rest;
      }
      key = rule.metric;
      if (key.starts_with("gpu.*.")) {
        key.replace(kGpu.size(), 1, "0");
      }
    }
    // A run's own figures and those of each CPU are not in reports.
    const bool is_elsewhere = key.starts_with("system.process.") ||
                              key.starts_with("gpu.process.") || key.starts_with("system.cpu.core");
    if (is_elsewhere || find_flat_key(key) == nullptr) {
      wrong("metric", "a figure of docs/monitor-keys.md is expected, gpu.temp or offline");
    }
  }

  void read_threshold(AlertRule& rule) {
    const auto number = [&](const char* key) -> std::optional<double> {
      const toml::node* const node = table_.get(key);
      if (node == nullptr) {
        return std::nullopt;
      }
      const auto value = node->value<double>();
      if (!node->is_number() || !value || !std::isfinite(*value)) {
        wrong(key, "a number is expected");
      }
      return value;
    };
    const auto above = number("above");
    const auto below = number("below");
    if (rule.is_offline) {
      if (above || below) {
        wrong("metric", "offline has no threshold");
      }
      return;
    }
    if (above.has_value() == below.has_value()) {
      wrong("above", "either this or below is expected");
    }
    rule.is_below = below.has_value();
    rule.threshold = above.value_or(below.value_or(0));
  }

  void read_command(AlertRule& rule) {
    const toml::node* const node = table_.get("command");
    if (node == nullptr) {
      return;
    }
    const toml::array* const list = node->as_array();
    for (std::size_t at = 0; list != nullptr && at < list->size(); ++at) {
      rule.command.push_back(list->get(at)->value_exact<std::string>().value_or(""));
    }
    if (rule.command.empty() || rule.command.front().empty()) {
      wrong("command", "a list of texts is expected: the program and its arguments");
    }
  }

  const toml::table& table_;
  std::string place_;
  std::optional<std::string> trouble_;
};

}  // namespace

Result<std::chrono::seconds> parse_span(std::string_view text) {
  std::int64_t unit = 1;
  constexpr std::array<std::pair<char, std::int64_t>, 4> kUnits{
      {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}}};
  for (const auto& [letter, seconds] : kUnits) {
    if (text.ends_with(letter)) {
      text.remove_suffix(1);
      unit = seconds;
      break;
    }
  }
  const auto number = parse_number<std::int64_t>(text);
  if (!number || *number < 0 || *number > kLongestSpan.count() / unit) {
    return failure(R"(a span such as "90s", "5m", "4h" or "2d" is expected, at most a year)");
  }
  return std::chrono::seconds(*number * unit);
}

Result<std::vector<AlertRule>> read_alert_rules(std::string_view toml) {
  toml::table document;
  try {
    document = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return failure(
        fmt::format("line {}: {}", error.source().begin.line, printable(error.description())));
  }
  std::vector<AlertRule> rules;
  const toml::node* const node = document.get("alert");
  if (node == nullptr) {
    return rules;
  }
  const toml::array* const list = node->as_array();
  if (list == nullptr || list->size() > kMostRules) {
    return failure(fmt::format("alert: at most {} tables [[alert]] are expected", kMostRules));
  }
  std::set<std::string> names;
  for (std::size_t at = 0; at < list->size(); ++at) {
    const toml::table* const table = list->get(at)->as_table();
    if (table == nullptr) {
      return failure("alert: tables [[alert]] are expected");
    }
    auto rule = RuleReader(*table, at + 1).read();
    if (!rule) {
      return tl::make_unexpected(rule.error());
    }
    if (!names.insert(rule->name).second) {
      return failure(fmt::format("alert \"{}\": there are two of that name", rule->name));
    }
    rules.push_back(std::move(*rule));
  }
  return rules;
}

bool matches_host(std::string_view pattern, std::string_view host) {
  std::size_t at = 0;
  std::size_t matched = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind_star = 0;
  while (matched < host.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = matched;
    } else if (at < pattern.size() && pattern[at] == host[matched]) {
      ++at;
      ++matched;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      matched = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace wemol::hub
