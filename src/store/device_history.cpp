#include "device_history.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "device_files.h"
#include "device_row.h"
#include "text.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = ".lock";

long days_between(const std::chrono::year_month_day& from, const std::chrono::year_month_day& to) {
  return (std::chrono::sys_days(to) - std::chrono::sys_days(from)).count();
}

}  // namespace

Result<DeviceHistory> DeviceHistory::open(const DeviceHistorySettings& settings) {
  fs::path folder = fs::absolute(settings.folder) / "devices";
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / kLockName;
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
  if (!lock) {
    const int code = errno;
    return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    return failure(
        code == EWOULDBLOCK
            ? fmt::format("another program already writes device history to {}", folder.string())
            : fmt::format("{}: {}", path.string(), strerror(code)),
        code);
  }
  return DeviceHistory(settings, std::move(folder), std::move(lock));
}

void DeviceHistory::add(DeviceBlock block) {
  if (waiting_.size() == kMostWaiting) {
    waiting_.pop_front();
    ++dropped_;
  }
  waiting_.push_back(std::move(block));
}

Conditions DeviceHistory::flush() {
  Conditions conditions;
  write_waiting(conditions);
  if (!date_.empty() && tended_on_ != date_) {
    tended_on_ = date_;
    tend(conditions);
  }
  return conditions;
}

void DeviceHistory::write_waiting(Conditions& conditions) {
  while (!waiting_.empty()) {
    const DeviceBlock& block = waiting_.front();
    if (!file_ || date_ != block.date) {
      date_ = block.date;
      file_.emplace(folder_, date_, device_csv_header());
    }
    if (const auto appended = file_->append(block.rows); !appended) {
      conditions.push_back({.key = fmt::format("device history {}", appended.error().code),
                            .severity = Severity::error,
                            .message = fmt::format(
                                "device history cannot be written: {}: intervals wait, {} at most",
                                appended.error().message, kMostWaiting)});
      break;
    }
    waiting_.pop_front();
  }
  if (const std::size_t dropped = std::exchange(dropped_, waiting_.empty() ? 0 : dropped_);
      dropped > 0) {
    conditions.push_back({.key = "device history dropped",
                          .severity = Severity::error,
                          .message = "intervals of device history are lost: more wait than may",
                          .follow_up = false});
  }
}

void DeviceHistory::tend(Conditions& conditions) {
  const auto today = parse_device_file_name(date_ + ".csv");
  const auto files = list_device_files(folder_);
  if (!today || !files) {
    return;
  }
  for (const DeviceFile& file : *files) {
    const long age = days_between(file.date, today->date);
    if (settings_.keep_days > 0 && age > static_cast<long>(settings_.keep_days)) {
      std::error_code error;
      fs::remove(file.path, error);
    } else if (settings_.compress_after_days > 0 && !file.is_compressed &&
               age > static_cast<long>(settings_.compress_after_days)) {
      if (const auto done = compress_device_file(file); !done) {
        conditions.push_back(
            {.key = "device history compress",
             .severity = Severity::warning,
             .message = "an old day of device history stays as it is: " + done.error().message,
             .follow_up = false});
      }
    }
  }
}

}  // namespace wemol
