#pragma once

#include <filesystem>
#include <string>

#include "cgroup_folders.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::test {

/// The files of one control group, in plain folders. Those of v1 lie in one folder for each
/// controller.
class DeclaredCgroup {
 public:
  explicit DeclaredCgroup(bool is_v2) : is_v2_(is_v2) {}

  /// "cpuacct" + "cpuacct.usage"; the controller does not matter for v2.
  [[nodiscard]] std::filesystem::path path(const std::string& controller,
                                           const std::string& file) const {
    return folder(controller).path / file;
  }
  void write(const std::string& controller, const std::string& file,
             const std::string& text) const {
    write_text(path(controller, file), text);
  }

  [[nodiscard]] cgroup::Folders folders() const {
    return {.cpu = folder("cpuacct"),
            .memory = folder("memory"),
            .block_io = folder("blkio"),
            .pids = folder("pids")};
  }

  /// An open file of the group loses its text: the nearest to a removed group, whose open files
  /// fail to be read.
  void take_away_cpu() const { write("cpuacct", is_v2_ ? "cpu.stat" : "cpuacct.usage", ""); }

 private:
  [[nodiscard]] cgroup::Folder folder(const std::string& controller) const {
    return {.path = is_v2_ ? root_ / "group" : root_ / controller, .is_v2 = is_v2_};
  }

  bool is_v2_;
  TempDir root_;
};

}  // namespace wemol::test
