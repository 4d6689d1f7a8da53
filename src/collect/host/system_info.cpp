#include "system_info.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core_sensors.h"
#include "cpu_files.h"
#include "files.h"
#include "memory_files.h"

namespace wemol::host {
namespace {

constexpr std::size_t kInfoFileCapBytes = std::size_t{16} << 20;

/// By their siblings, for a core's number is unique within its die only.
std::optional<std::uint64_t> physical_cores(const std::vector<CorePlace>& places) {
  std::set<std::tuple<std::string, int, int, int>> cores;
  for (const CorePlace& place : places) {
    if (place.siblings.empty()) {
      cores.emplace("", place.package, place.die, place.core);
    } else {
      cores.emplace(place.siblings, 0, 0, 0);
    }
  }
  return cores.empty() ? std::nullopt : std::optional<std::uint64_t>(cores.size());
}

constexpr std::uint16_t kDiscardPort = 9;

/// To connect a UDP socket chooses the route and its source address, and sends nothing.
template <typename Address>
bool connect_as_if(int socket, const Address& other, Address& own) {
  socklen_t length = sizeof(own);
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the interface of sockets
  return connect(socket, reinterpret_cast<const sockaddr*>(&other), sizeof(other)) == 0 &&
         getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0;
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
}

/// Of nobody: 192.0.2.0/24 and 2001:db8::/32 are for documentation.
std::string v4_address_to_others() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in other{};
  other.sin_family = AF_INET;
  other.sin_port = htons(kDiscardPort);
  inet_pton(AF_INET, "192.0.2.1", &other.sin_addr);
  sockaddr_in own{};
  std::array<char, INET_ADDRSTRLEN> text{};
  if (!socket || !connect_as_if(socket.get(), other, own) || own.sin_addr.s_addr == INADDR_ANY ||
      inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

std::string v6_address_to_others() {
  const UniqueFd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 other{};
  other.sin6_family = AF_INET6;
  other.sin6_port = htons(kDiscardPort);
  inet_pton(AF_INET6, "2001:db8::1", &other.sin6_addr);
  sockaddr_in6 own{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!socket || !connect_as_if(socket.get(), other, own) ||
      inet_ntop(AF_INET6, &own.sin6_addr, text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

}  // namespace

std::string address_to_others() {
  const std::string address = v4_address_to_others();
  return address.empty() ? v6_address_to_others() : address;
}

SystemInfo read_system_info(const std::filesystem::path& root) {
  const SystemFileReader files;
  const auto text_of = [&](const char* path) {
    return files.read(root / path, kInfoFileCapBytes).value_or("");
  };
  SystemInfo info;
  utsname names{};
  if (uname(&names) == 0) {
    info.platform = fmt::format("{}-{}", &names.sysname[0], &names.release[0]);
    info.architecture = &names.machine[0];
    info.hostname = &names.nodename[0];
  }
  info.cpu_model = parse_cpu_model(text_of("proc/cpuinfo"));
  info.cpu_cores = physical_cores(read_core_places(root));
  if (const auto online = text_of("sys/devices/system/cpu/online"); !online.empty()) {
    info.cpu_threads = count_in_cpu_list(online);
  } else if (const auto cores = parse_cpu_lines(text_of("proc/stat")).cores.size(); cores > 0) {
    info.cpu_threads = cores;
  }
  const MemoryFacts memory = parse_meminfo(text_of("proc/meminfo"));
  info.memory_total_bytes = memory.total_bytes;
  info.swap_total_bytes = memory.swap_total_bytes;
  info.ip_address = address_to_others();
  return info;
}

}  // namespace wemol::host
