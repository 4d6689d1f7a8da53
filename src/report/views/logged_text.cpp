#include "logged_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "figure_text.h"
#include "text.h"
#include "time_text.h"

namespace wemol::report {
namespace {

constexpr std::string_view kOfEachCpu = "system.cpu.core{}.";

bool is_of_one_cpu(const LoggedMetric& metric) {
  return metric.is_hardware() && metric.key->flat_key.starts_with(kOfEachCpu);
}

std::string with_unit(const std::string& number, const char* unit) {
  return number == kNotKnown ? number : number + unit;
}

}  // namespace

bool MetricSelection::has(const LoggedMetric& metric) const {
  return is_all() || std::ranges::any_of(parts_, [&](const std::string& part) {
           return metric.name.find(part) != std::string::npos;
         });
}

bool MetricSelection::shows(const LoggedMetric& metric) const {
  return has(metric) && !(is_all() && is_of_one_cpu(metric));
}

std::string metric_text(const HostKey* key, const std::optional<double>& value) {
  if (key == nullptr) {
    return number_text(value);
  }
  switch (key->unit) {
    case Unit::bytes:
      return bytes_text(value);
    case Unit::bytes_per_second:
      return with_unit(bytes_text(value), "/s");
    case Unit::percent:
      return with_unit(amount_text(value), " %");
    case Unit::celsius:
      return with_unit(amount_text(value), " °C");
    case Unit::watts:
      return with_unit(amount_text(value), " W");
    case Unit::megahertz:
      return with_unit(amount_text(value), " MHz");
    case Unit::per_second:
      return with_unit(amount_text(value), "/s");
    default:
      return amount_text(value);
  }
}

std::string difference_text(const HostKey* key, const std::optional<double>& value) {
  if (!value) {
    return kNotKnown;
  }
  const std::string size = metric_text(key, std::abs(*value));
  const bool is_none = size.starts_with("0 ") || size == "0";
  return is_none ? size : (*value < 0 ? "-" : "+") + size;
}

std::string_view unit_name(const HostKey* key) {
  if (key == nullptr) {
    return "";
  }
  switch (key->unit) {
    case Unit::bytes:
      return "bytes";
    case Unit::bytes_per_second:
      return "bytes_per_second";
    case Unit::percent:
      return "percent";
    case Unit::celsius:
      return "celsius";
    case Unit::watts:
      return "watts";
    case Unit::megahertz:
      return "megahertz";
    case Unit::per_second:
      return "per_second";
    default:
      return "count";
  }
}

std::string moment_text(double seconds_since_1970) {
  constexpr std::size_t kDateAndTime = 19;
  const auto since = std::chrono::duration<double>(seconds_since_1970);
  std::string text = iso_time_text(WallTime(std::chrono::duration_cast<WallTime::duration>(since)))
                         .substr(0, kDateAndTime);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string span_text(double seconds) {
  constexpr double kShort = 60;
  return seconds < kShort ? amount_text(seconds) + " s" : duration_text(seconds);
}

std::string run_name(const LoggedRunReport& report) {
  return printable(report.file.stem().string());
}

std::string steps_text(const LoggedRun& run) {
  return run.first_step() ? fmt::format("{} to {}", *run.first_step(), *run.last_step())
                          : kNotKnown;
}

std::vector<std::string> logged_notes(const LoggedRunReport& report,
                                      const MetricSelection& selection) {
  std::vector<std::string> notes;
  const std::string name = run_name(report);
  if (report.reading.has_torn_end) {
    notes.push_back(
        fmt::format("{}: the last line is cut off and was left out: the program was killed as it "
                    "wrote, or still writes.",
                    name));
  }
  if (report.reading.report.bad_lines > 0) {
    notes.push_back(fmt::format("{}: {} could not be used.", name,
                                counted(report.reading.report.bad_lines, "other line")));
  }
  if (report.run.values_left_out() > 0) {
    notes.push_back(fmt::format("{}: {} left out: there are more than {} metrics.", name,
                                counted(report.run.values_left_out(), "value"),
                                LoggedRun::kMostMetrics));
  }
  for (const LoggedMetric& metric : report.run.metrics()) {
    if (metric.nulls > 0 && selection.shows(metric)) {
      notes.push_back(fmt::format("{}: {}: {} of {} are no number (NaN or null).", name,
                                  printable(metric.name), metric.nulls,
                                  counted(metric.nulls + metric.series.values(), "value")));
    }
  }
  if (selection.is_all() && std::ranges::any_of(report.run.metrics(), is_of_one_cpu)) {
    notes.emplace_back("The figures of each CPU are left out; --metric cpu.core shows them.");
  }
  return notes;
}

}  // namespace wemol::report
