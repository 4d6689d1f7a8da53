#include "uni_id_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aside.h"
#include "files.h"
#include "job.h"
#include "uni_id_document.h"

namespace wemol::queue {
namespace {

using Json = UniIdDocument::Json;

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;
constexpr std::chrono::milliseconds kPause(10);

/// Tries again and again until `attempt` says that it is done, or the patience is over.
template <typename Attempt>
bool within(std::chrono::milliseconds patience, Attempt attempt) {
  const auto due = std::chrono::steady_clock::now() + patience;
  while (!attempt()) {
    if (std::chrono::steady_clock::now() >= due) {
      return false;
    }
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

Result<UniqueFd> lock_beside(const std::filesystem::path& path,
                             std::chrono::milliseconds patience) {
  const std::string lock_path = path.string() + ".lock";
  UniqueFd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  int code = lock ? 0 : errno;
  const bool is_over = !lock || within(patience, [&] {
    code = flock(lock.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    return code != EWOULDBLOCK && code != EINTR;
  });
  if (!is_over) {
    return failure(fmt::format("{} is locked by another process", lock_path), EWOULDBLOCK);
  }
  return code == 0 ? Result<UniqueFd>(std::move(lock))
                   : failure(fmt::format("{}: {}", lock_path, strerror(code)), code);
}

/// What the file holds; nothing where that cannot be understood. An error when it cannot be read.
Result<std::optional<UniIdDocument>> document_at(const std::filesystem::path& path,
                                                 std::chrono::milliseconds patience) {
  Result<std::optional<UniIdDocument>> document = UniIdDocument();
  // A job may be writing it just now, and not by a draft as we do.
  (void)within(patience, [&] {
    const auto text = SystemFileReader().read(path, kMostBytes);
    if (!text) {
      if (text.error().code != ENOENT) {
        document = tl::make_unexpected(text.error());
      }
      return true;
    }
    const bool is_empty = text->find_first_not_of(" \t\r\n") == std::string::npos;
    document = is_empty ? UniIdDocument() : UniIdDocument::parse(*text);
    return !is_empty && *document;
  });
  return document;
}

std::string unreadable(const std::filesystem::path& path) {
  return fmt::format("{} is not what it should be: an object of JSON", path.string());
}

/// Renames the file that cannot be understood; or keeps it where that fails.
Result<std::string> put_aside(const std::filesystem::path& path, WallTime now) {
  const std::filesystem::path aside = aside_path(path, now);
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return failure(fmt::format("{}: {}", aside.string(), strerror(errno)), errno);
  }
  return fmt::format("{}; it is kept as {}, and a new one is begun", unreadable(path),
                     aside.string());
}

Result<void> write_document(const std::filesystem::path& path, const UniIdDocument& document) {
  constexpr mode_t kPermissions = 07777;
  constexpr mode_t kUsual = 0644;
  struct stat status {};
  const bool is_there = stat(path.c_str(), &status) == 0;
  return replace_file(path, document.text() + "\n", Durability::at_once,
                      is_there ? status.st_mode & kPermissions : kUsual);
}

template <typename Number>
std::optional<Number> number_in(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  const auto value = found->template get<std::int64_t>();
  return std::in_range<Number>(value) ? std::optional(static_cast<Number>(value)) : std::nullopt;
}

std::optional<std::string> text_in(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                    : std::nullopt;
}

UniIdRecord record_of(const Json& entry) {
  const auto pid = number_in<std::int32_t>(entry, "pid");
  return {.pid = pid > 0 ? pid : std::nullopt,  // to a signal the others mean a group, or everybody
          .state = text_in(entry, "state"),
          .retry_count = number_in<unsigned>(entry, "retry_count"),
          .error_type = text_in(entry, "error_type")};
}

void set_record(Json& entry, const UniIdRecord& record) {
  if (!entry.is_object()) {
    entry = Json::object();
  }
  if (record.pid) {
    entry["pid"] = *record.pid;
  }
  if (record.state) {
    entry["state"] = *record.state;
  }
  if (record.retry_count) {
    entry["retry_count"] = *record.retry_count;
  }
  if (record.error_type) {
    entry["error_type"] = *record.error_type;
  } else {
    entry.erase("error_type");
  }
}

/// Of a try that is over, with nothing in it that others may have written there.
bool is_of_an_end_alone(const Json& entry) {
  constexpr std::array<std::string_view, 4> kKnown{"pid", "state", "retry_count", "error_type"};
  if (!entry.is_object() || record_of(entry).state.value_or("") == kStateRunning) {
    return false;
  }
  const auto items = entry.items();
  return std::all_of(items.begin(), items.end(), [&](const auto& item) {
    return std::ranges::find(kKnown, item.key()) != kKnown.end();
  });
}

/// A document to be changed under the lock.
struct Opened {
  UniqueFd lock;
  UniIdDocument document;
  std::optional<std::string> warning;
};

Result<Opened> open_for_change(const std::filesystem::path& path,
                               std::chrono::milliseconds patience, WallTime now) {
  auto lock = lock_beside(path, patience);
  if (!lock) {
    return tl::make_unexpected(lock.error());
  }
  auto document = document_at(path, patience);
  if (!document) {
    return tl::make_unexpected(document.error());
  }
  Opened opened{.lock = std::move(*lock), .document = {}, .warning = {}};
  if (*document) {
    opened.document = std::move(**document);
    return opened;
  }
  auto warning = put_aside(path, now);
  if (!warning) {
    return tl::make_unexpected(warning.error());
  }
  opened.warning = std::move(*warning);
  return opened;
}

}  // namespace

Result<UniIdChange> UniIdFile::update(std::string_view uni_id, const UniIdRecord& record,
                                      WallTime now) const {
  auto opened = open_for_change(path_, patience_, now);
  if (!opened) {
    return tl::make_unexpected(opened.error());
  }
  set_record(opened->document[std::string(uni_id)], record);
  if (auto written = write_document(path_, opened->document); !written) {
    return tl::make_unexpected(written.error());
  }
  return UniIdChange{std::move(opened->warning)};
}

Result<std::optional<UniIdRecord>> UniIdFile::read(std::string_view uni_id) const {
  const auto document = document_at(path_, patience_);
  if (!document) {
    return tl::make_unexpected(document.error());
  }
  if (!*document) {
    return failure(unreadable(path_));
  }
  const Json* const found = (*document)->find(std::string(uni_id));
  return found != nullptr && found->is_object() ? std::optional(record_of(*found)) : std::nullopt;
}

Result<OrphanChange> UniIdFile::end_orphans(
    const std::function<bool(std::string_view uni_id, const UniIdRecord& record)>& is_alive,
    WallTime now) const {
  auto opened = open_for_change(path_, patience_, now);
  if (!opened) {
    return tl::make_unexpected(opened.error());
  }
  OrphanChange change{.ended = {}, .warning = std::move(opened->warning)};
  for (auto& [uni_id, entry] : opened->document.members()) {
    const UniIdRecord record = entry.is_object() ? record_of(entry) : UniIdRecord{};
    if (record.state == kStateRunning && !is_alive(uni_id, record)) {
      entry["state"] = kStateAbnormalExit;
      entry["error_type"] = name_of(Failure::unknown);
      change.ended.push_back(uni_id);
    }
  }
  if (!change.ended.empty()) {
    if (auto written = write_document(path_, opened->document); !written) {
      return tl::make_unexpected(written.error());
    }
  }
  return change;
}

Result<UniIdChange> UniIdFile::remove_ended(const std::vector<std::string>& uni_ids,
                                            WallTime now) const {
  auto opened = open_for_change(path_, patience_, now);
  if (!opened) {
    return tl::make_unexpected(opened.error());
  }
  const std::unordered_set<std::string_view> ours(uni_ids.begin(), uni_ids.end());
  const std::size_t removed = opened->document.remove_if([&](const UniIdDocument::Member& member) {
    return ours.contains(member.first) && is_of_an_end_alone(member.second);
  });
  if (removed != 0) {
    if (auto written = write_document(path_, opened->document); !written) {
      return tl::make_unexpected(written.error());
    }
  }
  return UniIdChange{std::move(opened->warning)};
}

}  // namespace wemol::queue
