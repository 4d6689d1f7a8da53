#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace wemol {

enum class Unit {
  text,
  local_time,  ///< "2026-01-15 10:30:00"
  time,        ///< ISO 8601 with the offset
  flag,
  count,
  percent,
  seconds,
  cores,  ///< 1 is one busy CPU
  bytes,
  mebibytes,
  celsius,
  watts,
  watt_hours,
  bytes_per_second,
  per_second,
  megahertz
};

/// One recorded quantity. Everything that writes, reads or documents it goes by these tables.
struct Field {
  std::string_view name;  ///< also the key in JSON
  Unit unit = Unit::text;
  std::string_view column = {};  ///< of the CSV; empty: not in it. Two fields may share a column.
  std::string_view metric = {};  ///< the name in OpenMetrics; empty: a label, or not exported
  std::string_view meaning = {};
};

/// A value of any field; monostate when it is unknown.
using FieldValue =
    std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string>;

}  // namespace wemol
