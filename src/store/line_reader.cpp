#include "line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace wemol::reading {

Result<void> LineReader::open(const std::filesystem::path& file) {
  at_end_ = true;
  rest_ = {};
  number_ = 0;
  bytes_read_ = 0;
  read_error_.clear();
  fd_.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!fd_ || fstat(fd_.get(), &status) != 0) {
    return failure(std::strerror(errno), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    fd_.reset();
    return failure(S_ISDIR(status.st_mode) ? "it is a folder" : "it is no plain file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  at_end_ = false;
  return {};
}

/// Reads more behind what is left, which moves to the block's begin. False when nothing came, for
/// the file is at its end or the block is full.
bool LineReader::fill() {
  if (at_end_ || rest_.size() == kBlockSize) {
    return false;
  }
  if (!rest_.empty()) {
    std::memmove(block_.data(), rest_.data(), rest_.size());
  }
  ssize_t count = 0;
  do {
    count = read(fd_.get(), block_.data() + rest_.size(), kBlockSize - rest_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    read_error_ = fmt::format("reading stopped: {}", std::strerror(errno));
  }
  at_end_ = count <= 0;
  const std::size_t added = count > 0 ? static_cast<std::size_t>(count) : 0;
  bytes_read_ += added;
  rest_ = {block_.data(), rest_.size() + added};
  return !at_end_;
}

/// Goes on behind the next line end, or to the end of the file.
void LineReader::skip_line() {
  for (;;) {
    const std::size_t line_end = rest_.find('\n');
    if (line_end != std::string_view::npos) {
      rest_.remove_prefix(line_end + 1);
      return;
    }
    rest_ = {};
    if (!fill()) {
      return;
    }
  }
}

LineReader::Outcome LineReader::next() {
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t line_end = rest_.find('\n', looked_at);
    if (line_end != std::string_view::npos) {
      text_ = rest_.substr(0, line_end);
      rest_.remove_prefix(line_end + 1);
      ++number_;
      return Outcome::line;
    }
    looked_at = rest_.size();
    if (fill()) {
      continue;
    }
    if (rest_.empty()) {
      return Outcome::end;
    }
    ++number_;
    if (rest_.size() == kBlockSize && !at_end_) {
      skip_line();
      return Outcome::too_long;
    }
    text_ = rest_;
    rest_ = {};
    return Outcome::half_line;
  }
}

}  // namespace wemol::reading
