#pragma once

#include <sys/types.h>

#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "files.h"

namespace wemol::faults {

/// Answers as a docker engine does that runs a great many containers, more than one can start for a
/// test.
class CrowdedEngine {
 public:
  /// `first_processes`: of the first containers; all others have the last of them.
  CrowdedEngine(const std::filesystem::path& socket_path, std::size_t containers,
                std::vector<pid_t> first_processes);
  CrowdedEngine(const CrowdedEngine&) = delete;
  CrowdedEngine& operator=(const CrowdedEngine&) = delete;
  ~CrowdedEngine();

  /// The id and the name of container `number`, whose task has that number.
  [[nodiscard]] static std::string id_of(std::size_t number);
  [[nodiscard]] static std::string name_of(std::size_t number);

 private:
  struct Connection {
    UniqueFd fd;
    std::thread thread;
  };

  void accept_all();
  void serve(int fd) const;
  [[nodiscard]] std::string answer_to(const std::string& request) const;

  std::size_t containers_;
  std::vector<pid_t> first_processes_;
  UniqueFd listener_;
  std::mutex connections_lock_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace wemol::faults
