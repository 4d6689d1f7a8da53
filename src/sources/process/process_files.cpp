#include "process_files.h"

#include <fmt/format.h>

#include "text_fields.h"

namespace wemol {
namespace {

constexpr std::size_t kCapBytes = std::size_t{64} << 10;

}  // namespace

Result<std::string> cgroup_text_of(const FileReader& files, std::uint64_t pid) {
  return files.read(fmt::format("/proc/{}/cgroup", pid), kCapBytes);
}

std::optional<std::uint64_t> start_ticks_of(const FileReader& files, std::uint64_t pid) {
  const auto text = files.read(fmt::format("/proc/{}/stat", pid), kCapBytes);
  return text ? start_ticks_in(*text) : std::nullopt;
}

std::optional<std::uint64_t> start_ticks_in(std::string_view stat_text) {
  // The second field is the program's name in parentheses, in which anything may stand. Behind the
  // last parenthesis come the fields from the third on; the start time is the 22nd.
  constexpr std::size_t kStartTimeAfterName = 20;
  const std::size_t name_end = stat_text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto fields = split_fields(stat_text.substr(name_end + 1), ' ');
  return fields.size() > kStartTimeAfterName
             ? parse_number<std::uint64_t>(fields[kStartTimeAfterName])
             : std::nullopt;
}

}  // namespace wemol
