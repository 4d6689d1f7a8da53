#include <unistd.h>

#include <algorithm>

#include "recorder_fixture.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

constexpr gid_t kEngineGroup = 64998;
constexpr uid_t kServiceUser = 64999;

/// What the unit leaves to the recorder, as far as it goes without systemd: a user without any
/// rights but the group of the engine's socket, no capability, no new privileges, and a host on
/// which only the recorder's own folder can be written to.
class ServiceUser : public RecorderTest {
 protected:
  void SetUp() override {
    RecorderTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) {
      engine().let_group_in(kEngineGroup);
      fs::permissions(folder().parent_path(), fs::perms(0711));
    }
  }

  /// With time enough for the scripted nvidia-smi to start.
  void record_two_rounds(const Arguments& more) {
    // At shorter ones native does not ask nvidia-smi in each round.
    Arguments arguments{"--rounds", "2", "--interval", "5"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(start_recorder(arguments).wait(), 0);
  }
  /// Records as that user, into a folder of its own, and returns that.
  fs::path record_as_user(const std::string& source) {
    const fs::path own = folder() / ("user-" + source);
    fs::create_directories(own);
    if (chown(own.c_str(), kServiceUser, kServiceUser) != 0) {
      throw std::runtime_error("cannot give away " + own.string());
    }
    const std::string user = std::to_string(kServiceUser);
    set_launcher({"unshare", "--mount", "/bin/sh", "-ec",
                  "PATH=$PATH:/usr/bin:/bin:/usr/sbin:/sbin\n"
                  "mount --bind \"$0\" \"$0\"; mount -o remount,bind,ro /; cd \"$0\"\n"
                  "exec setpriv --reuid " +
                      user + " --regid " + user + " --groups " + std::to_string(kEngineGroup) +
                      " --no-new-privs --bounding-set=-all --inh-caps=-all \"$@\"",
                  own.string()});
    record_two_rounds({"--source", source});
    set_launcher({});
    return own / "module_resource";
  }
  fs::path record_as_root(const std::string& source) {
    fs::path own = folder() / ("root-" + source);
    record_two_rounds({"--source", source, "--output-dir", own});
    return own;
  }
};

/// Which columns of a row have no reading.
std::string columns_without_reading(const Row& row) {
  std::string names;
  for (const auto& [name, value] : row) {
    names += value == "N/A" ? name + " " : "";
  }
  return names;
}

TEST_F(ServiceUser, reads_with_either_source_what_root_reads) {
  const std::vector<std::string> ids{"132171", "132172", "132173"};
  engine().run("wemol_rc_task_132171_1_1", {"sleep", "100000"}, {"--user", "1234"});
  engine().run("wemol_rc_task_132172_1_1", {"sleep", "100000"}, {"--network", "host"});
  engine().run("wemol_rc_task_132173_1_1", {"sleep", "100000"},
               {"--network", "container:wemol_rc_task_132172_1_1"});
  tools().put_script(
      "nvidia-smi",
      nvidia_smi_script({gpu(0, "GPU-a")},
                        {{.pid = host_pid("wemol_rc_task_132171_1_1"), .gpu_uuid = "GPU-a"}}));
  for (const std::string& id : ids) {
    write_task_json(id, "Module");
  }
  const std::vector<std::string> steady{"module_name", "container", "net_io",
                                        "gpu_count",   "gpu_names", "pids"};
  for (const char* source : {"native", "docker-cli"}) {
    SCOPED_TRACE(source);
    const fs::path by_user = record_as_user(source);
    const fs::path by_root = record_as_root(source);
    for (const std::string& id : ids) {
      const auto user = read_csv(by_user / "Module" / (id + ".csv"));
      const auto root = read_csv(by_root / "Module" / (id + ".csv"));
      ASSERT_EQ(user.size(), 2U) << id;
      ASSERT_EQ(root.size(), 2U) << id;
      EXPECT_EQ(joined(user[1], steady), joined(root[1], steady));
      EXPECT_EQ(columns_without_reading(user[1]), columns_without_reading(root[1]));
      EXPECT_EQ(user[1].at("gpu_count"), id == "132171" ? "1" : "0");
    }
    EXPECT_EQ(read_csv(by_user / "Module" / "132173.csv")[1].at("net_io"), "0B / 0B");
  }
}

}  // namespace
}  // namespace wemol::e2e
