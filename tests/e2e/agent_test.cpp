// wemol-agent as its users meet it: the program, curl, and a WebSocket client that others have
// written.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "process.h"

namespace wemol::e2e {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class Agent : public testing::Test {
 protected:
  /// Starts it on any free port, and waits until it listens.
  void start(const Arguments& arguments = {}, const Arguments& launcher = {}) {
    Arguments argv = launcher;
    argv.insert(argv.end(),
                {WEMOL_AGENT, "--listen", "127.0.0.1:0", "--portfile", portfile().string()});
    if (std::ranges::find(arguments, "--recorder-socket") == arguments.end()) {
      argv.emplace_back("--recorder-socket=");
    }
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    agent_ = std::make_unique<Process>(
        argv, Process::Setting{.standard_output = log(), .standard_error = log()});
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(portfile()); }))
        << read_text(log());
    const std::string text = read_text(portfile());
    ASSERT_TRUE(text.starts_with("sock=")) << text;
    port_ = text.substr(5);
    ASSERT_TRUE(eventually([&] { return status_of("/api/system/metrics") == 200; }))
        << read_text(log());
  }
  /// What `argv` says on standard error, and its exit status.
  static std::pair<int, std::string> fails(const Arguments& arguments) {
    Arguments argv{WEMOL_AGENT};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const CommandResult result = run_command(argv);
    return {result.status, result.error_output};
  }
  [[nodiscard]] CommandResult curl(const std::string& path, const Arguments& arguments = {}) const {
    Arguments argv{"curl", "-sS", "--max-time", "60", "http://127.0.0.1:" + port_ + path};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_command(argv);
  }
  [[nodiscard]] int status_of(const std::string& path, const Arguments& arguments = {}) const {
    Arguments more{"-o", "/dev/null", "-w", "%{http_code}"};
    more.insert(more.end(), arguments.begin(), arguments.end());
    return std::atoi(curl(path, more).output.c_str());
  }
  [[nodiscard]] Json json(const std::string& path) const {
    const CommandResult result = curl(path);
    Json parsed = Json::parse(result.output, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << path << ": " << result.output << result.error_output;
    return parsed;
  }
  [[nodiscard]] Json clients(const std::string& mode) const {
    const CommandResult result =
        run_command({"/usr/bin/python3", WEMOL_AGENT_CLIENTS, mode, port_});
    EXPECT_EQ(result.status, 0) << result.error_output;
    return Json::parse(result.output, nullptr, false);
  }
  [[nodiscard]] std::filesystem::path portfile() const { return folder_.path() / "portfile"; }
  [[nodiscard]] std::filesystem::path log() const { return folder_.path() / "log"; }
  [[nodiscard]] std::uint64_t resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(agent_->pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) {
        return std::stoul(line.substr(6));
      }
    }
    return 0;
  }

  TempFolder folder_;
  std::unique_ptr<Process> agent_;
  std::string port_;
};

TEST_F(Agent, AnswersCurl) {
  start({"--node-id", "gpu-1"});
  EXPECT_EQ(json("/api/health")["status"], "healthy");
  const Json info = json("/api/system/info");
  EXPECT_TRUE(info["hostname"].is_string()) << info;
  const Json metrics = json("/api/system/metrics");
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0]["nodeId"], "gpu-1");
  EXPECT_TRUE(metrics[0]["cpu"]["overall"].is_number() || metrics[0]["cpu"]["overall"].is_null());
  for (const char* const path :
       {"/api/v1/system/info", "/api/v1/system/metrics", "/api/v1/system/status",
        "/api/v1/cluster/info", "/api/v1/cluster/metrics", "/api/v1/hardware/accelerators",
        "/api/v1/hardware/cpu"}) {
    EXPECT_EQ(json(path)["success"], true) << path;
  }
  EXPECT_EQ(status_of("/api/v1/tasks"), 503);
  EXPECT_EQ(status_of("/api/system/metrics?node_id=gpu-1"), 200);
  EXPECT_EQ(status_of("/api/system/metrics?node_id=gpu-2"), 404);
  EXPECT_EQ(status_of("/nothing"), 404);
  EXPECT_EQ(status_of("/api/health", {"-X", "DELETE"}), 405);
  EXPECT_EQ(status_of("/api/health", {"-I"}), 200);
  EXPECT_NE(curl("/metrics").output.find("host=\""), std::string::npos);
  EXPECT_EQ(status_of("/api/health", {"-H", "Host: evil.example"}), 403);
}

TEST_F(Agent, EndsCleanlyAndTakesItsPortfileAway) {
  start();
  agent_->send(SIGTERM);
  EXPECT_EQ(agent_->wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(portfile()));
}

TEST_F(Agent, AHangupEndsItUnlessItIsIgnored) {
  start({}, {"nohup"});
  agent_->send(SIGHUP);
  EXPECT_EQ(json("/api/health")["status"], "healthy");
  agent_->send(SIGTERM);
  EXPECT_EQ(agent_->wait(), 0);
  start();
  agent_->send(SIGHUP);
  EXPECT_EQ(agent_->wait(), 0);
}

TEST_F(Agent, EndsWithTheProcessThatItIsTold) {
  Process parent({"sleep", "600"}, {});
  start({"--parent-pid", std::to_string(parent.pid())});
  parent.send(SIGKILL);
  EXPECT_EQ(agent_->wait(), 0);
  EXPECT_NE(read_text(log()).find("--parent-pid"), std::string::npos);
}

TEST_F(Agent, SaysWhyItCannotStartAndWhatToDo) {
  start();
  const auto taken = fails({"--rest-api-port", port_});
  EXPECT_EQ(taken.first, 1);
  EXPECT_NE(taken.second.find("another program has this port"), std::string::npos) << taken.second;
  const auto folder = fails({"--listen", "127.0.0.1:0", "--portfile", folder_.path().string()});
  EXPECT_EQ(folder.first, 1);
  EXPECT_NE(folder.second.find("is a folder: name a file in it"), std::string::npos)
      << folder.second;
  const std::string token = (folder_.path() / "token").string();
  write_text(token, "0123456789abcdef\n");
  chmod(token.c_str(), 0644);
  const auto open = fails({"--listen", "0.0.0.0:0", "--token-file", token});
  EXPECT_EQ(open.first, 1);
  EXPECT_NE(open.second.find("chmod 640"), std::string::npos) << open.second;
  const auto without = fails({"--listen", "0.0.0.0:0"});
  EXPECT_EQ(without.first, 2);
  EXPECT_NE(without.second.find("--token-file"), std::string::npos) << without.second;
  EXPECT_EQ(fails({"--parent-pid", "999999999"}).first, 1);
}

TEST_F(Agent, WithATokenItAnswersNobodyElse) {
  const std::string token = (folder_.path() / "token").string();
  write_text(token, "0123456789abcdef\n");
  chmod(token.c_str(), 0600);
  Process agent({WEMOL_AGENT, "--listen", "0.0.0.0:0", "--portfile", portfile().string(),
                 "--token-file", token},
                {.standard_error = log()});
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(portfile()); })) << read_text(log());
  port_ = read_text(portfile()).substr(5);
  EXPECT_EQ(status_of("/api/health"), 401);
  EXPECT_EQ(status_of("/api/health", {"-H", "Authorization: Bearer 0123456789abcdee"}), 401);
  EXPECT_EQ(status_of("/api/health", {"-H", "Authorization: Bearer 0123456789abcdef"}), 200);
}

TEST_F(Agent, ServesAUnixSocket) {
  const std::string path = (folder_.path() / "agent.sock").string();
  Process agent({WEMOL_AGENT, "--listen", "unix:" + path, "--portfile", portfile().string()},
                {.standard_error = log()});
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(portfile()); })) << read_text(log());
  EXPECT_EQ(read_text(portfile()), "unix=" + path);
  EXPECT_NE(run_command({"curl", "-sS", "--unix-socket", path, "http://agent/api/health"})
                .output.find("\"healthy\""),
            std::string::npos);
}

TEST_F(Agent, AWebSocketClientSeesTheRecords) {
  start({"--interval", "60"});
  const Json messages = clients("follow");
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0]["type"], "system_info");
  EXPECT_TRUE(messages[0]["data"]["hostname"].is_string());
  for (std::size_t i = 1; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i]["type"], "metrics");
    EXPECT_EQ(messages[i]["timestamp"], messages[i]["data"]["timestamp"]);
    if (i > 1) {
      EXPECT_GT(messages[i]["timestamp"], messages[i - 1]["timestamp"]);
    }
  }
  EXPECT_EQ(clients("foreign"), 404);
}

TEST_F(Agent, HostileInputIsAnsweredAndEndsNothing) {
  start();
  const Json said = clients("hostile");
  EXPECT_EQ(said["garbage"], "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(said["tls"], "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(said["huge headers"], "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(said["a huge path"], "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(said["a huge body"], "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(said["an unknown method"], "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(said["an unknown path"], "HTTP/1.1 404 Not Found");
  EXPECT_EQ(said["a foreign name"], "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(said["no name"], "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(said["without a mask"], 1002);
  EXPECT_EQ(said["a reserved opcode"], 1002);
  EXPECT_EQ(said["a huge length"], 1009);
  EXPECT_EQ(said["no utf-8"], 1007);
  EXPECT_EQ(said["health"], "healthy");
  EXPECT_TRUE(agent_->running());
}

TEST_F(Agent, AThousandClientsSomeOfWhichDoNotRead) {
  start();
  const Json seen = clients("crowd");
  EXPECT_EQ(seen["most"], 1000) << seen;
  EXPECT_EQ(seen["left"], 900) << "those that do not read are dropped: " << seen;
  EXPECT_EQ(seen["failed"], 0) << seen;
  EXPECT_EQ(seen["doubled"], 0) << seen;
  EXPECT_GE(seen["fewest"], 20) << seen;
  RecordProperty("seen", seen.dump());
  RecordProperty("resident_kib", std::to_string(resident_kib()));
}

TEST_F(Agent, TasksComeFromTheRecorder) {
  const std::string socket = (folder_.path() / "snapshots.sock").string();
  start({"--recorder-socket", socket});
  EXPECT_EQ(status_of("/api/v1/tasks"), 503);
  const auto run_folder = folder_.path() / "recorder";
  std::filesystem::create_directory(run_folder);
  const auto recorder =
      std::make_unique<Process>(Arguments{WEMOL_RECORDER, "--interval", "1", "--publish", socket},
                                Process::Setting{.working_dir = run_folder,
                                                 .standard_output = run_folder / "log",
                                                 .standard_error = run_folder / "log"});
  EXPECT_TRUE(eventually([&] { return status_of("/api/v1/tasks") == 200; })) << read_text(log());
  EXPECT_TRUE(json("/api/v1/tasks")["data"].is_array());
  recorder->send(SIGKILL);
  EXPECT_TRUE(eventually([&] { return status_of("/api/v1/tasks") == 503; }));
  EXPECT_EQ(json("/api/health")["status"], "healthy");
}

TEST_F(Agent, AProcThatDeniesIsNoTrouble) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can mount";
  }
  start({}, {"unshare", "--mount", "sh", "-c",
             "mount -t tmpfs none /sys && mount -t proc -o hidepid=2,subset=pid proc /proc && "
             "exec \"$@\"",
             "sh"});
  const Json metrics = json("/api/system/metrics");
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0]["nodeId"], "localhost");
  EXPECT_EQ(json("/api/health")["status"], "healthy");
  EXPECT_EQ(status_of("/metrics"), 200);
  EXPECT_EQ(status_of("/api/v1/cluster/info"), 200);
}

TEST_F(Agent, TheCheckMayRunBesideTheAgent) {
  start();
  const CommandResult result =
      run_command({WEMOL_AGENT, "--check", "--rest-api-port", port_, "--recorder-socket="});
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_NE(result.output.find("ok   an agent listens on 127.0.0.1:" + port_ + " already\n"),
            std::string::npos)
      << result.output;
}

TEST_F(Agent, CheckSaysWhatIsMissing) {
  const CommandResult result =
      run_command({WEMOL_AGENT, "--check", "--listen", "127.0.0.1:0", "--recorder-socket",
                   (folder_.path() / "missing.sock").string()});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("ok   it can listen on 127.0.0.1:0\n"), std::string::npos)
      << result.output;
  EXPECT_NE(result.output.find("FAIL the recorder's socket cannot be read"), std::string::npos)
      << result.output;
}

}  // namespace
}  // namespace wemol::e2e
