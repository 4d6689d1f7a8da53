#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/host_facts.h>

namespace wemol::host {

/// The CPUs in the text of /proc/stat; those that are offline are not in it. A guest's time is part
/// of user's and nice's already. Time that the hypervisor took (steal) is busy: somebody wanted to
/// run.
struct CpuLines {
  std::optional<CpuTimes> all;
  std::vector<CoreFacts> cores;
};
[[nodiscard]] CpuLines parse_cpu_lines(std::string_view stat);

/// Keeps the times from falling back by a moment, as the kernel's idle time does: its two parts are
/// read one after the other. To whoever takes rates of a counter, one that falls has begun anew. A
/// fall of seconds is such a new begin: the CPU was offline.
void keep_rising(CpuLines& now, const CpuLines& before);

/// /proc/loadavg.
struct LoadLine {
  std::array<double, 3> averages{};
  std::uint64_t threads = 0;
};
[[nodiscard]] std::optional<LoadLine> parse_load(std::string_view loadavg);

/// A file of /proc/pressure. Absent where the kernel keeps no account of it, or of a part.
[[nodiscard]] PressureFacts parse_pressure(std::string_view text);

/// The model in the text of /proc/cpuinfo; on ARM, whose kernel knows no names, implementer and
/// part. Empty: neither stands there.
[[nodiscard]] std::string parse_cpu_model(std::string_view cpuinfo);

/// How many CPUs a list such as "0-3,8,10-11" names; nothing when it is no such list.
[[nodiscard]] std::optional<std::uint64_t> count_in_cpu_list(std::string_view list);

}  // namespace wemol::host
