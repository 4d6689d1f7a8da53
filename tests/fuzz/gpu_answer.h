#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "fuzz_target.h"
#include "gpu_query.h"
#include "text.h"

namespace wemol::fuzz {

/// Every line is a row, a message, or says that nothing runs on the GPUs.
template <typename Row>
void require_that_no_line_is_lost(std::string_view input,
                                  const nvidia_smi::QueryOutput<Row>& output) {
  const auto lines = complete_lines(input);
  const auto told = std::ranges::count_if(lines, [](std::string_view line) {
    return !line.starts_with("No running processes found") &&
           !line.starts_with("No running compute processes found");
  });
  require(output.rows.size() + output.warnings.size() + output.device_messages.size() +
                  output.failure_messages.size() ==
              static_cast<std::size_t>(told),
          "every line is a row or a message");
}

}  // namespace wemol::fuzz
