#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "text_file.h"
#include "try_cgroup.h"

namespace wemol::queue {

/// Puts this process into a control group of its own, as systemd delegates one, and back.
class OwnCgroup {
 public:
  OwnCgroup() {
    const auto before = own_cgroup();
    if (!before) {
      return;
    }
    before_ = *before;
    folder_ = before_ / ("wemol-test-" + std::to_string(getpid()));
    if (mkdir(folder_.c_str(), 0755) == 0) {
      is_made_ = enter(folder_);
    }
  }
  OwnCgroup(const OwnCgroup&) = delete;
  OwnCgroup& operator=(const OwnCgroup&) = delete;
  ~OwnCgroup() {
    leave();
    rmdir(folder_.c_str());
  }

  /// Why the test cannot be made; empty when it can.
  [[nodiscard]] std::string what_is_missing() const {
    return is_made_          ? ""
           : before_.empty() ? "no control groups of version 2 are mounted"
                             : "no control group can be made in " + before_.string();
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  void leave() const { (void)enter(before_); }

 private:
  static bool enter(const std::filesystem::path& group) {
    std::ofstream file(group / "cgroup.procs");
    file << 0 << std::flush;
    return file.good();
  }

  std::filesystem::path before_;
  std::filesystem::path folder_;
  bool is_made_ = false;
};

}  // namespace wemol::queue
