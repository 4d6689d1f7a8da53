#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace wemol::hub {

enum class JsonKind {
  text,
  flag,
  number,        ///< 0 or more
  whole_number,  ///< 0 or more
  any_number,    ///< temperatures may be below 0
  number_or_text,
  list,  ///< of objects
  object
};

/// What a field of a report has to be if it is there.
struct ReportField {
  std::string_view key;
  JsonKind kind = JsonKind::text;
  std::span<const ReportField> members = {};  ///< of an object, or of each in a list
  std::size_t longest = 0;                    ///< of a list
};

/// Of the whole report. What is not in it may be anything.
[[nodiscard]] std::span<const ReportField> report_fields();

/// The list of processes, wherever it is.
inline constexpr std::string_view kProcesses = "processes";

}  // namespace wemol::hub
