#include "host_check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "blocking_worker.h"
#include "docker_answers.h"
#include "docker_commands.h"
#include "native_check.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kAnswersWithin{5};

CheckResult check_task_root(const fs::path& root) {
  std::error_code error;
  const bool readable = access(root.c_str(), R_OK | X_OK) == 0;
  if (!readable) {
    return {false, fmt::format("the task root {} cannot be read ({}), so every module would be "
                               "Unknown: give the right --task-root, or rights on it",
                               root.string(), strerror(errno))};
  }
  for (const char* worker : {"Worker.GPU", "Worker.CPU", "Worker.AF2", "Worker.ALL"}) {
    if (fs::is_directory(root / worker, error)) {
      return {true, fmt::format("the task root {} has {}", root.string(), worker)};
    }
  }
  return {false, fmt::format("the task root {} has no folder Worker.GPU, .CPU, .AF2 or .ALL, so "
                             "every module would be Unknown: give the right --task-root",
                             root.string())};
}

/// The errno that writing to `path` would meet, 0 when it could be written. What does not exist yet
/// would be made in the nearest folder above it that does.
int obstacle_to_writing(const fs::path& path, bool is_folder_wanted) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  fs::path existing = whole;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const bool is_folder = fs::is_directory(existing, error);
  if (!is_folder && (is_folder_wanted || existing != whole)) {
    return ENOTDIR;
  }
  if (is_folder && !is_folder_wanted && existing == whole) {
    return EISDIR;
  }
  return access(existing.c_str(), W_OK) == 0 ? 0 : errno;
}

CheckResult check_writable(const std::string& what, const std::string& option, const fs::path& path,
                           bool is_folder_wanted) {
  const int obstacle = obstacle_to_writing(path, is_folder_wanted);
  if (obstacle == 0) {
    return {true, fmt::format("the {} {} can be written", what, path.string())};
  }
  return {false, fmt::format("the {} {} cannot be written ({}): give another {}, or rights on it",
                             what, path.string(), strerror(obstacle), option)};
}

/// A file system whose server is away would hold the whole check.
CheckResult if_it_answers(const std::string& option, const std::filesystem::path& path,
                          std::function<CheckResult()> check) {
  if (auto finding =
          answer_by(std::chrono::steady_clock::now() + kAnswersWithin, std::move(check))) {
    return std::move(*finding);
  }
  return {.good = false,
          .text = fmt::format("{} {} does not answer for {} s: look at the mount that it lies on",
                              option, path.string(), kAnswersWithin.count())};
}

}  // namespace

CheckResult check_docker(const Options& options, CommandRunner& runner) {
  const auto outcome = runner.run({.kind = "docker ps", .argv = docker::ps_arguments()});
  if (!outcome.succeeded()) {
    return {false, docker::explain_failure("docker ps", outcome)};
  }
  const auto containers = docker::parse_ps(outcome.standard_output).containers;
  const auto tasks = std::ranges::count_if(containers, [&](const auto& container) {
    return container.name.starts_with(options.container_prefix);
  });
  return {true, fmt::format("docker answers: {} containers are running, {} of them named {}...",
                            containers.size(), tasks, options.container_prefix)};
}

CheckResults check_docker_cli(const Options& options, CommandRunner& runner,
                              const FileReader& files, GpuPresence& presence) {
  return {check_docker(options, runner), check_nvidia_smi(runner, files, presence)};
}

CheckResults check_folders(const Options& options) {
  CheckResults findings{
      if_it_answers("--task-root", options.task_root,
                    [root = options.task_root] { return check_task_root(root); }),
      if_it_answers("--output-dir", options.output_dir, [folder = options.output_dir] {
        return check_writable("output folder", "--output-dir", folder, true);
      })};
  if (!options.log_file.empty()) {
    findings.push_back(if_it_answers("--log-file", options.log_file, [file = options.log_file] {
      return check_writable("log file", "--log-file", file, false);
    }));
  }
  return findings;
}

}  // namespace wemol
