#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/host_facts.h>

namespace wemol::host {

/// All interfaces in the text of /proc/net/dev.
[[nodiscard]] std::vector<InterfaceFacts> parse_interfaces(std::string_view net_dev);

/// What an interface is, from its folder in /sys/class/net.
enum class InterfaceKind {
  physical,  ///< hardware, or what a hypervisor offers as such (virtio, VF)
  lower,     ///< carries its bytes for another physical one, which counts them too
  leaf,      ///< neither hardware nor made of others: veth, tap
  derived    ///< loopback, bridge, bond, VLAN, tunnel, dummy: its bytes are those of others, or
             ///< nobody's
};
[[nodiscard]] InterfaceKind kind_of_interface(const std::filesystem::path& sys_class_net,
                                              const std::string& name);

/// Picks the interfaces that count: the physical ones. Where there is none, as in a container, the
/// leaves are what leads out. What an interface is is looked up when its name is new.
class InterfacePicker {
 public:
  explicit InterfacePicker(std::filesystem::path sys_class_net)
      : sys_class_net_(std::move(sys_class_net)) {}

  [[nodiscard]] std::vector<InterfaceFacts> pick(std::vector<InterfaceFacts> all);
  /// A name may have gone to another interface.
  void forget() { known_.clear(); }

 private:
  struct Known {
    std::string name;
    InterfaceKind kind;
  };
  [[nodiscard]] InterfaceKind kind_of(const std::string& name);

  std::filesystem::path sys_class_net_;
  std::vector<Known> known_;  ///< sorted by name
};

/// The TCP connections of the network namespace, IPv4 and IPv6, in the text of /proc/net/snmp:
/// established, or half closed by the other side (CLOSE_WAIT). What `ss -s` calls estab. The
/// kernel keeps this count, where to list them takes it milliseconds.
[[nodiscard]] std::optional<std::uint64_t> parse_current_established(std::string_view snmp);

}  // namespace wemol::host
