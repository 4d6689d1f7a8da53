// bare_reads [--all-files] INTERVAL_MS ROUNDS PID:ID...
//
// The floor under any collector that reads the counters of containers from the kernel: opens the
// files once, reads each with one pread per round, and does nothing with what comes. Prints the CPU
// time per container and round.
//
// With --all-files what a collector costs that takes all there is: in each round it opens, reads
// and closes every file of the four groups that can be read, and net/dev.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <set>
#include <span>
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

using Paths = std::vector<std::string>;

void add_all_files_of(const std::string& pid, const std::string& id,
                      const std::vector<wemol::cgroup::Mount>& mounts, Paths& paths) {
  const wemol::SystemFileReader reader;
  const auto groups = wemol::cgroup_text_of(reader, number_in<std::uint64_t>(pid));
  const auto folders = wemol::cgroup::find_folders(mounts, groups.value_or(""), id);
  std::set<std::filesystem::path> seen;
  for (const auto* folder : {&folders.cpu, &folders.memory, &folders.block_io, &folders.pids}) {
    if (!*folder || !seen.insert((*folder)->path).second) {
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator((*folder)->path)) {
      const auto mode = entry.status().permissions();
      if (entry.is_regular_file() &&
          (mode & std::filesystem::perms::owner_read) != std::filesystem::perms::none) {
        paths.push_back(entry.path());
      }
    }
  }
  paths.push_back("/proc/" + pid + "/net/dev");
}

void read_anew(const std::string& path, std::span<char> buffer) {
  const wemol::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  while (file && read(file.get(), buffer.data(), buffer.size()) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool all_files = !arguments.empty() && arguments.front() == "--all-files";
  arguments.erase(arguments.begin(), arguments.begin() + (all_files ? 1 : 0));
  if (arguments.size() < 3) {
    std::fputs("bare_reads [--all-files] INTERVAL_MS ROUNDS PID:ID...\n", stderr);
    return 2;
  }
  const std::chrono::milliseconds interval(number_in<int>(arguments[0]));
  const int rounds = number_in<int>(arguments[1]);
  const auto mounts = wemol::cgroup::parse_mounts(
      wemol::SystemFileReader().read("/proc/self/mountinfo", kFileCapBytes).value_or(""));
  std::vector<int> files;
  Paths paths;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::size_t colon = arguments[i].find(':');
    const std::string pid = arguments[i].substr(0, colon);
    const std::string id = arguments[i].substr(colon + 1);
    if (all_files) {
      add_all_files_of(pid, id, mounts, paths);
    } else {
      open_files_of(pid, id, mounts, files);
    }
  }
  static std::array<char, kTextBytes> text;
  const double before = cpu_microseconds();
  auto due = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (const int fd : files) {
      [[maybe_unused]] const ssize_t count = pread(fd, text.data(), text.size(), 0);
    }
    for (const std::string& path : paths) {
      read_anew(path, text);
    }
    due += interval;
    std::this_thread::sleep_until(due);
  }
  const auto containers = static_cast<double>(arguments.size() - 2);
  std::printf("%.1f\n", (cpu_microseconds() - before) / rounds / containers);
}
