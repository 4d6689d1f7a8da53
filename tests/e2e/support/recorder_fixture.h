#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "docker_engine.h"
#include "stage.h"

namespace wemol::e2e {

/// A test on a stage of its own. Needs no engine.
class ProgramTest : public testing::Test, public Stage {
 protected:
  void TearDown() override;

  /// Runs the recorder to its end, with --rounds.
  RecorderProcess& record_rounds(int rounds, const Arguments& arguments = {},
                                 const Environment& environment = {});
};

/// The same with a real engine, which all tests of a suite share. Each test begins without any
/// container. Where no engine can be started the tests are skipped, or fail when
/// WEMOL_TESTS_REQUIRE_DOCKER=1 is in the environment.
class RecorderTest : public ProgramTest {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;
  void TearDown() override;

  static DockerEngine& engine() { return *shared_engine; }
  [[nodiscard]] Environment engine_environment() const override {
    return shared_engine->client_environment();
  }
  /// The pid that the container's first process has on this host.
  static pid_t host_pid(const std::string& container);

 private:
  static std::unique_ptr<DockerEngine> shared_engine;
  static std::string why_no_engine;
};

/// The fields of some columns, joined by commas.
[[nodiscard]] std::string joined(const Row& row, const std::vector<std::string>& columns);

}  // namespace wemol::e2e
