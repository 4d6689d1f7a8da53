#include "metrics_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "text.h"

namespace wemol {
namespace {

constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
constexpr std::string_view kCounterEnd = "_total";

/// As a label's value or a help text takes it. Scrapers refuse all metrics for one byte that is no
/// UTF-8.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    result += c == '\\' || c == '"' ? "\\" : "";
    result += c;
  }
  return result;
}

bool is_counter(std::string_view metric) {
  return metric.ends_with(kCounterEnd);
}

/// Empty: it has none.
std::string_view unit_of(Unit unit) {
  switch (unit) {
    case Unit::seconds:
      return "seconds";
    case Unit::bytes:
      return "bytes";
    case Unit::percent:
      return "percent";
    case Unit::celsius:
      return "celsius";
    case Unit::watts:
      return "watts";
    case Unit::megahertz:
      return "hertz";
    default:
      return "";
  }
}

std::optional<std::string> number_text(const FieldValue& value, double factor) {
  if (const auto* const whole = std::get_if<std::uint64_t>(&value); whole && factor == 1) {
    return fmt::format("{}", *whole);
  }
  std::optional<double> number;
  if (const auto* const real = std::get_if<double>(&value)) {
    number = *real;
  } else if (const auto* const whole = std::get_if<std::uint64_t>(&value)) {
    number = static_cast<double>(*whole);
  } else if (const auto* const whole_signed = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*whole_signed);
  }
  return number && std::isfinite(*number) ? std::optional(fmt::format("{}", *number * factor))
                                          : std::nullopt;
}

/// How much a medium of the header is wanted: its q, 1 without one.
double quality_of(std::string_view medium) {
  for (const std::string_view part : split_fields(medium, ';')) {
    const std::string_view parameter = trimmed(part);
    if (parameter.starts_with("q=")) {
      return parse_number<double>(parameter.substr(2)).value_or(0);
    }
  }
  return 1;
}

}  // namespace

MetricsFormat metrics_format_for(std::string_view accept) {
  double open = 0;
  double text = 0;
  for (const std::string_view medium : split_fields(accept, ',')) {
    const std::string_view type = trimmed(split_fields(medium, ';').front());
    if (type == kOpenMetrics) {
      open = std::max(open, quality_of(medium));
    } else if (type == "text/plain") {
      text = std::max(text, quality_of(medium));
    }
  }
  return open > 0 && open >= text ? MetricsFormat::openmetrics : MetricsFormat::prometheus_text;
}

std::string_view metrics_content_type(MetricsFormat format) {
  return format == MetricsFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsText::MetricsText(MetricsFormat format, std::string_view host)
    : format_(format), host_(escaped(host)) {}

void MetricsText::begin_family(const Field& field) {
  family_ = field;
  has_head_ = false;
  labels_.clear();
}

void MetricsText::add(std::initializer_list<Label> labels, const FieldValue& value) {
  constexpr double kHertzPerMegahertz = 1e6;
  const auto number =
      number_text(value, family_.unit == Unit::megahertz ? kHertzPerMegahertz : 1.0);
  if (!number) {
    return;
  }
  std::string names = fmt::format("host=\"{}\"", host_);
  for (const auto& [name, label_value] : labels) {
    names += fmt::format(",{}=\"{}\"", name, escaped(label_value));
  }
  if (!labels_.insert(names).second) {
    return;
  }
  if (!std::exchange(has_head_, true)) {
    write_head();
  }
  text_ += fmt::format("{}{{{}}} {}\n", family_.metric, names, *number);
}

void MetricsText::write_head() {
  const bool is_open = format_ == MetricsFormat::openmetrics;
  std::string_view name = family_.metric;
  if (is_open && is_counter(name)) {
    name.remove_suffix(kCounterEnd.size());
  }
  text_ += fmt::format("# HELP {} {}\n", name, escaped(family_.meaning));
  text_ += fmt::format("# TYPE {} {}\n", name, is_counter(family_.metric) ? "counter" : "gauge");
  const std::string_view unit = unit_of(family_.unit);
  if (is_open && !unit.empty()) {
    text_ += fmt::format("# UNIT {} {}\n", name, unit);
  }
}

std::string MetricsText::take() {
  if (format_ == MetricsFormat::openmetrics) {
    text_ += "# EOF\n";
  }
  return std::move(text_);
}

}  // namespace wemol
