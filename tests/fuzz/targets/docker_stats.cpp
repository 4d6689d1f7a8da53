#include "docker_stats.h"

#include <cmath>

#include "container_id.h"
#include "fuzz_target.h"
#include "properties.h"
#include "size_text.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

bool is_percentage(const std::optional<double>& percent) {
  return std::isfinite(*percent) && *percent >= 0;
}

void check_readings(const ContainerStats& stats) {
  require(is_percentage(stats.cpu_percent), "the CPU's percentage is finite and not negative");
  require(!stats.memory_percent || is_percentage(stats.memory_percent),
          "the memory's percentage is finite and not negative");
  require(stats.memory_percent.has_value() == stats.memory_limit_bytes.has_value() &&
              stats.memory_percent.has_value() == stats.memory_used_bytes.has_value(),
          "the memory's values are there together");
  require(stats.memory_limit_bytes.value_or(1) != 0, "a memory limit of 0 is none");
  require(stats.pids && stats.network_received_bytes && stats.network_sent_bytes &&
              stats.block_read_bytes && stats.block_written_bytes,
          "readings are whole");
  require(stats.printed != nullptr && is_clean_line(stats.printed->cpu_percent) &&
              is_clean_line(stats.printed->pids),
          "what was printed is kept");
}

/// Only what has the form of a whole number and a plain unit is told again here.
void check_size(std::string_view text) {
  constexpr std::size_t kDigitsOfExactDouble = 15;
  const auto bytes = parse_size_bytes(text);
  if (text.ends_with('B') && is_all_digits(text.substr(0, text.size() - 1)) &&
      text.size() <= kDigitsOfExactDouble) {
    require(bytes == parse_number<std::uint64_t>(text.substr(0, text.size() - 1)),
            "bytes without a prefix are that number");
  }
  require(!bytes || text.find_last_of('B') != std::string_view::npos, "a size has a unit");
}

void check_docker_stats(std::string_view input) {
  const auto output = docker::parse_stats(input);
  for (const auto& row : output.rows) {
    require(row.short_id.size() == kShortContainerIdLength &&
                row.short_id.find_first_not_of(kContainerIdDigits) == std::string::npos,
            "a row's id has 12 hexadecimal digits");
    if (row.stats) {
      check_readings(*row.stats);
    }
  }
  require(output.rows.size() + output.messages.size() ==
              complete_lines(input).size() + (half_line(input).empty() ? 0U : 1U),
          "every line, also the half one, is a row or a message");
  check_size(input);
}

const Target docker_stats_target("docker_stats", check_docker_stats);

}  // namespace
}  // namespace wemol::fuzz
