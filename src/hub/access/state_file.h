#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>

#include <wemol/result.h>

namespace wemol::hub {

/// A small file of secrets that the service and its commands change, each as a whole: by a draft
/// that is synced and renamed, with mode 0600, under a lock ("<file>.lock"), so that no change is
/// lost.
class StateFile {
 public:
  explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// Empty where there is none. An error for a file that others can read, or that is too large.
  [[nodiscard]] Result<std::string> read() const;

  /// Reads it, and writes what `change` makes of that, while nobody else does.
  [[nodiscard]] Result<void> update(
      const std::function<Result<std::string>(const std::string& content)>& change) const;

  /// Whether it is another one than when this was asked before; true at first.
  [[nodiscard]] bool has_changed();
  /// What was read was no good: it is to be read again.
  void ask_again() { was_asked_ = false; }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool was_asked_ = false;
  struct stat seen_ {};
};

}  // namespace wemol::hub
