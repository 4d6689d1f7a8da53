// The host's figures against what its own tools say. Without a tool its test is skipped.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "clock.h"
#include "files.h"
#include "host_rates.h"
#include "host_reader.h"
#include "interface_files.h"
#include "text_file.h"

namespace wemol::host {
namespace {

using namespace std::chrono_literals;

/// What others on this host may change between two looks.
constexpr std::uint64_t kSlackBytes = std::uint64_t{256} << 20;

class RealClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime due) override {
    std::this_thread::sleep_until(due);
    return true;
  }
};

/// What a command prints; nothing when there is no such command.
std::optional<std::string> output_of(const std::string& command) {
  FILE* const pipe = popen(("LC_ALL=C " + command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t length = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), length);
  }
  return pclose(pipe) == 0 ? std::optional(text) : std::nullopt;
}

HostFacts read_host() {
  RealClock clock;
  HostReader reader;
  HostFacts facts = reader.read(clock);
  for (int look = 0; look < 200 && !facts.file_systems; ++look) {
    std::this_thread::sleep_for(10ms);
    facts = reader.read(clock);
  }
  return facts;
}

void expect_near(std::uint64_t own, std::uint64_t other, const std::string& what) {
  EXPECT_LE(std::max(own, other) - std::min(own, other), kSlackBytes) << what;
}

TEST(HostOfThisMachine, MemoryIsThatOfFree) {
  const auto text = output_of("free -b");
  if (!text) {
    GTEST_SKIP() << "there is no free";
  }
  const HostSample sample = host_sample(read_host(), nullptr);
  std::istringstream words(text->substr(text->find("Mem:") + 4));
  std::uint64_t total = 0;
  std::uint64_t used = 0;
  std::uint64_t free = 0;
  std::uint64_t shared = 0;
  std::uint64_t cache = 0;
  std::uint64_t available = 0;
  ASSERT_TRUE(words >> total >> used >> free >> shared >> cache >> available) << *text;
  EXPECT_EQ(sample.memory.total_bytes, total);
  expect_near(sample.memory.available_bytes.value(), available, "available");
  expect_near(sample.memory_used_bytes.value(), total - available, "used");
}

TEST(HostOfThisMachine, FileSystemsAreThoseOfDf) {
  const HostFacts facts = read_host();
  ASSERT_TRUE(facts.file_systems);
  int compared = 0;
  for (const FileSystemFacts& file_system : *facts.file_systems) {
    const auto text =
        output_of("df -B1 --output=size,used,avail '" + file_system.mount_point + "'");
    if (!text) {
      continue;
    }
    std::istringstream words(text->substr(text->find('\n')));
    std::uint64_t total = 0;
    std::uint64_t used = 0;
    std::uint64_t available = 0;
    ASSERT_TRUE(words >> total >> used >> available) << *text;
    EXPECT_EQ(file_system.total_bytes, total) << file_system.mount_point;
    expect_near(file_system.used_bytes, used, file_system.mount_point);
    expect_near(file_system.available_bytes, available, file_system.mount_point);
    ++compared;
  }
  EXPECT_TRUE(compared > 0 || facts.file_systems->empty());
}

TEST(HostOfThisMachine, CpusAreThoseThatAreOnline) {
  const HostFacts facts = read_host();
  EXPECT_EQ(facts.cpu.cores.size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  ASSERT_TRUE(facts.cpu.times);
  EXPECT_GT(facts.cpu.times->total_ticks, facts.cpu.times->busy_ticks);
}

TEST(HostOfThisMachine, ProcessesAreNoMoreThanThreads) {
  const HostFacts facts = read_host();
  ASSERT_TRUE(facts.cpu.processes);
  EXPECT_GT(*facts.cpu.processes, 1U);
  EXPECT_LE(*facts.cpu.processes, facts.cpu.threads.value());
}

TEST(HostOfThisMachine, InterfacesCountWhatTheirOwnFilesCount) {
  const HostFacts facts = read_host();
  ASSERT_TRUE(facts.interfaces);
  for (const InterfaceFacts& interface : *facts.interfaces) {
    const std::string file = "/sys/class/net/" + interface.name + "/statistics/rx_bytes";
    expect_near(interface.received_bytes, std::stoull(test::read_text(file)), interface.name);
    EXPECT_NE(interface.name, "lo");
  }
}

TEST(HostOfThisMachine, SystemInfoIsThatOfUname) {
  const auto release = output_of("uname -r");
  const auto machine = output_of("uname -m");
  const SystemInfo info = HostReader().system_info();
  ASSERT_TRUE(release && machine);
  EXPECT_EQ(info.platform + "\n", "Linux-" + *release);
  EXPECT_EQ(info.architecture + "\n", *machine);
  EXPECT_EQ(info.cpu_threads, static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  EXPECT_LE(info.cpu_cores.value_or(1), info.cpu_threads.value_or(0));
}

/// Runs in a network namespace of its own, where nobody else has connections.
class OwnNetwork : public testing::Test {
 protected:
  void run(const std::function<void()>& in_network) {
    bool has_network = false;
    std::thread([&] {
      has_network = unshare(CLONE_NEWNET) == 0 && start_loopback();
      if (has_network) {
        in_network();
      }
    }).join();
    if (!has_network) {
      GTEST_SKIP() << "needs root for a network namespace";
    }
  }

  template <typename Address>
  static std::pair<UniqueFd, UniqueFd> connection(const UniqueFd& listener, int family) {
    Address address{};
    socklen_t length = sizeof(address);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    getsockname(listener.get(), plain, &length);
    UniqueFd client(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client.get(), plain, length), 0);
    return {std::move(client), UniqueFd(accept(listener.get(), nullptr, nullptr))};
  }

  static UniqueFd listener_v4() {
    UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener.get(), 8), 0);
    return listener;
  }

  static UniqueFd listener_v6() {
    UniqueFd listener(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool is_there =
        bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
        listen(listener.get(), 8) == 0;
    return is_there ? std::move(listener) : UniqueFd();
  }

 private:
  static bool start_loopback() {
    const UniqueFd any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::snprintf(&request.ifr_name[0], sizeof(request.ifr_name), "lo");
    if (ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) {
      return false;
    }
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    return ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
  }
};

TEST_F(OwnNetwork, EstablishedConnectionsAreCountedAtBothEnds) {
  run([] {
    const auto count_established = [] {
      return parse_current_established(test::read_text("/proc/thread-self/net/snmp"));
    };
    ASSERT_EQ(count_established(), 0U);
    const UniqueFd listener = listener_v4();
    EXPECT_EQ(count_established(), 0U) << "to listen is no connection";
    std::vector<std::pair<UniqueFd, UniqueFd>> connections;
    for (int number = 0; number < 5; ++number) {
      connections.push_back(connection<sockaddr_in>(listener, AF_INET));
    }
    EXPECT_EQ(count_established(), 10U);
    if (const UniqueFd other = listener_v6()) {
      connections.push_back(connection<sockaddr_in6>(other, AF_INET6));
      EXPECT_EQ(count_established(), 12U);
      connections.pop_back();
    }
    connections.back().first.reset();
    EXPECT_EQ(count_established(), 9U) << "one end waits to be closed, the other has gone";
    if (const auto text = output_of("ss -s")) {
      EXPECT_NE(text->find("estab 9"), std::string::npos) << *text;
    }
  });
}

TEST_F(OwnNetwork, WithoutARouteNoAddressIsReached) {
  run([] { EXPECT_EQ(HostReader().system_info().ip_address, ""); });
}

}  // namespace
}  // namespace wemol::host
