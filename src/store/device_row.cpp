#include "device_row.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "csv.h"
#include "size_text.h"
#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

/// Without zeros at the end: most cards are at 0 or 100 most of the time.
void append_figure(const std::optional<double>& figure, std::string& text) {
  text += ',';
  if (!figure) {
    return;
  }
  std::string digits = fmt::format("{:.2f}", *figure);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) {
    digits.pop_back();
  }
  text += digits == "-0" ? "0" : digits;
}

void append_text(std::string_view field, std::string& text) {
  text += ',';
  append_csv_field(field, text);
}

}  // namespace

std::string_view device_csv_header() {
  return "time,index,uuid,name,utilization_percent,memory_percent,memory_total_mib,"
         "temperature_celsius,power_watts,users\r\n";
}

void append_device_row(const DeviceRow& row, std::string_view time, std::string& text) {
  text += time;
  fmt::format_to(std::back_inserter(text), ",{}", row.index);
  append_text(row.uuid, text);
  append_text(guarded_against_formulas(row.name), text);
  append_figure(row.utilization_percent, text);
  append_figure(row.memory_used_percent, text);
  text += ',';
  if (row.memory_total_mib) {
    fmt::format_to(std::back_inserter(text), "{}", *row.memory_total_mib);
  }
  append_figure(row.temperature_celsius, text);
  append_figure(row.power_draw_watts, text);
  append_text(row.users == kNobody ? std::string(kNobody) : guarded_against_formulas(row.users),
              text);
  text += "\r\n";
}

std::string task_as_user(std::string_view task_id) {
  return fmt::format("task {}", task_id);
}

std::string joined_users(std::span<const std::string> users) {
  std::string joined;
  for (const std::string& user : users) {
    if (!joined.empty()) {
      joined += kUserSeparator;
    }
    std::string name = printable(user);
    std::ranges::replace(name, kUserSeparator, '?');
    joined += name;
  }
  return joined.empty() ? std::string(kNobody) : joined;
}

std::vector<std::string> split_users(std::string_view users) {
  std::vector<std::string> names;
  if (users.empty() || users == kNobody) {
    return names;
  }
  for (const std::string_view name : split_fields(users, kUserSeparator)) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) {
      names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace wemol

namespace wemol::reading {
namespace {

/// False when it is neither empty nor a figure.
bool take_figure(std::string_view field, std::optional<double>& figure) {
  if (field.empty()) {
    return true;
  }
  const bool is_negative = field.front() == '-';  // a temperature may be
  field.remove_prefix(is_negative ? 1 : 0);
  figure = take_number(field);
  if (figure && is_negative) {
    *figure = -*figure;
  }
  return figure && field.empty();
}

}  // namespace

std::optional<DeviceRow> DeviceRowReader::parse(std::span<const std::string_view> fields) {
  if (fields.size() != kDeviceColumns) {
    return std::nullopt;
  }
  if (fields[0] != last_time_) {
    const auto time = parse_iso_time(fields[0]);
    if (!time) {
      return std::nullopt;
    }
    last_time_ = fields[0];
    last_epoch_ = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  }
  DeviceRow row{.end_epoch = last_epoch_,
                .uuid = fields[2],
                .name = without_formula_guard(fields[3]),
                .users = fields[9] == kNobody ? fields[9] : without_formula_guard(fields[9])};
  const auto index = parse_number<unsigned>(fields[1]);
  row.index = index.value_or(0);
  if (!fields[6].empty()) {
    row.memory_total_mib = parse_number<std::uint64_t>(fields[6]);
  }
  const bool is_good = index && !row.uuid.empty() &&
                       (fields[6].empty() || row.memory_total_mib.has_value()) &&
                       take_figure(fields[4], row.utilization_percent) &&
                       take_figure(fields[5], row.memory_used_percent) &&
                       take_figure(fields[7], row.temperature_celsius) &&
                       take_figure(fields[8], row.power_draw_watts);
  return is_good ? std::optional(row) : std::nullopt;
}

}  // namespace wemol::reading
