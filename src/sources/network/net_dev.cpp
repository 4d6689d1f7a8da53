#include "net_dev.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text_fields.h"

namespace wemol {
namespace {

constexpr std::string_view kDockersPrefix = "eth";

/// Fields behind the interface's name.
constexpr std::size_t kReceivedBytes = 0;
constexpr std::size_t kSentBytes = 8;

bool is_made_by_docker(std::string_view name) {
  return name.starts_with(kDockersPrefix) &&
         parse_number<unsigned>(name.substr(kDockersPrefix.size())).has_value();
}

std::optional<NetworkBytes> parse_counters(std::string_view text) {
  std::array<std::uint64_t, kSentBytes + 1> values{};
  for (std::uint64_t& value : values) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto number = parse_number<std::uint64_t>(text.substr(0, end));
    if (!number) {
      return std::nullopt;
    }
    value = *number;
    text.remove_prefix(end);
  }
  return NetworkBytes{values[kReceivedBytes], values[kSentBytes]};
}

void add(const NetworkBytes& summand, NetworkBytes& sum) {
  sum.received += summand.received;
  sum.sent += summand.sent;
}

}  // namespace

NetworkBytes parse_net_dev(std::string_view text) {
  NetworkBytes of_docker;
  NetworkBytes of_others;
  bool has_docker = false;
  for (const std::string_view line : complete_lines(text)) {
    const std::size_t colon = line.find(':');  // old kernels put no blank behind it
    const auto counters =
        colon == std::string_view::npos ? std::nullopt : parse_counters(line.substr(colon + 1));
    const std::string_view name = trimmed(line.substr(0, colon));
    if (!counters || name == "lo") {
      continue;
    }
    if (is_made_by_docker(name)) {
      has_docker = true;
      add(*counters, of_docker);
    } else {
      add(*counters, of_others);
    }
  }
  return has_docker ? of_docker : of_others;
}

}  // namespace wemol
