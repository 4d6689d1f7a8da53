#pragma once

#include <optional>
#include <string_view>

#include <wemol/snapshot.h>

namespace wemol {

/// Reads `<prefix>_<type>_<task>_<job>_<n>` or `<prefix>_<task>_<job>_<n>`. Task, job and n are
/// decimal digits; the type is word characters and may hold digits and underscores itself, so the
/// last three numbers of the leading run of word characters count. What follows them is ignored.
/// Nothing when the name has another form.
[[nodiscard]] std::optional<Task> parse_container_name(std::string_view name,
                                                       std::string_view prefix);

}  // namespace wemol
