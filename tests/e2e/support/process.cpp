#include "process.h"

#include <fcntl.h>
#include <mntent.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPollEvery = 10ms;
constexpr int kNotStarted = 127;

std::vector<std::string> merged_environment(const Environment& changes) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) {
      merged.emplace_back(text);
    }
  }
  for (const auto& [name, value] : changes) {
    if (value) {
      merged.push_back(name + "=" + *value);
    }
  }
  return merged;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  std::ranges::transform(texts, std::back_inserter(pointers),
                         [](std::string& text) { return text.data(); });
  pointers.push_back(nullptr);
  return pointers;
}

void redirect(const fs::path& file, int target) {
  const std::string path = file.empty() ? "/dev/null" : file.string();
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || dup2(fd, target) < 0) {
    _exit(kNotStarted);
  }
}

/// Mounts below `folder`, the last one first.
std::vector<std::string> mounts_below(const fs::path& folder) {
  std::vector<std::string> found;
  const std::unique_ptr<FILE, int (*)(FILE*)> mounts(setmntent("/proc/self/mounts", "re"),
                                                     endmntent);
  mntent mount{};
  // getmntent() has one entry for all threads.
  std::array<char, 16384> line{};
  while (mounts && getmntent_r(mounts.get(), &mount, line.data(), line.size()) != nullptr) {
    const std::string target = mount.mnt_dir;
    if (target.starts_with(folder.string() + "/")) {
      found.insert(found.begin(), target);
    }
  }
  return found;
}

}  // namespace

std::chrono::milliseconds scaled(std::chrono::milliseconds limit) {
  static const double factor = [] {
    const char* text = std::getenv("WEMOL_TESTS_TIME_FACTOR");
    return WEMOL_E2E_TIME_FACTOR * (text == nullptr ? 1.0 : std::max(1.0, std::atof(text)));
  }();
  return std::chrono::duration_cast<std::chrono::milliseconds>(limit * factor);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + scaled(limit);
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return holds();
    }
    std::this_thread::sleep_for(kPollEvery);
  }
  return true;
}

std::string read_text(const fs::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_text(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

fs::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    fs::path program = fs::path(folder) / name;
    if (access(program.c_str(), X_OK) == 0 && fs::is_regular_file(program)) {
      return program;
    }
  }
  return {};
}

bool is_alive(pid_t pid) {
  const std::string stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z' &&
         stat[name_end + 2] != 'X';
}

Process::Process(const Arguments& argv, const Setting& setting) {
  Arguments arguments = argv;
  std::vector<std::string> environment = merged_environment(setting.environment);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  pid_ = fork();
  if (pid_ < 0) {
    throw std::runtime_error(std::string("fork: ") + strerror(errno));
  }
  if (pid_ > 0) {
    return;
  }
  prctl(PR_SET_PDEATHSIG, setting.signal_at_end);
  redirect(setting.standard_output, STDOUT_FILENO);
  redirect(setting.standard_error, STDERR_FILENO);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 &&
      (setting.working_dir.empty() || chdir(setting.working_dir.c_str()) == 0)) {
    execvpe(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
  }
  _exit(kNotStarted);
}

Process::~Process() {
  if (running()) {
    send(SIGKILL);
    wait();
  }
}

bool Process::running() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  return !status_;
}

void Process::send(int signal) const {
  if (!status_) {
    kill(pid_, signal);
  }
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
  eventually([&] { return !running(); }, limit);
  return status_;
}

CommandResult run_command(const Arguments& argv, const Environment& environment) {
  const TempFolder folder;
  const fs::path output = folder.path() / "out";
  const fs::path error_output = folder.path() / "err";
  Process process(argv, {.environment = environment,
                         .working_dir = {},
                         .standard_output = output,
                         .standard_error = error_output});
  const int status = process.wait(120s).value_or(-SIGKILL);
  return {.status = status, .output = read_text(output), .error_output = read_text(error_output)};
}

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "wemol-e2e-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error(name + ": " + strerror(errno));
  }
  path_ = name;
}

TempFolder::~TempFolder() {
  for (const std::string& target : mounts_below(path_)) {
    umount2(target.c_str(), MNT_DETACH);
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace wemol::e2e
