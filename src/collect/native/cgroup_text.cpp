#include "cgroup_text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "text.h"

namespace wemol::cgroup {

std::optional<std::uint64_t> parse_count(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  return text == "max" ? std::numeric_limits<std::uint64_t>::max()
                       : parse_number<std::uint64_t>(text);
}

std::optional<std::uint64_t> parse_value(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t behind = at + key.size();
    const bool begins_line = at == 0 || text[at - 1] == '\n';
    if (begins_line && behind < text.size() && text[behind] == ' ') {
      return parse_number<std::uint64_t>(
          text.substr(behind + 1, text.find('\n', behind) - behind - 1));
    }
  }
  return std::nullopt;
}

std::uint64_t memory_used_bytes(std::uint64_t usage_bytes, std::string_view stat) {
  for (const std::string_view key : {"total_inactive_file", "inactive_file"}) {
    if (const auto inactive = parse_value(stat, key); inactive && *inactive < usage_bytes) {
      return usage_bytes - *inactive;
    }
  }
  return usage_bytes;
}

std::optional<BlockBytes> parse_blkio(std::string_view text) {
  // 253:0 Read 4096
  constexpr std::size_t kFieldsOfDevice = 3;
  std::optional<BlockBytes> sum;
  for (const std::string_view line : complete_lines(text)) {
    const auto fields = split_fields(line, ' ');
    const auto bytes =
        fields.size() == kFieldsOfDevice ? parse_number<std::uint64_t>(fields[2]) : std::nullopt;
    if (!bytes) {
      continue;
    }
    sum = sum.value_or(BlockBytes{});
    if (fields[1] == "Read") {
      sum->read += *bytes;
    } else if (fields[1] == "Write") {
      sum->written += *bytes;
    }
  }
  return sum;
}

BlockBytes parse_io_stat(std::string_view text) {
  // 253:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0
  constexpr std::string_view kRead = "rbytes=";
  constexpr std::string_view kWritten = "wbytes=";
  BlockBytes sum;
  for (const std::string_view line : complete_lines(text)) {
    for (const std::string_view field : split_fields(line, ' ')) {
      if (field.starts_with(kRead)) {
        sum.read += parse_number<std::uint64_t>(field.substr(kRead.size())).value_or(0);
      } else if (field.starts_with(kWritten)) {
        sum.written += parse_number<std::uint64_t>(field.substr(kWritten.size())).value_or(0);
      }
    }
  }
  return sum;
}

}  // namespace wemol::cgroup

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
    const std::string_view name = trimmed(line.substr(0, colon));
    if (colon == std::string_view::npos || name == "lo") {
      continue;
    }
    const bool is_dockers = is_made_by_docker(name);
    if (const auto counters = parse_counters(line.substr(colon + 1))) {
      add(*counters, is_dockers ? of_docker : of_others);
      has_docker = has_docker || is_dockers;
    }
  }
  return has_docker ? of_docker : of_others;
}

}  // namespace wemol
