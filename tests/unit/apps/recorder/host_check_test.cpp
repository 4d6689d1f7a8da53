#include "host_check.h"

#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using test::failed;
using test::FakeCommandRunner;
using test::FakeFileReader;
using test::printed;
using test::TempDir;

class HostCheck : public testing::Test {
 protected:
  HostCheck() {
    std::filesystem::create_directories(dir / "tasks/Worker.GPU");
    options.task_root = dir / "tasks";
    options.output_dir = dir / "new/out";
    options.log_file = dir / "x.log";
    runner.answer("docker ps", printed(std::string(64, 'a') + "\twemol_rc_task_1_2_3\trunning\n"));
    runner.answer("nvidia-smi --query-compute-apps", printed(""));
    runner.answer("nvidia-smi --query-gpu",
                  printed("0, GPU-1, Fast One, 10, 5, 1, 2, 40, 30, 12.50, 75.00\n"));
  }
  CheckResults check() {
    CheckResults findings = check_docker_cli(options, runner, files, presence);
    std::ranges::move(check_folders(options), std::back_inserter(findings));
    return findings;
  }
  /// The text of the one bad finding.
  std::string only_trouble() {
    std::string text;
    for (const CheckResult& finding : check()) {
      EXPECT_TRUE(finding.good || text.empty()) << finding.text;
      text += finding.good ? "" : finding.text;
    }
    return text;
  }
  TempDir dir;
  Options options;
  FakeCommandRunner runner;
  FakeFileReader files;
  test::FakeClock clock;
  GpuPresence presence{files, clock, dir / "host"};
};

TEST_F(HostCheck, GoodHostHasOneGoodFindingPerThing) {
  const auto findings = check();
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_TRUE(std::ranges::all_of(findings, &CheckResult::good));
  EXPECT_NE(findings[0].text.find("1 containers are running, 1 of them"), std::string::npos);
  EXPECT_NE(findings[1].text.find("0 Fast One"), std::string::npos);
}

TEST_F(HostCheck, ChangesNothing) {
  (void)check();
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
  EXPECT_FALSE(std::filesystem::exists(dir / "x.log"));
}

TEST_F(HostCheck, DockerThatRefusesIsToldWithWhatToDo) {
  runner.answer("docker ps",
                failed(1, test::fixture("docker/cli-28.2.2/permission_denied.stderr.txt")));
  EXPECT_NE(only_trouble().find("group docker"), std::string::npos);
}

TEST_F(HostCheck, HostWithoutGpuNeedsNoGpuTools) {
  using Status = CommandOutcome::Status;
  runner.answer("nvidia-smi --query-compute-apps", test::ended_as(Status::not_found));
  EXPECT_EQ(only_trouble(), "");
}

TEST_F(HostCheck, HostWithoutGpuIsToldThatNoTaskUsesOne) {
  for (const char* folder : {"host/dev", "host/sys/bus/pci/devices"}) {
    std::filesystem::create_directories(dir / folder);
  }
  for (const auto& outcome :
       {test::ended_as(CommandOutcome::Status::not_found), printed("No devices were found\n")}) {
    runner.answer("nvidia-smi", outcome);
    runner.answer("nvidia-smi --query-compute-apps", outcome);
    runner.answer("nvidia-smi --query-gpu", outcome);
    const CheckResult finding = check().at(1);
    EXPECT_TRUE(finding.good);
    EXPECT_NE(finding.text.find("no GPU on the PCI bus, so gpu_count will be 0 (nvidia-smi"),
              std::string::npos)
        << finding.text;
    EXPECT_EQ(finding.text.find("N/A"), std::string::npos) << finding.text;
  }
}

TEST_F(HostCheck, TaskRootThatIsMissingOrEmptyIsToldWithItsOption) {
  options.task_root = dir / "nowhere";
  EXPECT_NE(only_trouble().find("--task-root"), std::string::npos);
  options.task_root = dir.path();
  EXPECT_NE(only_trouble().find("Worker.GPU"), std::string::npos);
}

TEST_F(HostCheck, FolderBelowAFileCannotBeWritten) {
  test::write_text(dir / "file", "");
  options.output_dir = dir / "file/out";
  EXPECT_NE(only_trouble().find("--output-dir"), std::string::npos);
}

TEST_F(HostCheck, WithoutLogFileThereIsNoFindingAboutIt) {
  options.log_file.clear();
  EXPECT_EQ(check().size(), 4U);
}

}  // namespace
}  // namespace wemol
