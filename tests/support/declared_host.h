#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http_client.h"

namespace wemol::test {

/// Has one answer for all questions, or none.
struct OneAnswer : HttpClient {
  std::optional<Result<HttpAnswer>> answer = HttpAnswer{200, "[]"};
  std::vector<std::string> targets;
  Done waiting;

  void get(const std::string& target, Done done) override {
    targets.push_back(target);
    if (answer) {
      done(*answer);
    } else {
      waiting = std::move(done);
    }
  }
  void stream(const std::string& /*target*/, StreamHandlers /*handlers*/) override {}
  void cancel_all() override { waiting = {}; }
};

/// Of /proc/self/mountinfo.
inline constexpr const char* kMountsOfVersion1 =
    "33 31 0:30 / /sys/fs/cgroup/cpu rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw shared:12 - cgroup cgroup rw,memory\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw shared:13 - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw shared:14 - cgroup cgroup rw,pids\n";
inline constexpr const char* kMountsOfVersion2 =
    "35 24 0:30 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";

}  // namespace wemol::test
