#include "run_opener.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>

#include <fmt/format.h>

#include "container_id.h"
#include "files.h"
#include "process_attributor.h"
#include "text.h"

namespace wemol::native {
namespace {

constexpr std::size_t kFileCapBytes = std::size_t{4} << 20;
/// Each of them is looked at when a container starts.
constexpr std::size_t kPlacesAtMost = 8;

std::uint64_t read_host_memory_bytes(const FileReader& files) {
  constexpr std::string_view kKey = "MemTotal:";
  constexpr std::uint64_t kBytesPerKib = 1024;
  const std::string text = files.read("/proc/meminfo", kFileCapBytes).value_or("");
  for (const std::string_view line : complete_lines(text)) {
    if (line.starts_with(kKey)) {
      const std::string_view value = trimmed(line.substr(kKey.size()));
      if (const auto kib = parse_number<std::uint64_t>(value.substr(0, value.find(' ')))) {
        return *kib * kBytesPerKib;
      }
    }
  }
  return std::numeric_limits<std::uint64_t>::max();
}

std::string net_dev_path(const std::string& pid) {
  return "/proc/" + pid + "/net/dev";
}

/// The network of the host is that of its first process, also when this service has one of its own.
ino_t find_host_network() {
  const auto file = PersistentFile::open(net_dev_path("1"));
  return file ? file->inode() : 0;
}

SteadyTime time_of_boot(const Clock& clock) {
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return clock.now() - std::chrono::seconds(since_boot.tv_sec) -
         std::chrono::nanoseconds(since_boot.tv_nsec);
}

std::chrono::nanoseconds since_boot(std::uint64_t ticks) {
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(static_cast<double>(ticks) / ticks_per_second));
}

}  // namespace

RunOpener::RunOpener(const FileReader& files, const Clock& clock)
    : files_(files),
      clock_(clock),
      mounts_(cgroup::parse_mounts(files.read("/proc/self/mountinfo", kFileCapBytes).value_or(""))),
      host_memory_bytes_(read_host_memory_bytes(files)),
      host_network_(find_host_network()) {
  const std::string any_id(kContainerIdLength, '0');
  for (const std::string& path :
       {"/system.slice/docker-" + any_id + ".scope", "/docker/" + any_id}) {
    for (const char* hierarchy : {"0::", "1:cpuacct:"}) {
      const auto folders = cgroup::find_folders(mounts_, hierarchy + path + "\n", any_id);
      if (folders.cpu) {
        note_place(*folders.cpu, any_id);
      }
    }
  }
}

void RunOpener::note_place(const cgroup::Folder& folder, const std::string& container_id) {
  const std::string path = folder.path.string();
  const std::size_t id = path.rfind(container_id);
  if (id == std::string::npos) {
    return;
  }
  Place place{path.substr(0, id), path.substr(id + container_id.size())};
  const auto found = std::ranges::find(places_, place);
  if (found != places_.end()) {
    std::rotate(places_.begin(), found, found + 1);
    return;
  }
  places_.insert(places_.begin(), std::move(place));
  places_.resize(std::min(places_.size(), kPlacesAtMost));
}

std::optional<std::int64_t> RunOpener::find_first_process(const std::string& container_id) const {
  for (const Place& place : places_) {
    const std::string path = place.before_id + container_id + place.behind_id + "/cgroup.procs";
    const std::string text = files_.read(path, kFileCapBytes).value_or("");
    if (const auto pid = parse_number<std::int64_t>(text.substr(0, text.find('\n')))) {
      return pid;
    }
  }
  return std::nullopt;
}

Result<OpenedRun> RunOpener::open(const std::string& container_id, std::int64_t pid,
                                  const std::string& network_mode) {
  // The descriptor first: what is read after it is of this process and of no later one.
  UniqueFd first_process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!first_process) {
    const int code = errno;
    return failure(fmt::format("process {}: {}", pid, strerror(code)), code);
  }
  if (!leaves_enough(first_process.get())) {
    return failure("Too many open files: raise the limit (LimitNOFILE= of the service)", EMFILE);
  }
  const auto number = static_cast<std::uint64_t>(pid);
  const auto start_ticks = start_ticks_of(files_, number);
  const auto groups = cgroup_text_of(files_, number);
  if (!groups || !start_ticks) {
    return failure(fmt::format("process {} is gone", pid), ESRCH);
  }
  const cgroup::Folders folders = cgroup::find_folders(mounts_, *groups, container_id);
  auto counters = cgroup::Counters::open(folders, host_memory_bytes_);
  if (!counters) {
    return tl::make_unexpected(std::move(counters.error()));
  }
  note_place(*folders.cpu, container_id);
  auto network = open_network(pid, network_mode);
  if (!network) {
    return tl::make_unexpected(std::move(network.error()));
  }
  return OpenedRun{ContainerRun(std::move(*counters), std::move(*network),
                                time_of_boot(clock_) + since_boot(*start_ticks)),
                   std::move(first_process)};
}

/// Docker shows no network for a container that shares the host's, or has none.
Result<std::optional<PersistentFile>> RunOpener::open_network(
    std::int64_t pid, const std::string& network_mode) const {
  if (network_mode == "none" || network_mode == "host") {
    return std::nullopt;
  }
  auto file = PersistentFile::open(net_dev_path(std::to_string(pid)));
  if (!file) {
    return tl::make_unexpected(std::move(file.error()));
  }
  if (file->inode() == host_network_) {  // it shares the network of a container that has the host's
    return std::nullopt;
  }
  return std::optional(std::move(*file));
}

}  // namespace wemol::native
