#include "recorder_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

bool docker_is_required() {
  const char* value = std::getenv("WEMOL_TESTS_REQUIRE_DOCKER");
  return value != nullptr && std::string_view(value) == "1";
}

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

ProgramTest::ProgramTest() : tools_(folder_.path() / "tools") {
  fs::create_directories(folder());
}

void ProgramTest::TearDown() {
  for (const auto& recorder : recorders_) {
    if (HasFailure()) {
      std::cout << "The recorder's log:\n" << recorder->log() << recorder->output() << '\n';
    }
  }
  recorders_.clear();
}

RecorderProcess& ProgramTest::start_recorder(const Arguments& arguments,
                                             const Environment& environment) {
  Arguments argv = launcher_;
  argv.insert(argv.end(), {WEMOL_RECORDER, "--task-root", folder() / "tasks"});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Environment all = environment;
  all.merge(engine_environment());
  all.emplace("PATH", tools_.folder().string());
  recorders_.push_back(std::make_unique<RecorderProcess>(argv, all, folder()));
  return *recorders_.back();
}

RecorderProcess& ProgramTest::record_rounds(int rounds, const Arguments& arguments,
                                            const Environment& environment) {
  Arguments all{"--rounds", std::to_string(rounds), "--interval", "0.1"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  RecorderProcess& recorder = start_recorder(all, environment);
  EXPECT_EQ(recorder.wait(), 0);
  return recorder;
}

bool ProgramTest::wait_for_rows(std::size_t count, const std::string& task_id,
                                const std::string& module_folder) const {
  // Only counts lines: a file that is being written to may show half a row for a moment.
  return eventually([&] {
    const std::string text = read_text(csv(module_folder, task_id));
    return std::count(text.begin(), text.end(), '\n') > static_cast<std::ptrdiff_t>(count);
  });
}

bool ProgramTest::wait_for_more_rows(std::size_t count, const std::string& task_id,
                                     const std::string& module_folder) const {
  return wait_for_rows(rows(task_id, module_folder).size() + count, task_id, module_folder);
}

fs::path ProgramTest::task_json(const std::string& task_id, const std::string& worker) const {
  return folder() / "tasks" / ("Worker." + worker) / "work_blob" /
         task_id.substr(task_id.size() - 4, 2) / task_id.substr(task_id.size() - 2) / task_id /
         "task.json";
}

void ProgramTest::write_task_json(const std::string& task_id, const std::string& module_name,
                                  const std::string& worker) const {
  write_text(task_json(task_id, worker),
             R"({"Id": 7, "Module": {"Id": 3, "Name": ")" + module_name + R"("}, "Args": ["x"]})");
}

std::unique_ptr<DockerEngine> RecorderTest::shared_engine;
std::string RecorderTest::why_no_engine;

void RecorderTest::SetUpTestSuite() {
  shared_engine = std::make_unique<DockerEngine>();
  why_no_engine = shared_engine->start();
  if (!why_no_engine.empty()) {
    std::cout << (docker_is_required() ? "FAILED" : "SKIPPED")
              << ": no docker engine can be started here: " << why_no_engine << '\n';
  }
}

void RecorderTest::TearDownTestSuite() {
  shared_engine.reset();
}

void RecorderTest::SetUp() {
  if (why_no_engine.empty()) {
    return;
  }
  if (docker_is_required()) {
    FAIL() << "no docker engine";
  }
  GTEST_SKIP();
}

void RecorderTest::TearDown() {
  ProgramTest::TearDown();
  if (why_no_engine.empty()) {
    shared_engine->remove_all_containers();
  }
}

pid_t RecorderTest::host_pid(const std::string& container) {
  return std::stoi(
      shared_engine->must_docker({"inspect", "--format", "{{.State.Pid}}", container}));
}

std::string joined(const Row& row, const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) {
    text += (text.empty() ? "" : ",") + row.at(column);
  }
  return text;
}

}  // namespace wemol::e2e
