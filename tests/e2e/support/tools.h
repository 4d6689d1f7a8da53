#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace wemol::e2e {

/// The whole PATH of a recorder under test: what is not put here is not there, whatever the host
/// has. At first it holds docker.
class Tools {
 public:
  explicit Tools(std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Puts a shell script there in one step, so that nobody ever runs half of it. In it `$docker`
  /// is the true docker and `$tools` this folder.
  void put_script(const std::string& name, const std::string& body) const;
  void put_docker() const;
  void remove(const std::string& name) const;
  /// Every docker call goes to the true docker and leaves its arguments as a line in `log`.
  void put_logging_docker(const std::filesystem::path& log) const;

 private:
  std::filesystem::path folder_;
};

/// One GPU of a scripted nvidia-smi: what it prints for each query field.
using GpuFields = std::map<std::string, std::string>;
[[nodiscard]] GpuFields gpu(int index, const std::string& uuid);

struct GpuApp {
  pid_t pid = 0;
  std::string gpu_uuid;
  std::string used_memory = "500";
};

/// The script of an nvidia-smi that answers the two queries, with the fields in the order that is
/// asked for, and refuses everything else as the true one does.
[[nodiscard]] std::string nvidia_smi_script(const std::vector<GpuFields>& gpus,
                                            const std::vector<GpuApp>& apps);

/// The script of a command that hangs, ignores SIGTERM and has a child that does the same. Both
/// leave their process ids in `pids`.
[[nodiscard]] std::string hanging_script(const std::filesystem::path& pids);
[[nodiscard]] std::vector<pid_t> pids_in(const std::filesystem::path& pids);

}  // namespace wemol::e2e
