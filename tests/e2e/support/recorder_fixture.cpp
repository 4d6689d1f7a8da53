#include "recorder_fixture.h"

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace wemol::e2e {
namespace {

bool docker_is_required() {
  const char* value = std::getenv("WEMOL_TESTS_REQUIRE_DOCKER");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

void ProgramTest::TearDown() {
  if (HasFailure()) {
    std::cout << "The recorder's log:\n" << logs();
  }
  end_recorders();
}

RecorderProcess& ProgramTest::record_rounds(int rounds, const Arguments& arguments,
                                            const Environment& environment) {
  Arguments all{"--rounds", std::to_string(rounds), "--interval", "0.1"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  RecorderProcess& recorder = start_recorder(all, environment);
  EXPECT_EQ(recorder.wait(), 0);
  return recorder;
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
