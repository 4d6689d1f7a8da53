// bare_reads INTERVAL_MS ROUNDS PID:ID...
//
// The floor under any collector that reads the counters of containers from the kernel: opens the
// files once, reads each with one pread per round, and does nothing with what comes. Prints the CPU
// time per container and round.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "cgroup_folders.h"
#include "files.h"
#include "process_attributor.h"

namespace {

constexpr std::size_t kTextBytes = std::size_t{64} << 10;
constexpr std::size_t kFileCapBytes = std::size_t{4} << 20;

double cpu_microseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

template <typename Number>
Number number_in(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void open_into(const std::filesystem::path& path, std::vector<int>& files) {
  if (const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    files.push_back(fd);
  }
}

void open_files_of(const std::string& pid, const std::string& id,
                   const std::vector<wemol::cgroup::Mount>& mounts, std::vector<int>& files) {
  const wemol::SystemFileReader reader;
  const auto groups = wemol::cgroup_text_of(reader, number_in<std::uint64_t>(pid));
  const auto folders = wemol::cgroup::find_folders(mounts, groups.value_or(""), id);
  const auto add = [&](const std::optional<wemol::cgroup::Folder>& folder, const char* v1,
                       const char* v2) {
    if (folder) {
      open_into(folder->path / (folder->is_v2 ? v2 : v1), files);
    }
  };
  add(folders.cpu, "cpuacct.usage", "cpu.stat");
  add(folders.memory, "memory.usage_in_bytes", "memory.current");
  add(folders.memory, "memory.stat", "memory.stat");
  add(folders.memory, "memory.limit_in_bytes", "memory.max");
  add(folders.block_io, "blkio.throttle.io_service_bytes", "io.stat");
  add(folders.pids, "pids.current", "pids.current");
  open_into("/proc/" + pid + "/net/dev", files);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 3) {
    std::fputs("bare_reads INTERVAL_MS ROUNDS PID:ID...\n", stderr);
    return 2;
  }
  const std::chrono::milliseconds interval(number_in<int>(arguments[0]));
  const int rounds = number_in<int>(arguments[1]);
  const auto mounts = wemol::cgroup::parse_mounts(
      wemol::SystemFileReader().read("/proc/self/mountinfo", kFileCapBytes).value_or(""));
  std::vector<int> files;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::size_t colon = arguments[i].find(':');
    open_files_of(arguments[i].substr(0, colon), arguments[i].substr(colon + 1), mounts, files);
  }
  static std::array<char, kTextBytes> text;
  const double before = cpu_microseconds();
  auto due = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (const int fd : files) {
      [[maybe_unused]] const ssize_t count = pread(fd, text.data(), text.size(), 0);
    }
    due += interval;
    std::this_thread::sleep_until(due);
  }
  const auto containers = static_cast<double>(arguments.size() - 2);
  std::printf("%.1f\n", (cpu_microseconds() - before) / rounds / containers);
}
