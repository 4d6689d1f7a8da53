#include "history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

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

std::filesystem::path HistoryFile::path(int age) const {
  return folder_ / (age == 0 ? "history.jsonl" : fmt::format("history.{}.jsonl", age));
}

void HistoryFile::rotate() const {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path(0), error);
  if (error || bytes < most_bytes_) {
    return;
  }
  // Where that fails the file goes on growing, which is better than a try that is in none.
  std::filesystem::rename(path(1), path(2), error);
  if (!error || error == std::errc::no_such_file_or_directory) {
    std::filesystem::rename(path(0), path(1), error);
  }
}

std::vector<std::string> HistoryFile::uni_ids() const {
  constexpr std::string_view kKey = R"("uni_id":")";  // before it there is no text with quotes
  std::vector<std::string> uni_ids;
  for (const int age : {1, 0}) {
    std::ifstream file(path(age));
    for (std::string line; std::getline(file, line);) {
      const std::size_t key = line.find(kKey);
      if (key != std::string::npos) {
        const std::size_t begin = key + kKey.size();
        uni_ids.push_back(line.substr(begin, line.find('"', begin) - begin));
      }
    }
  }
  return uni_ids;
}

Result<void> HistoryFile::append(const EndedTry& ended) const {
  rotate();
  const std::filesystem::path file = path(0);
  const UniqueFd fd(
      open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
  if (!fd) {
    return failure(fmt::format("{}: {}", file.string(), strerror(errno)), errno);
  }
  const std::string line = (has_half_line(fd.get()) ? "\n" : "") + line_of(ended);
  ssize_t count = -1;
  do {
    count = write(fd.get(), line.data(), line.size());
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(line.size())) {
    const int code = count < 0 ? errno : ENOSPC;
    return failure(fmt::format("{}: {}", file.string(), strerror(code)), code);
  }
  return {};
}

}  // namespace wemol::queue
