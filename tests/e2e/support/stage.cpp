#include "stage.h"

#include <algorithm>
#include <sstream>

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

/// Beside the working directory, where a test finds nothing but what the recorder makes.
fs::path new_log_path(const fs::path& working_dir) {
  static int runs = 0;
  return working_dir.parent_path() / ("standard-error-" + std::to_string(++runs));
}

}  // namespace

RecorderProcess::RecorderProcess(const Arguments& arguments, const Environment& environment,
                                 const fs::path& working_dir)
    : log_path_(new_log_path(working_dir)),
      output_path_(log_path_.string() + ".out"),
      process_(arguments, {.environment = environment,
                           .working_dir = working_dir,
                           .standard_output = output_path_,
                           .standard_error = log_path_}) {}

std::optional<int> RecorderProcess::stop() {
  send(SIGTERM);
  return wait();
}

std::size_t RecorderProcess::lines_with(const std::string& text) const {
  std::istringstream lines(log());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    count += line.find(text) != std::string::npos ? 1U : 0U;
  }
  return count;
}

Stage::Stage(Environment environment)
    : environment_(std::move(environment)), tools_(folder_.path() / "tools") {
  fs::create_directories(folder());
}

std::string Stage::logs() const {
  std::string all;
  for (const auto& recorder : recorders_) {
    all += recorder->log() + recorder->output() + '\n';
  }
  return all;
}

RecorderProcess& Stage::start_recorder(const Arguments& arguments, const Environment& environment) {
  Arguments argv = launcher_;
  argv.insert(argv.end(), {WEMOL_RECORDER, "--task-root", folder() / "tasks"});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Environment all = environment;
  all.merge(engine_environment());
  all.emplace("PATH", tools_.folder().string());
  recorders_.push_back(std::make_unique<RecorderProcess>(argv, all, folder()));
  return *recorders_.back();
}

bool Stage::wait_for_rows(std::size_t count, const std::string& task_id,
                          const std::string& module_folder) const {
  // Only counts lines: a file that is being written to may show half a row for a moment.
  return eventually([&] {
    const std::string text = read_text(csv(module_folder, task_id));
    return std::count(text.begin(), text.end(), '\n') > static_cast<std::ptrdiff_t>(count);
  });
}

bool Stage::wait_for_more_rows(std::size_t count, const std::string& task_id,
                               const std::string& module_folder) const {
  return wait_for_rows(rows(task_id, module_folder).size() + count, task_id, module_folder);
}

fs::path Stage::task_json(const std::string& task_id, const std::string& worker) const {
  return folder() / "tasks" / ("Worker." + worker) / "work_blob" /
         task_id.substr(task_id.size() - 4, 2) / task_id.substr(task_id.size() - 2) / task_id /
         "task.json";
}

void Stage::write_task_json(const std::string& task_id, const std::string& module_name,
                            const std::string& worker) const {
  write_text(task_json(task_id, worker),
             R"({"Id": 7, "Module": {"Id": 3, "Name": ")" + module_name + R"("}, "Args": ["x"]})");
}

}  // namespace wemol::e2e
