#include "history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "files.h"
#include "time_text.h"

namespace wemol::queue {
namespace {

std::string line_of(const EndedTry& ended) {
  using Json = nlohmann::ordered_json;
  Json json{{"job", ended.job},     {"queue", ended.queue},
            {"try", ended.number},  {"uni_id", ended.uni_id},
            {"user", ended.user},   {"host", ended.host},
            {"cards", ended.cards}, {"memory_bytes", ended.memory_bytes}};
  if (ended.started_at) {
    json["started"] = iso_time_text(*ended.started_at);
  }
  json["ended"] = iso_time_text(ended.ended_at);
  const bool has_failed = !ended.is_canceled && !ended.result.has_succeeded;
  json["result"] = ended.is_canceled ? "canceled" : has_failed ? "failed" : "succeeded";
  if (has_failed) {
    json["error_type"] = name_of(ended.result.failure);
    json["code"] = ended.result.code;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Whether the file ends in the middle of a line.
bool has_half_line(int fd) {
  char last = '\n';
  const off_t length = lseek(fd, 0, SEEK_END);
  return length > 0 && pread(fd, &last, 1, length - 1) == 1 && last != '\n';
}

}  // namespace

EndedTry ended_try(const Job& running, const TryResult& result, bool is_canceled,
                   WallTime ended_at) {
  return {.job = running.id,
          .queue = running.spec.queue,
          .number = running.tries,
          .uni_id = running.uni_id,
          .cards = running.cards,
          .memory_bytes = running.memory_bytes,
          .started_at = running.started_at,
          .ended_at = ended_at,
          .is_canceled = is_canceled,
          .result = result};
}

Result<void> HistoryFile::append(const EndedTry& ended) const {
  const UniqueFd fd(
      open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
  if (!fd) {
    return failure(fmt::format("{}: {}", path_.string(), strerror(errno)), errno);
  }
  const std::string line = (has_half_line(fd.get()) ? "\n" : "") + line_of(ended);
  ssize_t count = -1;
  do {
    count = write(fd.get(), line.data(), line.size());
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(line.size())) {
    const int code = count < 0 ? errno : ENOSPC;
    return failure(fmt::format("{}: {}", path_.string(), strerror(code)), code);
  }
  return {};
}

}  // namespace wemol::queue
