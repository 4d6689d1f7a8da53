#include "interface_files.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "files.h"
#include "text.h"
#include "words.h"

namespace wemol::host {
namespace {

constexpr std::size_t kAttributeCapBytes = 4096;

/// eth0: bytes packets errs drop fifo frame compressed multicast bytes packets …
std::optional<InterfaceFacts> parse_interface(std::string_view line) {
  constexpr std::size_t kSentBytes = 8;
  constexpr std::size_t kSentPackets = 9;
  const std::size_t colon = line.find(':');  // old kernels put no blank behind it
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view name = trimmed(line.substr(0, colon));
  line.remove_prefix(colon + 1);
  std::array<std::uint64_t, kSentPackets + 1> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto parsed = parse_number<std::uint64_t>(take_word(line));
    if (!parsed) {
      return std::nullopt;
    }
    number = *parsed;
  }
  return InterfaceFacts{.name = std::string(name),
                        .received_bytes = numbers[0],
                        .sent_bytes = numbers[kSentBytes],
                        .received_packets = numbers[1],
                        .sent_packets = numbers[kSentPackets]};
}

std::string attribute(const std::filesystem::path& folder, const char* name) {
  auto text = SystemFileReader().read(folder / name, kAttributeCapBytes).value_or("");
  return std::string(trimmed(text.substr(0, text.find('\n'))));
}

bool has_device(const std::filesystem::path& folder) {
  std::error_code failed;
  return std::filesystem::exists(folder / "device", failed);
}

/// Where a card switches between virtual functions, the host has an interface ("pf0vf2") for each
/// one. Its bytes go through the card's own interface too.
bool is_representor(const std::filesystem::path& folder) {
  const std::string port = attribute(folder, "phys_port_name");
  const std::size_t pf = port.find("pf");
  return pf != std::string::npos && (port.find("vf", pf + 2) != std::string::npos ||
                                     port.find("sf", pf + 2) != std::string::npos);
}

/// Hyper-V and virtio hand the bytes of a passed-through card to an interface of their own, which
/// is its master.
bool is_below_physical(const std::filesystem::path& folder) {
  return has_device(folder / "master");
}

bool is_made_of_others(const std::filesystem::path& folder) {
  constexpr unsigned kLoopback = 0x8;
  constexpr unsigned kNoArp = 0x80;  // dummy, ifb, most tunnels
  constexpr std::string_view kLower = "lower_";
  constexpr int kHexadecimal = 16;
  const std::string flags = attribute(folder, "flags");
  const auto bits = parse_number<unsigned>(
      std::string_view(flags).substr(flags.starts_with("0x") ? 2 : 0), kHexadecimal);
  if (!bits || (*bits & (kLoopback | kNoArp)) != 0) {
    return true;
  }
  // Bridges, bonds, VLANs, VXLAN and the like say what they are, veth and tap do not.
  const auto event = SystemFileReader().read(folder / "uevent", kAttributeCapBytes).value_or("");
  if (event.find("DEVTYPE=") != std::string::npos) {
    return true;
  }
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename();
    if (name == "bridge" || name == "bonding" || name.starts_with(kLower)) {
      return true;
    }
  }
  return failed.operator bool();
}

}  // namespace

std::vector<InterfaceFacts> parse_interfaces(std::string_view net_dev) {
  std::vector<InterfaceFacts> interfaces;
  while (!net_dev.empty()) {
    if (auto interface = parse_interface(take_line(net_dev))) {
      interfaces.push_back(std::move(*interface));
    }
  }
  return interfaces;
}

InterfaceKind kind_of_interface(const std::filesystem::path& sys_class_net,
                                const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
    return InterfaceKind::derived;
  }
  const std::filesystem::path folder = sys_class_net / name;
  if (has_device(folder)) {
    return is_representor(folder) || is_below_physical(folder) ? InterfaceKind::lower
                                                               : InterfaceKind::physical;
  }
  return is_made_of_others(folder) ? InterfaceKind::derived : InterfaceKind::leaf;
}

InterfaceKind InterfacePicker::kind_of(const std::string& name) {
  const auto at = std::ranges::lower_bound(known_, name, {}, &Known::name);
  if (at != known_.end() && at->name == name) {
    return at->kind;
  }
  return known_.insert(at, {name, kind_of_interface(sys_class_net_, name)})->kind;
}

std::vector<InterfaceFacts> InterfacePicker::pick(std::vector<InterfaceFacts> all) {
  constexpr std::size_t kManyMore = 64;
  if (known_.size() > all.size() + kManyMore) {
    forget();  // those of containers that are gone
  }
  const auto has = [&](InterfaceKind kind) {
    return std::ranges::any_of(
        all, [&](const InterfaceFacts& interface) { return kind_of(interface.name) == kind; });
  };
  const InterfaceKind wanted =
      has(InterfaceKind::physical) ? InterfaceKind::physical : InterfaceKind::leaf;
  std::erase_if(all,
                [&](const InterfaceFacts& interface) { return kind_of(interface.name) != wanted; });
  return all;
}

std::optional<std::uint64_t> parse_current_established(std::string_view snmp) {
  // A line of names, then one of numbers, both of which begin with "Tcp:".
  constexpr std::string_view kTcp = "Tcp:";
  std::string_view names;
  while (!snmp.empty()) {
    std::string_view line = take_line(snmp);
    if (!line.starts_with(kTcp)) {
      continue;
    }
    if (names.empty()) {
      names = line;
      continue;
    }
    while (!names.empty()) {
      const std::string_view name = take_word(names);
      const std::string_view number = take_word(line);
      if (name == "CurrEstab") {
        return parse_number<std::uint64_t>(number);
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace wemol::host
