#include "agent_options.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::agent {
namespace {

using namespace std::chrono_literals;

using Strings = std::vector<std::string>;

class AgentOptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("SLURM_NODEID");
    for (const char* const name : {"LISTEN", "REST_API_PORT", "INTERVAL", "VERBOSE", "CONFIG"}) {
      unsetenv((std::string("WEMOL_AGENT_") + name).c_str());
    }
  }
  void TearDown() override { SetUp(); }

  static tl::expected<AgentOptions, EarlyExit> parse(const Strings& arguments) {
    std::vector<const char*> argv{"wemol-agent"};
    for (const std::string& argument : arguments) {
      argv.push_back(argument.c_str());
    }
    return parse_agent_options(static_cast<int>(argv.size()), argv.data());
  }
  tl::expected<AgentOptions, EarlyExit> with_file(const std::string& toml, Strings arguments = {}) {
    test::write_text(dir_ / "agent.toml", toml);
    arguments.insert(arguments.begin(), {"--config", (dir_ / "agent.toml").string()});
    return parse(arguments);
  }
  static std::string listening(const Strings& arguments) {
    const auto options = parse(arguments);
    return options ? options->listen.text() : options.error().text;
  }

  test::TempDir dir_;
};

TEST_F(AgentOptionsTest, ListensOnLoopbackByDefault) {
  EXPECT_EQ(listening({}), "127.0.0.1:8080");
  EXPECT_EQ(listening({"--rest-api-port", "9000"}), "127.0.0.1:9000");
  EXPECT_EQ(listening({"--rest-api-port", "0"}), "127.0.0.1:0");
}

TEST_F(AgentOptionsTest, ListenNamesAnotherPlace) {
  EXPECT_EQ(listening({"--listen", "unix:/run/x.sock"}), "unix:/run/x.sock");
  EXPECT_EQ(listening({"--listen", "[::1]:80", "--rest-api-port", "9"}), "[::1]:80");
  EXPECT_EQ(listening({"--listen", "0.0.0.0:80", "--token-file", "/t"}), "0.0.0.0:80");
}

TEST_F(AgentOptionsTest, ListenOnLocalhostBeatsListen) {
  EXPECT_EQ(listening({"--listen", "0.0.0.0:80", "--listen-on-localhost"}), "127.0.0.1:8080");
}

TEST_F(AgentOptionsTest, WhatOthersReachNeedsAToken) {
  const auto options = parse({"--listen", "0.0.0.0:8080"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().status, 2);
  EXPECT_NE(options.error().text.find("--token-file"), std::string::npos);
}

TEST_F(AgentOptionsTest, FlagBeatsEnvironmentBeatsFile) {
  const std::string toml = "interval = 3\nverbose = true\nlisten = \"unix:/file\"\n";
  EXPECT_EQ(with_file(toml)->interval, 3s);
  EXPECT_TRUE(with_file(toml)->verbose);
  EXPECT_EQ(with_file(toml)->listen.text(), "unix:/file");
  setenv("WEMOL_AGENT_INTERVAL", "4", 1);
  setenv("WEMOL_AGENT_VERBOSE", "false", 1);
  setenv("WEMOL_AGENT_LISTEN", "unix:/environment", 1);
  EXPECT_EQ(with_file(toml)->interval, 4s);
  EXPECT_FALSE(with_file(toml)->verbose);
  EXPECT_EQ(with_file(toml)->listen.text(), "unix:/environment");
  const auto flagged = with_file(toml, {"--interval", "5", "--verbose", "--listen", "unix:/flag"});
  EXPECT_EQ(flagged->interval, 5s);
  EXPECT_TRUE(flagged->verbose);
  EXPECT_EQ(flagged->listen.text(), "unix:/flag");
}

TEST_F(AgentOptionsTest, ASwitchInTheFileIsTrueOrFalse) {
  EXPECT_FALSE(with_file("verbose = false\n")->verbose);
  for (const char* const toml : {"verbose = 1\n", "verbose = \"yes\"\n", "interval = true\n"}) {
    const auto options = with_file(toml);
    ASSERT_FALSE(options) << toml;
    EXPECT_EQ(options.error().status, 2);
  }
}

TEST_F(AgentOptionsTest, TheNodeIsSlurmsOrLocalhost) {
  EXPECT_EQ(parse({})->node_id, "localhost");
  setenv("SLURM_NODEID", "7", 1);
  EXPECT_EQ(parse({})->node_id, "7");
  EXPECT_EQ(parse({"--node-id", "gpu-1"})->node_id, "gpu-1");
}

TEST_F(AgentOptionsTest, TakesTheRest) {
  const auto options =
      parse({"--portfile", "/p", "--parent-pid", "4711", "--processes", "all", "--allow-origin",
             "https://a.example, http://b.example:81", "--recorder-socket=", "--check"});
  ASSERT_TRUE(options) << options.error().text;
  EXPECT_EQ(options->portfile, "/p");
  EXPECT_EQ(options->parent_pid, 4711);
  EXPECT_EQ(options->processes, ProcessScope::all);
  EXPECT_EQ(options->origins, (Strings{"https://a.example", "http://b.example:81"}));
  EXPECT_TRUE(options->recorder_socket.empty());
  EXPECT_TRUE(options->check);
}

/// What starts an agent in a container is often its first process.
TEST_F(AgentOptionsTest, TheParentMayBeTheFirstProcess) {
  EXPECT_EQ(parse({"--parent-pid", "1"})->parent_pid, 1);
}

TEST_F(AgentOptionsTest, RefusesWrongValuesWithOneLineThatNamesTheOption) {
  const std::vector<Strings> wrong{
      {"--listen", "8080"},
      {"--rest-api-port", "65536"},
      {"--parent-pid", "-1"},
      {"--node-id", "a\nb"},
      {"--allow-origin", "*"},
      {"--allow-origin", "https://a.example/"},
      {"--allow-origin", "a.example"},
      {"--allow-origin", "https://a.example\r\nX: y"},
      {"--processes", "some"},
      {"--interval", "0"},
  };
  for (const Strings& arguments : wrong) {
    const auto options = parse(arguments);
    ASSERT_FALSE(options) << arguments.back();
    EXPECT_EQ(options.error().status, 2);
    EXPECT_EQ(options.error().text.find(arguments.front()), 0U) << options.error().text;
    EXPECT_EQ(options.error().text.find('\n'), std::string::npos);
  }
}

TEST_F(AgentOptionsTest, TheFileThatIsInstalledHasTheDefaults) {
  const auto options =
      parse({"--config", std::string(WEMOL_PROJECT_DIR) + "/config/wemol-agent.toml"});
  ASSERT_TRUE(options) << options.error().text;
  const auto defaults = parse({});
  EXPECT_EQ(options->listen.text(), defaults->listen.text());
  EXPECT_EQ(options->portfile, defaults->portfile);
  EXPECT_EQ(options->parent_pid, defaults->parent_pid);
  EXPECT_EQ(options->node_id, defaults->node_id);
  EXPECT_EQ(options->token_file, defaults->token_file);
  EXPECT_EQ(options->origins, defaults->origins);
  EXPECT_EQ(options->recorder_socket, defaults->recorder_socket);
  EXPECT_EQ(options->processes, defaults->processes);
  EXPECT_EQ(options->interval, defaults->interval);
  EXPECT_EQ(options->verbose, defaults->verbose);
}

}  // namespace
}  // namespace wemol::agent
