#include "run_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "text.h"

namespace wemol::sdk {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryAfter = 1s;
/// Where the last whole line is looked for.
constexpr off_t kEndBytes = 1 << 20;

/// Beyond RLIMIT_FSIZE a write() sends SIGXFSZ, which ends a program that does not expect it. It is
/// taken back here where such a limit is set.
class FileSizeSignalHeld {
 public:
  FileSizeSignalHeld() {
    rlimit limit{};
    is_held_ = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (is_held_) {
      sigemptyset(&signals_);
      sigaddset(&signals_, SIGXFSZ);
      sigset_t pending;
      sigpending(&pending);
      was_pending_ = sigismember(&pending, SIGXFSZ) == 1;
      pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    }
  }
  FileSizeSignalHeld(const FileSizeSignalHeld&) = delete;
  FileSizeSignalHeld& operator=(const FileSizeSignalHeld&) = delete;
  ~FileSizeSignalHeld() {
    if (is_held_) {
      const timespec no_time{};
      while (!was_pending_ && sigtimedwait(&signals_, nullptr, &no_time) < 0 && errno == EINTR) {
      }
      pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
  }

 private:
  bool is_held_ = false;
  bool was_pending_ = false;
  sigset_t signals_{};
  sigset_t before_{};
};

/// Not one of the standard streams, where a program has closed those: what it prints then would go
/// into the file.
UniqueFd above_standard_streams(UniqueFd fd) {
  if (fd && fd.get() <= STDERR_FILENO) {
    fd.reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return fd;
}

struct Written {
  std::size_t bytes = 0;
  int error = 0;
};

Written write_once(int fd, std::string_view text) {
  const FileSizeSignalHeld held;
  ssize_t count = 0;
  do {
    count = ::write(fd, text.data(), text.size());
  } while (count < 0 && errno == EINTR);
  // The rest would fail; of a disk that is full the kernel says so only then.
  return count < 0 ? Written{.error = errno}
                   : Written{.bytes = static_cast<std::size_t>(count), .error = ENOSPC};
}

}  // namespace

std::optional<std::int64_t> step_of_line(std::string_view line) {
  constexpr std::string_view kBegin = R"({"_step":)";
  if (!line.starts_with(kBegin)) {
    return std::nullopt;
  }
  line.remove_prefix(kBegin.size());
  return parse_number<std::int64_t>(line.substr(0, line.find_first_of(",}")));
}

bool RunFile::append(std::string_view line, SteadyTime now) {
  if (!open(now)) {
    return false;
  }
  std::string behind_torn;
  if (ends_in_torn_line_) {
    behind_torn = fmt::format("\n{}", line);
    line = behind_torn;
  }
  const Written written = write_once(fd_.get(), line);
  if (written.bytes == line.size()) {
    ends_in_torn_line_ = false;
    return true;
  }
  if (written.bytes > 0 && !take_back(written.bytes)) {
    ends_in_torn_line_ = true;
  }
  return fail("cannot write", written.error);
}

bool RunFile::open(SteadyTime now) {
  if (opened_at_ && now - *opened_at_ < kRetryAfter) {
    return static_cast<bool>(fd_);
  }
  opened_at_ = now;
  if (fd_ && !is_gone()) {
    return true;
  }
  return open_now();
}

bool RunFile::open_now() {
  fd_.reset();
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (error) {
    return fail("cannot make the folder of", error.value());
  }
  // A pipe, device or link in its place is not ours to write to.
  fd_ = above_standard_streams(UniqueFd(
      ::open(path_.c_str(),
             O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666)));
  if (!fd_) {
    return fail("cannot open", errno);
  }
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    fd_.reset();
    return fail("cannot open", EINVAL);
  }
  read_end();
  return true;
}

bool RunFile::is_gone() const {
  struct stat status {};
  struct stat named {};
  return fstat(fd_.get(), &status) != 0 || ::lstat(path_.c_str(), &named) != 0 ||
         status.st_ino != named.st_ino || status.st_dev != named.st_dev;
}

bool RunFile::ends_torn() const {
  // Half a line may also be one that somebody is writing just now. Whoever writes has a lock until
  // he ends, also by a crash, and in the children that he has forked.
  const bool somebody_writes = flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const off_t size = lseek(fd_.get(), 0, SEEK_END);
  char last = '\n';
  const bool ends_with_line =
      size <= 0 || pread(fd_.get(), &last, 1, size - 1) != 1 || last == '\n';
  [[maybe_unused]] const int ignored = flock(fd_.get(), LOCK_SH | LOCK_NB);
  return !ends_with_line && !somebody_writes;
}

void RunFile::read_end() {
  ends_in_torn_line_ = ends_torn();
  const off_t size = lseek(fd_.get(), 0, SEEK_END);
  const off_t begin = size > kEndBytes ? size - kEndBytes : 0;
  std::string end(static_cast<std::size_t>(std::max<off_t>(size - begin, 0)), '\0');
  const ssize_t count = pread(fd_.get(), end.data(), end.size(), begin);
  end.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const std::vector<std::string_view> lines = complete_lines(end);
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [](std::string_view line) {
    return step_of_line(line).has_value();
  });
  if (last != lines.rend()) {
    last_step_ = step_of_line(*last);
  }
}

bool RunFile::take_back(std::size_t bytes) {
  // Behind a write with O_APPEND the position is the end of what was written; where that is the end
  // of the file, nobody has written since.
  const off_t position = lseek(fd_.get(), 0, SEEK_CUR);
  struct stat status {};
  return position >= 0 && fstat(fd_.get(), &status) == 0 && status.st_size == position &&
         ftruncate(fd_.get(), position - static_cast<off_t>(bytes)) == 0;
}

bool RunFile::fail(std::string_view what, int error) {
  last_error_ = fmt::format("{} {}: {}", what, path_.string(),
                            std::error_code(error, std::generic_category()).message());
  return false;
}

}  // namespace wemol::sdk
