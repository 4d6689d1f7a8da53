#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "files.h"
#include "process_table.h"

namespace wemol::queue {

/// The folder of the control group (v2) that this process is in; nothing where none is mounted.
[[nodiscard]] std::optional<std::filesystem::path> own_cgroup();

/// The control group of one try: no process gets out of it by a session of its own or by a parent
/// that has ended, and all of them are killed at once, however fast they fork. It has no
/// controllers: with some in the parent, systemd could put nothing into that any more.
class TryCgroup {
 public:
  /// Makes it in `parent`. Nothing where this user may not: the parent is not delegated, or is the
  /// root of all groups, which is nobody's to divide; or when others are in it already.
  [[nodiscard]] static std::optional<TryCgroup> make(const std::filesystem::path& parent,
                                                     const std::string& uni_id);
  /// One that is there.
  [[nodiscard]] static std::optional<TryCgroup> find(const std::filesystem::path& parent,
                                                     const std::string& uni_id);
  /// That of the try, when the process is in it: wherever the scheduler was that has made it.
  [[nodiscard]] static std::optional<TryCgroup> find_of_process(std::int32_t pid,
                                                                const std::string& uni_id);
  /// The tries that have one in `parent`, by their uni_id.
  [[nodiscard]] static std::vector<std::string> tries_in(const std::filesystem::path& parent);

  /// Moves this process into it, which has to be one of a single thread; false when that failed.
  /// What it forks from then on is in it too.
  [[nodiscard]] bool enter() const;

  /// Whether a process is in it or in a group below it.
  [[nodiscard]] bool is_populated() const;
  /// Poll it for POLLPRI: is_populated() has changed since it was called last.
  [[nodiscard]] int events() const { return events_.get(); }
  /// Those in it and in groups below it.
  [[nodiscard]] std::vector<ProcessEntry> processes() const;

  /// SIGKILL to all of them at once; false where the kernel is older than 5.14.
  [[nodiscard]] bool kill_all() const;
  /// With the groups that were made below it; nothing happens while a process is in one of them.
  void remove() const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  TryCgroup(std::filesystem::path folder, UniqueFd events)
      : folder_(std::move(folder)), events_(std::move(events)) {}

  [[nodiscard]] static std::optional<TryCgroup> at(const std::filesystem::path& folder);

  std::filesystem::path folder_;
  UniqueFd events_;
};

}  // namespace wemol::queue
