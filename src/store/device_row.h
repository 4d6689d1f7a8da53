#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wemol {

/// One GPU over one interval: a row of `devices/<DATE>.csv`. Figures are means over the interval;
/// what is unknown is absent. The texts live as long as what they were taken from.
struct DeviceRow {
  std::int64_t end_epoch = 0;  ///< of the interval, in seconds since 1970
  unsigned index = 0;
  std::string_view uuid;
  std::string_view name;
  std::optional<double> utilization_percent;
  std::optional<double> memory_used_percent;
  std::optional<std::uint64_t> memory_total_mib;
  std::optional<double> temperature_celsius;
  std::optional<double> power_draw_watts;
  /// Joined by kUserSeparator, in order of time; kNobody: nobody; empty: unknown.
  std::string_view users;
};

inline constexpr char kUserSeparator = ';';
inline constexpr std::string_view kNobody = "-";

/// With its line end (CRLF).
[[nodiscard]] std::string_view device_csv_header();
inline constexpr std::size_t kDeviceColumns = 10;

/// `time` is the end of the interval as iso_time_text() has it, to the second.
void append_device_row(const DeviceRow& row, std::string_view time, std::string& text);

/// How a task stands in the place of a user: to whom it belongs is not recorded.
[[nodiscard]] std::string task_as_user(std::string_view task_id);

/// As a row has them. A separator in a name becomes a question mark.
[[nodiscard]] std::string joined_users(std::span<const std::string> users);
[[nodiscard]] std::vector<std::string> split_users(std::string_view users);

}  // namespace wemol

namespace wemol::reading {

/// Makes figures of the fields of rows, in the order of the file.
class DeviceRowReader {
 public:
  /// Nothing when a field holds what no writer writes. The row lives as long as the fields.
  [[nodiscard]] std::optional<DeviceRow> parse(std::span<const std::string_view> fields);

 private:
  std::string last_time_;  ///< the rows of one interval have the same
  std::int64_t last_epoch_ = 0;
};

}  // namespace wemol::reading
