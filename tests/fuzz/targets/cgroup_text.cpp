#include "cgroup_counters.h"
#include "fuzz_target.h"

namespace wemol::fuzz {
namespace {

void check_cgroup_text(std::string_view input) {
  (void)cgroup::parse_count(input);
  (void)cgroup::parse_io_stat(input);
  const auto block = cgroup::parse_blkio(input);
  require(!block || input.find('\n') != std::string_view::npos, "a device is a line");
  const auto value = cgroup::parse_value(input, "usage_usec");
  require(!value || input.find(std::to_string(*value)) != std::string_view::npos,
          "a value stands in the text");
  constexpr std::uint64_t kUsage = std::uint64_t{1} << 40;
  require(cgroup::memory_used_bytes(kUsage, input) <= kUsage, "no more is used than is used");
  require(cgroup::memory_used_bytes(0, input) == 0, "of nothing nothing is used");
}

const Target cgroup_text_target("cgroup_text", check_cgroup_text);

}  // namespace
}  // namespace wemol::fuzz
