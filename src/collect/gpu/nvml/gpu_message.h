#pragma once

#include <string>
#include <string_view>

#include <wemol/result.h>

#include "nvml_answer.h"

namespace wemol::nvml {

/// An answer as one line of JSON, without the line's end: what goes from the helper to the
/// recorder. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_line(const Answer& answer);

/// The answer that such a line holds. Half a line or anything else is an error.
[[nodiscard]] Result<Answer> from_line(std::string_view line);

}  // namespace wemol::nvml
