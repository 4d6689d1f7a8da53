#include "driver_opens.h"

#include <cerrno>

#include "text.h"

namespace wemol {
namespace {

constexpr std::size_t kCountCapBytes = 64;

std::optional<std::uint64_t> count_in(const Result<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  const auto lines = complete_lines(*text);
  return lines.empty() ? std::nullopt : parse_number<std::uint64_t>(trimmed(lines.front()));
}

}  // namespace

std::optional<DriverOpens> read_driver_opens(const FileReader& files) {
  const auto driver = count_in(files.read(kDriverCount, kCountCapBytes));
  if (!driver) {
    return std::nullopt;
  }
  const auto text = files.read(kUnifiedMemoryCount, kCountCapBytes);
  if (!text && text.error().code == ENOENT) {
    return DriverOpens{.driver = *driver};  // not loaded before the first program that needs it
  }
  const auto unified_memory = count_in(text);
  return unified_memory
             ? std::optional(DriverOpens{.driver = *driver, .unified_memory = *unified_memory})
             : std::nullopt;
}

}  // namespace wemol
