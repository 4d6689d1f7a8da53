#include "try_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

std::filesystem::path log_of_try(const std::filesystem::path& path, unsigned try_number) {
  return path.parent_path() /
         fmt::format("{}.{}{}", path.stem().string(), try_number, path.extension().string());
}

}  // namespace

TryLog::TryLog(const std::filesystem::path& path, unsigned try_number, std::uint64_t max_bytes)
    : max_bytes_(max_bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  if (try_number > 1) {
    std::rename(path.c_str(), log_of_try(path, try_number - 1).c_str());
  }
  fd_.reset(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
  error_ = fd_ ? 0 : errno;
}

void TryLog::write(std::string_view output) {
  remember(output);
  const std::uint64_t room = max_bytes_ - std::min(size_bytes_, max_bytes_);
  const std::string_view fitting = output.substr(0, std::min<std::uint64_t>(room, output.size()));
  append(fitting);
  if (fitting.size() < output.size()) {
    if (left_out_bytes_ == 0) {
      note(
          fmt::format("the log has {} bytes, as much as it may: what follows is left out, but for "
                      "its last {} KiB",
                      max_bytes_, kTailBytes >> 10));
    }
    left_out_bytes_ += output.size() - fitting.size();
  }
}

void TryLog::note(std::string_view text) {
  append(fmt::format("{}[wemol-queue] {}\n", at_line_begin_ ? "" : "\n", text));
}

void TryLog::finish() {
  if (left_out_bytes_ == 0) {
    return;
  }
  const std::string end = tail();
  const std::size_t kept = std::min<std::uint64_t>(left_out_bytes_, end.size());
  note(
      fmt::format("{} bytes are left out; this is the end of the output:", left_out_bytes_ - kept));
  append(std::string_view(end).substr(end.size() - kept));
}

std::string TryLog::tail() const {
  return tail_.substr(tail_next_) + tail_.substr(0, tail_next_);
}

std::string TryLog::what_is_missing() const {
  return lost_bytes_ == 0
             ? ""
             : fmt::format("{} bytes of its output are lost: {}", lost_bytes_, strerror(error_));
}

void TryLog::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = fd_ ? ::write(fd_.get(), bytes.data(), bytes.size()) : -1;
    if (count < 0 && fd_ && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      error_ = fd_ ? errno : error_;
      lost_bytes_ += bytes.size();
      return;
    }
    size_bytes_ += static_cast<std::size_t>(count);
    at_line_begin_ = bytes[static_cast<std::size_t>(count) - 1] == '\n';
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TryLog::remember(std::string_view output) {
  output.remove_prefix(output.size() - std::min(output.size(), kTailBytes));
  const std::size_t room = std::min(kTailBytes - tail_.size(), output.size());
  tail_.append(output.substr(0, room));
  output.remove_prefix(room);
  while (!output.empty()) {
    const std::size_t count = std::min(output.size(), kTailBytes - tail_next_);
    output.copy(&tail_[tail_next_], count);
    tail_next_ = (tail_next_ + count) % kTailBytes;
    output.remove_prefix(count);
  }
}

}  // namespace wemol::queue
