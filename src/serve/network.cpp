#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "text.h"

namespace wemol::serve {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kBitsBeforeV4 = 96;
constexpr std::size_t kBytesBeforeV4 = 12;
constexpr unsigned kBitsOfByte = 8;
constexpr std::uint8_t kAllOnes = 0xff;
constexpr std::string_view kUnix = "unix";

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
    return address;
  }
  address.is_v4 = true;
  address.bytes[10] = kAllOnes;
  address.bytes[11] = kAllOnes;
  return inet_pton(AF_INET, text.c_str(), &address.bytes.at(kBytesBeforeV4)) == 1
             ? std::optional(address)
             : std::nullopt;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  Network network;
  if (text == kUnix) {
    network.is_unix_ = true;
    return network;
  }
  const std::size_t slash = text.find('/');
  const auto address = parse_address(std::string(text.substr(0, slash)));
  const unsigned before = address && address->is_v4 ? kBitsBeforeV4 : 0;
  const auto bits = slash == std::string_view::npos
                        ? std::optional<unsigned>(kBits - before)
                        : parse_number<unsigned>(text.substr(slash + 1));
  if (!address || !bits || *bits > kBits - before) {
    return failure(
        fmt::format("\"{}\" is no network; one is 10.0.0.0/8, 192.0.2.7 or "
                    "2001:db8::/32",
                    printable(text)));
  }
  network.bytes_ = address->bytes;
  network.bits_ = *bits + before;
  return network;
}

bool Network::contains(const std::string& address) const {
  if (is_unix_) {
    return address == kUnix;
  }
  const auto given = parse_address(address);
  const std::size_t whole = bits_ / kBitsOfByte;
  if (!given || std::memcmp(given->bytes.data(), bytes_.data(), whole) != 0) {
    return false;
  }
  const unsigned rest = bits_ % kBitsOfByte;
  const auto mask = static_cast<std::uint8_t>(kAllOnes << (kBitsOfByte - rest));
  return rest == 0 || ((given->bytes.at(whole) ^ bytes_.at(whole)) & mask) == 0;
}

Result<Networks> parse_networks(std::string_view text) {
  Networks networks;
  if (trimmed(text).empty()) {
    return networks;
  }
  for (const std::string_view part : split_fields(text, ',')) {
    auto network = Network::parse(trimmed(part));
    if (!network) {
      return tl::make_unexpected(std::move(network.error()));
    }
    networks.push_back(*network);
  }
  return networks;
}

bool contains(const Networks& networks, const std::string& address) {
  return std::ranges::any_of(networks,
                             [&](const Network& network) { return network.contains(address); });
}

}  // namespace wemol::serve
