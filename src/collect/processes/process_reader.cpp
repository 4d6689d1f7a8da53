#include "process_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "command_line_secrets.h"
#include "files.h"
#include "text.h"

namespace wemol {
namespace {

constexpr std::size_t kStatBytes = 2048;  // 52 numbers and a name

std::uint64_t positive_or(long number, std::uint64_t otherwise) {
  return number > 0 ? static_cast<std::uint64_t>(number) : otherwise;
}

std::optional<std::uint64_t> pid_of(const char* name) {
  return *name >= '1' && *name <= '9' ? parse_number<std::uint64_t>(name) : std::nullopt;
}

ProcessReader::ReadCommandLine command_lines_below(const std::filesystem::path& proc) {
  return [proc](std::uint64_t pid) {
    const std::string path = proc / std::to_string(pid) / "cmdline";
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::string text(kCommandLineBytes + 1, '\0');
    const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return command_line_text(without_secrets(text));
  };
}

}  // namespace

struct ProcessReader::Entry {
  const char* name = nullptr;
  std::uint64_t pid = 0;
  std::uint64_t inode = 0;
};

/// /proc, open.
class ProcessReader::Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { close(); }

  /// Calls `take` with each process. An errno when they cannot be listed.
  template <typename Take>
  [[nodiscard]] int for_each(Take take) {
    if (folder_ == nullptr) {
      folder_ = opendir(path_.c_str());
    } else {
      rewinddir(folder_);
    }
    if (folder_ == nullptr) {
      return errno;
    }
    errno = 0;
    while (const dirent* const entry = readdir(folder_)) {
      if (const auto pid = pid_of(&entry->d_name[0])) {
        take(Entry{&entry->d_name[0], *pid, entry->d_ino});
      }
      errno = 0;
    }
    const int code = errno;
    if (code != 0) {
      close();
    }
    return code;
  }

  /// Its name lives until the next one.
  [[nodiscard]] std::optional<ProcessStat> stat_of(const Entry& entry) {
    constexpr std::string_view kStat = "/stat";
    std::array<char, sizeof(dirent::d_name) + kStat.size()> path{};
    std::ranges::copy(kStat, std::copy_n(entry.name, strlen(entry.name), path.begin()));
    const UniqueFd file(openat(dirfd(folder_), path.data(), O_RDONLY | O_CLOEXEC));
    const ssize_t count = file ? ::read(file.get(), buffer_.data(), buffer_.size()) : 0;
    return parse_process_stat(
        std::string_view(buffer_.data(), count > 0 ? static_cast<std::size_t>(count) : 0));
  }

  /// By the folder, for the files of what has changed its user are root's.
  [[nodiscard]] std::optional<std::uint32_t> user_of(const Entry& entry) const {
    struct stat status {};
    return fstatat(dirfd(folder_), entry.name, &status, 0) == 0 ? std::optional(status.st_uid)
                                                                : std::nullopt;
  }

 private:
  void close() {
    if (folder_ != nullptr) {
      closedir(folder_);
      folder_ = nullptr;
    }
  }

  std::filesystem::path path_;
  DIR* folder_ = nullptr;
  std::array<char, kStatBytes> buffer_{};
};

ProcessReader::ProcessReader(const std::filesystem::path& proc, CommandLines command_lines)
    : ProcessReader(proc, command_lines == CommandLines::read ? command_lines_below(proc)
                                                              : ReadCommandLine()) {}

ProcessReader::ProcessReader(std::filesystem::path proc, ReadCommandLine read_command_line)
    : folder_(std::make_unique<Folder>(std::move(proc))),
      reads_command_lines_(static_cast<bool>(read_command_line)),
      command_lines_([read = std::move(read_command_line)](const Identity& process) {
        return read(process.pid);
      }),
      ticks_per_second_(positive_or(sysconf(_SC_CLK_TCK), 100)),
      page_bytes_(positive_or(sysconf(_SC_PAGESIZE), 4096)) {}

ProcessReader::~ProcessReader() = default;

/// The boot's moment on the wall clock. It stays as it was unless the clock was set: otherwise the
/// start of each process would move by microseconds with each list.
void ProcessReader::set_boot_time(const Clock& clock) {
  constexpr auto kClockWasSet = std::chrono::seconds(1);
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const auto since_boot = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  const auto booted_at =
      clock.wall_now() -
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_boot);
  if (!booted_at_ || std::chrono::abs(booted_at - *booted_at_) >= kClockWasSet) {
    booted_at_ = booted_at;
  }
}

Result<ProcessList> ProcessReader::read(const Clock& clock) {
  ++round_;
  set_boot_time(clock);
  const SteadyTime now = clock.now();
  const auto since_last = last_list_ ? now - *last_list_ : SteadyTime::duration::zero();
  rounds_of_rest_ =
      since_last > SteadyTime::duration::zero()
          ? static_cast<std::uint64_t>(std::max<std::int64_t>(kRestingEvery / since_last, 1))
          : 1;
  last_list_ = now;
  ProcessList list{.measured_at = now,
                   .booted_at = *booted_at_,
                   .ticks_per_second = ticks_per_second_,
                   .processes = {}};
  list.processes.reserve(known_.size());
  const int code = folder_->for_each([&](const Entry& entry) {
    Known& known = known_[entry.pid];
    if ((known.inode == entry.inode && is_resting(known, now)) || update(known, entry, now)) {
      known.seen_in = round_;
      list.processes.push_back(known.facts);
    }
  });
  if (code != 0) {
    return failure(fmt::format("the processes cannot be listed: {}", strerror(code)), code);
  }
  std::erase_if(known_, [this](const auto& entry) { return entry.second.seen_in != round_; });
  std::ranges::sort(list.processes, {}, &ProcessFacts::pid);
  add_command_lines(list.processes);
  return list;
}

/// Those that rest take turns, so that each list costs the same.
bool ProcessReader::is_resting(const Known& known, SteadyTime now) const {
  const bool is_its_turn = (known.facts.pid + round_) % rounds_of_rest_ == 0;
  return !is_its_turn && known.facts.state != 'R' && now - known.busy_at >= kRestsAfter &&
         now - known.facts.measured_at < kRestingEvery && now < known.details_due;
}

/// False: it is gone, or not ours to see.
bool ProcessReader::update(Known& known, const Entry& entry, SteadyTime now) {
  const auto stat = folder_->stat_of(entry);
  if (!stat) {
    return false;
  }
  ProcessFacts& facts = known.facts;
  const bool is_new = known.seen_in == 0 || facts.start_ticks != stat->start_ticks;
  if (is_new) {
    known = {};
  }
  if (is_new || facts.cpu_ticks != stat->cpu_ticks) {
    known.busy_at = now;
  }
  known.inode = entry.inode;
  facts.measured_at = now;
  facts.pid = stat->pid;
  facts.parent_pid = stat->parent_pid;
  facts.start_ticks = stat->start_ticks;
  facts.state = stat->state;
  facts.cpu_ticks = stat->cpu_ticks;
  facts.resident_bytes = stat->resident_pages * page_bytes_;
  facts.threads = stat->threads;
  const bool are_details_due = is_new || known.raw_name != stat->name || now >= known.details_due;
  return !are_details_due || update_details(known, *stat, entry, is_new);
}

bool ProcessReader::update_details(Known& known, const ProcessStat& stat, const Entry& entry,
                                   bool is_new) {
  ProcessFacts& facts = known.facts;
  const auto user_id = folder_->user_of(entry);
  if (!user_id) {
    return false;
  }
  facts.user_id = *user_id;
  const bool is_renamed = known.raw_name != stat.name;
  if (is_renamed) {
    known.raw_name = stat.name;
    facts.name = printable(stat.name);
  }
  // A new one is due again with the next list.
  known.details_due = is_new ? facts.measured_at : facts.measured_at + kDetailsLastFor;
  if (reads_command_lines_ && !stat.is_kernel_thread && stat.state != 'Z') {
    is_any_new_ = is_any_new_ || is_new || is_renamed;
    to_ask_.push_back({stat.pid, stat.start_ticks});
  }
  return true;
}

void ProcessReader::add_command_lines(std::vector<ProcessFacts>& processes) {
  if (!to_ask_.empty()) {
    command_lines_.ask(std::exchange(to_ask_, {}));
  }
  const bool is_any_new = std::exchange(is_any_new_, false);
  if (!command_lines_.is_waiting()) {
    return;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  for (auto& [process, text] : command_lines_.answers_by(is_any_new ? now + kWait : now)) {
    const auto known = known_.find(process.pid);
    if (known == known_.end() || known->second.facts.start_ticks != process.start_ticks) {
      continue;
    }
    known->second.facts.command_line = std::move(text);
    const auto facts = std::ranges::lower_bound(processes, process.pid, {}, &ProcessFacts::pid);
    if (facts != processes.end() && facts->pid == process.pid) {
      facts->command_line = known->second.facts.command_line;
    }
  }
}

}  // namespace wemol
