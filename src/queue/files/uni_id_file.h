#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "time_points.h"

namespace wemol::queue {

inline constexpr std::string_view kStateRunning = "running";
inline constexpr std::string_view kStateNormalExit = "normal_exit";
inline constexpr std::string_view kStateAbnormalExit = "abnormal_exit";

/// One entry of uni_id.json. What is absent was not there, or was no such value.
struct UniIdRecord {
  std::optional<std::int32_t> pid;
  std::optional<std::string> state;
  std::optional<unsigned> retry_count;
  std::optional<std::string> error_type;

  bool operator==(const UniIdRecord&) const = default;
};

struct UniIdChange {
  /// The file could not be understood and was put aside; for the log.
  std::optional<std::string> warning;
};

struct OrphanChange {
  std::vector<std::string> ended;  ///< the uni_ids that were "running" with nobody there
  std::optional<std::string> warning;
};

/// logs/uni_id.json, which jobs may write as well. Each change is made under a lock
/// ("uni_id.json.lock"), written to a draft, synced and renamed. Keys of others stay, in their
/// order.
///
/// A file that cannot be understood may be half written: it is read again for `patience`; then it
/// is renamed to "uni_id.json.bad-<time>" by a change, and is an error for a mere reader.
class UniIdFile {
 public:
  explicit UniIdFile(std::filesystem::path path,
                     std::chrono::milliseconds patience = std::chrono::milliseconds(200))
      : path_(std::move(path)), patience_(patience) {}

  /// Sets what `record` has; what it leaves out stays, but error_type goes when it is absent. The
  /// error's code is EWOULDBLOCK when somebody else has held the lock for `patience`.
  [[nodiscard]] Result<UniIdChange> update(std::string_view uni_id, const UniIdRecord& record,
                                           WallTime now) const;
  /// Nothing: there is no such entry, or no file.
  [[nodiscard]] Result<std::optional<UniIdRecord>> read(std::string_view uni_id) const;
  /// Makes "running" entries of which `is_alive` says no into abnormal_exit of the type "unknown".
  /// Writes only where there are some.
  [[nodiscard]] Result<OrphanChange> end_orphans(
      const std::function<bool(std::string_view uni_id, const UniIdRecord& record)>& is_alive,
      WallTime now) const;
  /// Takes out the entries of tries of our own that are over. One that runs by what the entry says,
  /// or that has more than our keys, stays. Writes only where there are some.
  [[nodiscard]] Result<UniIdChange> remove_ended(const std::vector<std::string>& uni_ids,
                                                 WallTime now) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::chrono::milliseconds patience_;
};

}  // namespace wemol::queue
