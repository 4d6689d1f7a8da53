#include "cgroup_counters.h"

#include "fuzz_target.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::fuzz {
namespace {

constexpr std::uint64_t kHostMemory = std::uint64_t{16} << 30;

void check_reading(const cgroup::Reading& reading) {
  require(reading.cpu_used->count() >= 0, "the CPU time is not negative");
  require(reading.memory_limit_bytes.value_or(0) <= kHostMemory,
          "the memory's limit is the host's memory at most");
}

/// All files of the group have one of the two texts.
void check_cgroup_counters(std::string_view input) {
  static const test::TempDir folder;
  const auto [cpu, others] = split_parts(input);
  for (const char* name : {"cpuacct.usage", "cpu.stat"}) {
    test::write_text(folder / name, cpu);
  }
  for (const char* name :
       {"memory.usage_in_bytes", "memory.current", "memory.stat", "memory.limit_in_bytes",
        "memory.max", "io.stat", "blkio.throttle.io_service_bytes", "pids.current"}) {
    test::write_text(folder / name, others);
  }
  for (const bool is_v2 : {false, true}) {
    const cgroup::Folder group{.path = folder.path(), .is_v2 = is_v2};
    auto counters = cgroup::Counters::open(
        {.cpu = group, .memory = group, .block_io = group, .pids = group}, kHostMemory);
    require(counters.has_value(), "the files can be opened");
    if (const auto reading = counters->read(SteadyTime())) {
      check_reading(*reading);
    }
  }
}

const Target cgroup_counters_target("cgroup_counters", check_cgroup_counters);

}  // namespace
}  // namespace wemol::fuzz
