#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "cgroup_folders.h"
#include "clock.h"
#include "container_run.h"
#include "files.h"

namespace wemol::native {

struct OpenedRun {
  ContainerRun run;
  /// Becomes readable when the first process ends.
  UniqueFd first_process;
};

/// Finds and opens the kernel's files of a container.
class RunOpener {
 public:
  /// Looks at the host: where the control groups are mounted, how much memory there is. What is
  /// missing shows in every open().
  RunOpener(const FileReader& files, const Clock& clock);

  /// The first process of a container that has just started, found without the engine: where its
  /// control group lies when the engine puts it at one of the usual places, or where it has put
  /// that of an opened one. Nothing else.
  [[nodiscard]] std::optional<std::int64_t> find_first_process(
      const std::string& container_id) const;

  /// `pid` is the first process of the container, `network_mode` as the engine names it. The
  /// error's code is ENOENT or ESRCH when the process is gone, EMFILE when another run would take
  /// descriptors that the rest of the program needs.
  [[nodiscard]] Result<OpenedRun> open(const std::string& container_id, std::int64_t pid,
                                       const std::string& network_mode);

 private:
  /// Where the engine puts the groups of containers: the folder's path around the id.
  struct Place {
    std::string before_id;
    std::string behind_id;
    [[nodiscard]] bool operator==(const Place&) const = default;
  };

  void note_place(const cgroup::Folder& folder, const std::string& container_id);
  [[nodiscard]] Result<std::optional<PersistentFile>> open_network(
      std::int64_t pid, const std::string& network_mode) const;

  const FileReader& files_;
  const Clock& clock_;
  std::vector<cgroup::Mount> mounts_;
  std::uint64_t host_memory_bytes_;
  ino_t host_network_;
  std::vector<Place> places_;  ///< the one used last first
};

}  // namespace wemol::native
