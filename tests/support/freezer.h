#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "text_file.h"

namespace wemol::test {

/// A control group (v1) whose frozen processes not even SIGKILL ends, like those that hang in a
/// driver.
class Freezer {
 public:
  Freezer()
      : path_("/sys/fs/cgroup/freezer/wemol-test-" + std::to_string(getpid()) + "-" +
              std::to_string(++made_)) {
    std::error_code error;
    available_ = std::filesystem::is_regular_file("/sys/fs/cgroup/freezer/cgroup.procs", error) &&
                 std::filesystem::create_directory(path_, error);
  }
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;
  ~Freezer() {
    if (available_) {
      set("THAWED");
      // The last process leaves it a moment after it has ended.
      std::error_code error;
      for (int i = 0; i < 200 && !std::filesystem::remove(path_, error); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }
  [[nodiscard]] bool available() const { return available_; }
  [[nodiscard]] std::string procs() const { return (path_ / "cgroup.procs").string(); }
  [[nodiscard]] std::string state() const { return (path_ / "freezer.state").string(); }
  void set(const char* new_state) const { write_text(state(), new_state); }

 private:
  inline static int made_ = 0;  ///< by this process, of which each has its own group
  std::filesystem::path path_;
  bool available_ = false;
};

}  // namespace wemol::test
