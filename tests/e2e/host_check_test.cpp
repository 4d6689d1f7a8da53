#include <sstream>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;
using HostCheck = RecorderTest;

TEST_F(HostCheck, prints_one_line_for_each_thing_and_status_0_on_a_good_host) {
  engine().run("wemol_rc_task_132171_1_1");
  engine().run("nginx");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {}));
  fs::create_directories(folder() / "tasks" / "Worker.GPU");
  RecorderProcess& recorder = start_recorder({"--check"});
  EXPECT_EQ(recorder.wait(), 0);
  std::istringstream lines(recorder.output());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_TRUE(line.starts_with("ok ")) << line;
  }
  EXPECT_EQ(count, 5U);
  for (const char* text : {"2 containers are running, 1 of them", "NVIDIA GeForce RTX 3090",
                           "task root", "module_resource", "wemol_resource_monitor.log"}) {
    EXPECT_NE(recorder.output().find(text), std::string::npos) << text;
  }
}

TEST_F(HostCheck, says_what_is_missing_and_ends_with_status_1) {
  write_text(folder() / "a-file", "");
  RecorderProcess& recorder =
      start_recorder({"--check", "--output-dir", "a-file/below"},
                     {{"DOCKER_HOST", "unix://" + (folder() / "no.sock").string()}});
  EXPECT_EQ(recorder.wait(), 1);
  EXPECT_NE(recorder.output().find("see whether the docker service runs"), std::string::npos);
  EXPECT_NE(recorder.output().find("FAIL the task root"), std::string::npos);
  EXPECT_NE(recorder.output().find("FAIL the output folder a-file/below"), std::string::npos);
}

TEST_F(HostCheck, of_the_source_native_looks_at_what_that_source_needs) {
  engine().run("wemol_rc_task_132171_1_1");
  tools().remove("docker");
  tools().put_script("nvidia-smi", nvidia_smi_script({gpu(0, "GPU-a")}, {}));
  fs::create_directories(folder() / "tasks" / "Worker.GPU");
  RecorderProcess& recorder = start_recorder({"--check", "--source", "native"});
  EXPECT_EQ(recorder.wait(), 0) << recorder.output();
  for (const char* text : {"ok   the docker engine answers at ", "1 containers are running, 1 of",
                           "ok   the control groups count CPU (v", "NVIDIA GeForce RTX 3090",
                           "task root", "module_resource", "wemol_resource_monitor.log"}) {
    EXPECT_NE(recorder.output().find(text), std::string::npos) << text;
  }
  RecorderProcess& without_engine =
      start_recorder({"--check", "--source", "native"},
                     {{"DOCKER_HOST", "unix://" + (folder() / "no.sock").string()}});
  EXPECT_EQ(without_engine.wait(), 1);
  EXPECT_NE(without_engine.output().find("no.sock: No such file or directory; see whether the"),
            std::string::npos)
      << without_engine.output();
}

TEST_F(HostCheck, of_the_source_auto_says_which_it_is_and_looks_at_that_one) {
  RecorderProcess& recorder = start_recorder({"--check", "--source", "auto"});
  (void)recorder.wait();
  EXPECT_NE(recorder.output().find("ok   --source auto is native: this host has all that it needs\n"
                                   "ok   the docker engine answers at "),
            std::string::npos)
      << recorder.output();
  RecorderProcess& elsewhere =
      start_recorder({"--check", "--source", "auto"}, {{"DOCKER_HOST", "tcp://127.0.0.1:1"}});
  (void)elsewhere.wait();
  EXPECT_NE(elsewhere.output().find("ok   --source auto is docker-cli: "), std::string::npos)
      << elsewhere.output();
  EXPECT_NE(elsewhere.output().find("docker ps"), std::string::npos) << elsewhere.output();
}

}  // namespace
}  // namespace wemol::e2e
