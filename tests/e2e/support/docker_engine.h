#pragma once

#include <memory>
#include <set>
#include <string>

#include "process.h"

namespace wemol::e2e {

/// A docker engine of its own: data, socket and containers are nobody else's and are gone in the
/// end. Its one image holds a static busybox; its containers have no network.
class DockerEngine {
 public:
  DockerEngine();
  ~DockerEngine();
  DockerEngine(const DockerEngine&) = delete;
  DockerEngine& operator=(const DockerEngine&) = delete;

  /// Starts the engine, or starts it again, and waits until it answers. Returns why it cannot, in
  /// one line; empty when it runs.
  std::string start();
  /// Ends the engine as an administrator would: its containers are stopped.
  void stop();
  /// The engine crashes.
  void crash();
  /// Members of the group may use the engine, until it is started again.
  void let_group_in(gid_t group) const;
  /// The engine answers nobody any more, until thaw().
  void freeze() const;
  void thaw() const;

  [[nodiscard]] std::string host() const { return "unix://" + socket().string(); }
  /// What a docker client needs to reach this engine and no settings of the user.
  [[nodiscard]] Environment client_environment() const;

  /// Runs the docker client; its failure is the caller's to look at.
  CommandResult docker(const Arguments& arguments);
  /// Runs the docker client, which must succeed. Returns its output without the last line end.
  std::string must_docker(const Arguments& arguments);

  /// Starts a container, without a network unless `options` name one, and returns its id. `options`
  /// go to docker run.
  std::string run(const std::string& name, const Arguments& command = {"sleep", "100000"},
                  const Arguments& options = {});
  void remove_all_containers();
  /// For tests that run containers by docker() themselves.
  [[nodiscard]] static std::string image();

 private:
  [[nodiscard]] std::filesystem::path socket() const { return folder_.path() / "docker.sock"; }
  std::string start_daemon();
  std::string make_image();
  void end_left_over_processes() const;

  TempFolder folder_;
  std::unique_ptr<Process> daemon_;
  std::set<std::string> container_ids_;
  bool has_image_ = false;
};

}  // namespace wemol::e2e
