#include "record_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "text.h"

namespace wemol::reading {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineEnd = "\r\n";

std::string_view without_line_end(std::string_view header) {
  return header.substr(0, header.find_last_not_of(kLineEnd) + 1);
}

}  // namespace

RecordReader::RecordReader(std::string_view header)
    : header_(without_line_end(header)),
      splitter_(split_fields(header_, ',').size()),
      block_(kBlockSize) {}

RecordReader::~RecordReader() {
  close();
}

void RecordReader::close() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = -1;
  rest_ = {};
  at_end_ = true;
}

/// Returns the file's size.
Result<std::uint64_t> RecordReader::open_file(const std::filesystem::path& file) {
  close();
  // Whatever lies there, opening must not wait for it.
  fd_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) {
    return failure(std::strerror(errno), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    close();
    return failure("it is no plain file");
  }
  at_end_ = false;
  next_line_ = 1;
  read_error_.clear();
  splitter_.set_separator(',');
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> RecordReader::open(const std::filesystem::path& file) {
  if (const auto opened = open_file(file); !opened) {
    return tl::make_unexpected(opened.error());
  }
  static_cast<void>(fill());
  if (rest_.starts_with(kByteOrderMark)) {
    rest_.remove_prefix(kByteOrderMark.size());
  }
  const std::string_view first_line = rest_.substr(0, rest_.find('\n'));
  if (first_line.find(',') == std::string_view::npos &&
      first_line.find(';') != std::string_view::npos) {
    splitter_.set_separator(';');
  }
  const bool is_utf16 = rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF");
  const bool is_empty = rest_.empty() && at_end_;
  if (read_error_.empty() && (is_empty || (next() == Outcome::record && is_header()))) {
    return {};
  }
  close();
  if (!read_error_.empty()) {
    return failure(read_error_);
  }
  return failure(is_utf16 ? "it is UTF-16; save it as CSV in UTF-8"
                          : "its first line is not the header of such a file");
}

bool RecordReader::is_header() const {
  const auto names = split_fields(header_, ',');
  return std::ranges::equal(splitter_.fields(), names);
}

Result<void> RecordReader::open_tail(const std::filesystem::path& file, std::uint64_t length) {
  const auto size = open_file(file);
  if (!size) {
    return tl::make_unexpected(size.error());
  }
  if (*size > length) {
    lseek(fd_, static_cast<off_t>(*size - length), SEEK_SET);
    static_cast<void>(skip_line());
  }
  return {};
}

/// Reads more behind what is left, which moves to the block's begin. False when nothing came, for
/// the file is at its end or the block is full.
bool RecordReader::fill() {
  if (at_end_ || rest_.size() == kBlockSize) {
    return false;
  }
  if (!rest_.empty()) {
    std::memmove(block_.data(), rest_.data(), rest_.size());
  }
  ssize_t count = 0;
  do {
    count = read(fd_, block_.data() + rest_.size(), kBlockSize - rest_.size());
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

/// Goes on behind the next line end; false when there is none in the file.
bool RecordReader::skip_line() {
  for (;;) {
    const std::size_t line_end = rest_.find('\n');
    if (line_end != std::string_view::npos) {
      rest_.remove_prefix(line_end + 1);
      return true;
    }
    rest_ = {};
    if (!fill()) {
      return false;
    }
  }
}

RecordReader::Outcome RecordReader::next() {
  for (;;) {
    const bool is_full = rest_.size() == kBlockSize;
    line_ = next_line_;
    if (is_full && rest_.find('\n') == std::string_view::npos) {
      trouble_ = fmt::format("a line of more than {} KiB", kBlockSize / 1024);
      next_line_ += skip_line() ? 1U : 0U;
      return Outcome::bad_line;
    }
    switch (splitter_.next(rest_, at_end_)) {
      case CsvSplitter::Outcome::record:
        next_line_ += splitter_.line_ends();
        has_line_end_ = !rest_.empty() || !at_end_ || *(rest_.data() - 1) == '\n';
        return Outcome::record;
      case CsvSplitter::Outcome::blank:
        next_line_ += splitter_.line_ends();
        continue;
      case CsvSplitter::Outcome::bad_line:
        next_line_ += splitter_.line_ends();
        trouble_ = splitter_.trouble();
        return Outcome::bad_line;
      case CsvSplitter::Outcome::half:
        break;
    }
    if (!is_full) {
      if (fill() || !rest_.empty()) {
        continue;
      }
      return Outcome::end;
    }
    // A quote stays open over more lines than the block holds.
    next_line_ += skip_line() ? 1U : 0U;
    trouble_ = "a quote that is not closed";
    return Outcome::bad_line;
  }
}

}  // namespace wemol::reading
