#include "docker_engine.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kImage = "wemol-e2e";
constexpr auto kStartLimit = 60s;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  return text;
}

std::string last_line(const std::string& text) {
  const std::string whole = trimmed(text);
  return whole.substr(whole.rfind('\n') + 1);
}

std::string why_none_can_start() {
  if (geteuid() != 0) {
    return "not root";
  }
  for (const char* program : {"dockerd", "docker", "containerd", "runc", "busybox", "tar"}) {
    if (find_program(program).empty()) {
      return std::string("no ") + program + " on PATH (Debian: docker.io and busybox-static)";
    }
  }
  return {};
}

}  // namespace

DockerEngine::DockerEngine() = default;

DockerEngine::~DockerEngine() {
  if (daemon_ && daemon_->running()) {
    remove_all_containers();
    stop();
  }
  daemon_.reset();
  end_left_over_processes();
}

std::string DockerEngine::start() {
  if (std::string reason = why_none_can_start(); !reason.empty()) {
    return reason;
  }
  if (std::string reason = start_daemon(); !reason.empty()) {
    return reason;
  }
  return has_image_ ? std::string() : make_image();
}

std::string DockerEngine::start_daemon() {
  const fs::path& folder = folder_.path();
  const fs::path log = folder / "dockerd.log";
  write_text(folder / "daemon.json", "{}");
  fs::create_directories(folder / "client-config");
  fs::remove(socket());
  daemon_ = std::make_unique<Process>(
      Arguments{"dockerd", "--config-file", folder / "daemon.json", "--data-root", folder / "data",
                "--exec-root", folder / "exec", "--pidfile", folder / "pid", "--host", host(),
                "--containerd-namespace", folder.filename(), "--bridge=none", "--iptables=false",
                "--ip-forward=false", "--ip-masq=false", "--storage-driver=vfs",
                "--shutdown-timeout=1"},
      // On SIGTERM the engine ends its containers, on SIGKILL they would stay.
      // TMPDIR: where containerd writes its last words when the engine ends it.
      Process::Setting{.environment = {{"TMPDIR", folder}},
                       .working_dir = folder,
                       .standard_output = log,
                       .standard_error = log,
                       .signal_at_end = SIGTERM});
  const bool answers = eventually(
      [&] {
        return !daemon_->running() || (fs::exists(socket()) && docker({"version"}).status == 0);
      },
      kStartLimit);
  if (!daemon_->running()) {
    return "dockerd ended: " + last_line(read_text(log));
  }
  return answers ? "" : "dockerd does not answer: " + last_line(read_text(log));
}

std::string DockerEngine::make_image() {
  const fs::path root = folder_.path() / "image";
  fs::create_directories(root / "bin");
  fs::create_directories(root / "tmp");
  fs::copy_file(fs::canonical(find_program("busybox")), root / "bin" / "busybox");
  for (const char* applet :
       {"sh", "sleep", "true", "dd", "cat", "tail", "yes", "ip", "ping", "sed"}) {
    fs::create_symlink("busybox", root / "bin" / applet);
  }
  const std::string tar = folder_.path() / "image.tar";
  if (const auto made = run_command({"tar", "-C", root, "-cf", tar, "."}); made.status != 0) {
    return "tar failed: " + last_line(made.error_output);
  }
  if (const auto imported = docker({"import", tar, kImage}); imported.status != 0) {
    return "docker import failed: " + last_line(imported.error_output);
  }
  const auto tried = docker({"run", "--rm", "--network", "none", kImage, "/bin/true"});
  if (tried.status != 0) {
    return "no container can be run: " + last_line(tried.error_output);
  }
  has_image_ = true;
  return {};
}

void DockerEngine::stop() {
  daemon_->send(SIGTERM);
  if (!daemon_->wait()) {
    crash();
  }
}

void DockerEngine::crash() {
  daemon_->send(SIGKILL);
  daemon_->wait();
  // Its containerd dies with it, but not at once, and an engine that starts meanwhile would rely
  // on it. Where nobody reaps orphans its pid goes on being taken.
  const fs::path pid_file = folder_.path() / "exec" / "containerd" / "containerd.pid";
  if (const std::string pid = trimmed(read_text(pid_file)); !pid.empty()) {
    eventually([&] { return !is_alive(std::stoi(pid)); });
  }
  fs::remove(pid_file);
}

Environment DockerEngine::client_environment() const {
  return {{"DOCKER_HOST", host()},
          {"DOCKER_CONFIG", (folder_.path() / "client-config").string()},
          {"DOCKER_CONTEXT", std::nullopt},
          {"DOCKER_TLS", std::nullopt},
          {"DOCKER_TLS_VERIFY", std::nullopt},
          {"DOCKER_CERT_PATH", std::nullopt},
          {"DOCKER_API_VERSION", std::nullopt}};
}

void DockerEngine::let_group_in(gid_t group) const {
  const uid_t nobody_else = static_cast<uid_t>(-1);
  if (chown(socket().c_str(), nobody_else, group) != 0) {
    throw std::runtime_error("cannot give " + socket().string() + " to another group");
  }
  fs::permissions(socket(), fs::perms(0660));
  fs::permissions(folder_.path(), fs::perms(0711));
}

void DockerEngine::freeze() const {
  daemon_->send(SIGSTOP);
}

void DockerEngine::thaw() const {
  daemon_->send(SIGCONT);
}

std::string DockerEngine::image() {
  return kImage;
}

CommandResult DockerEngine::docker(const Arguments& arguments) {
  Arguments argv{"docker"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_command(argv, client_environment());
}

std::string DockerEngine::must_docker(const Arguments& arguments) {
  const CommandResult result = docker(arguments);
  if (result.status != 0) {
    throw std::runtime_error("docker " + arguments.front() + ": " + result.error_output);
  }
  return trimmed(result.output);
}

std::string DockerEngine::run(const std::string& name, const Arguments& command,
                              const Arguments& options) {
  Arguments arguments{"run", "--detach", "--name", name};
  if (std::ranges::find(options, "--network") == options.end()) {
    arguments.insert(arguments.end(), {"--network", "none"});
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.emplace_back(kImage);
  arguments.insert(arguments.end(), command.begin(), command.end());
  return *container_ids_.insert(must_docker(arguments)).first;
}

void DockerEngine::remove_all_containers() {
  Arguments arguments{"rm", "--force", "--volumes"};
  std::istringstream ids(docker({"ps", "--all", "--quiet", "--no-trunc"}).output);
  for (std::string id; std::getline(ids, id);) {
    arguments.push_back(id);
  }
  if (arguments.size() > 3) {
    docker(arguments);
  }
}

/// Ends what an engine that crashed has left: containerd, shims (their command lines name our
/// folder) and containers.
void DockerEngine::end_left_over_processes() const {
  std::vector<pid_t> ours;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    const std::string cgroup = read_text(entry.path() / "cgroup");
    const bool is_ours =
        read_text(entry.path() / "cmdline").find(folder_.path()) != std::string::npos ||
        std::ranges::any_of(container_ids_, [&](const std::string& id) {
          return cgroup.find(id) != std::string::npos;
        });
    if (is_ours && std::stoi(name) != getpid()) {
      ours.push_back(std::stoi(name));
      kill(ours.back(), SIGKILL);
    }
  }
  // Not before they are gone can the folder be removed.
  eventually([&] { return std::ranges::none_of(ours, is_alive); }, 10s);
}

}  // namespace wemol::e2e
