#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wemol::docker {

/// The arguments of the call whose output parse_top reads. It needs the PID column's header.
[[nodiscard]] std::vector<std::string> top_arguments(std::string_view container_id);

/// The container's processes, as the host numbers them: a header line, then one pid a line. The
/// error is the line that is anything else.
[[nodiscard]] tl::expected<std::vector<std::uint64_t>, std::string> parse_top(
    std::string_view text);

}  // namespace wemol::docker
