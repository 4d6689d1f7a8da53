#include "process_table.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "files.h"
#include "process_attributor.h"
#include "text.h"

namespace wemol::queue {
namespace {

constexpr std::size_t kStatCapBytes = 4096;
constexpr std::size_t kEnvironmentCapBytes = std::size_t{4} << 20;

bool has_ended(const ProcessEntry& process) {
  return process.state == 'Z' || process.state == 'X';
}

std::optional<ProcessEntry> entry_in(std::int32_t pid, std::string_view stat) {
  const std::size_t name_begin = stat.find('(');
  const std::size_t name_end = stat.rfind(')');
  const auto start_ticks = start_ticks_in(stat);
  if (!start_ticks || name_begin >= name_end || name_end + 2 >= stat.size()) {
    return std::nullopt;
  }
  const auto fields = split_fields(stat.substr(name_end + 2), ' ');  // from the third one on
  const auto parent = parse_number<std::int32_t>(fields[1]);
  if (!parent || fields[0].empty()) {
    return std::nullopt;
  }
  return ProcessEntry{.id = {.pid = pid, .start_ticks = *start_ticks},
                      .parent_pid = *parent,
                      .state = fields[0].front(),
                      .name = std::string(stat.substr(name_begin + 1, name_end - name_begin - 1))};
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::vector<std::int32_t> all_pids() {
  std::vector<std::int32_t> pids;
  const std::unique_ptr<DIR, CloseFolder> folder(opendir("/proc"));
  // NOLINTNEXTLINE(concurrency-mt-unsafe): each folder is read by one thread
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) {
    const char* const name = static_cast<const char*>(entry->d_name);
    if (const auto pid = parse_number<std::int32_t>(name)) {
      pids.push_back(*pid);
    }
  }
  return pids;
}

bool holds_variable(std::string_view environment, std::string_view assignment) {
  while (!environment.empty()) {
    const std::size_t end = environment.find('\0');
    if (environment.substr(0, end) == assignment) {
      return true;
    }
    environment.remove_prefix(end == std::string_view::npos ? environment.size() : end + 1);
  }
  return false;
}

}  // namespace

std::optional<ProcessEntry> process_at(std::int32_t pid) {
  const auto stat = SystemFileReader().read(fmt::format("/proc/{}/stat", pid), kStatCapBytes);
  return stat ? entry_in(pid, *stat) : std::nullopt;
}

std::vector<ProcessEntry> all_processes() {
  std::vector<ProcessEntry> processes;
  for (const std::int32_t pid : all_pids()) {
    if (auto process = process_at(pid)) {
      processes.push_back(std::move(*process));
    }
  }
  return processes;
}

std::vector<ProcessEntry> descendants_of(std::int32_t ancestor,
                                         const std::vector<ProcessEntry>& processes) {
  std::unordered_multimap<std::int32_t, const ProcessEntry*> by_parent;
  for (const ProcessEntry& process : processes) {
    by_parent.emplace(process.parent_pid, &process);
  }
  std::vector<ProcessEntry> found;
  std::set<std::int32_t> seen{ancestor};  // pids that change meanwhile could make a ring
  std::vector<std::int32_t> parents{ancestor};
  while (!parents.empty()) {
    const auto [begin, end] = by_parent.equal_range(parents.back());
    parents.pop_back();
    for (auto child = begin; child != end; ++child) {
      if (seen.insert(child->second->id.pid).second) {
        parents.push_back(child->second->id.pid);
        if (!has_ended(*child->second)) {
          found.push_back(*child->second);
        }
      }
    }
  }
  return found;
}

ProcessId this_process() {
  const auto self = process_at(getpid());
  return self ? self->id : ProcessId{.pid = getpid()};
}

bool is_alive(const ProcessId& process) {
  const auto found = process_at(process.pid);
  return found && found->id == process && !has_ended(*found);
}

int send_signal(const ProcessId& process, int signal) {
  const UniqueFd handle(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  const bool has_handles = handle || (errno != ENOSYS && errno != EPERM);
  // Asked after the handle was made: then it is of the process that is looked at.
  if (!is_alive(process)) {
    return ESRCH;
  }
  if (!has_handles) {
    return kill(process.pid, signal) == 0 ? 0 : errno;
  }
  return syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0 ? 0 : errno;
}

std::vector<ProcessEntry> processes_of_try(const std::string& uni_id) {
  const std::string assignment = "UNI_ID=" + uni_id;
  const uid_t user = getuid();
  std::vector<ProcessEntry> found;
  for (ProcessEntry& process : all_processes()) {
    const std::string folder = fmt::format("/proc/{}", process.id.pid);
    struct stat status {};
    if (has_ended(process) || stat(folder.c_str(), &status) != 0 || status.st_uid != user) {
      continue;
    }
    const auto environment = SystemFileReader().read(folder + "/environ", kEnvironmentCapBytes);
    if (environment && holds_variable(*environment, assignment)) {
      found.push_back(std::move(process));
    }
  }
  return found;
}

}  // namespace wemol::queue
