#include "last_reports.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <nlohmann/json.hpp>

#include "text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;
using Seconds = std::chrono::duration<double>;

/// Before the report, which is the rest of the line.
constexpr char kSeparator = '\t';

}  // namespace

SharedText last_reports(const HostTable& table) {
  SharedText lines;
  table.for_each([&](const Host& host) {
    const Json head{{"address", host.address},
                    {"received", Seconds(host.received_wall.time_since_epoch()).count()},
                    {"has_token", host.has_token}};
    lines.add(head.dump(-1, ' ', false, Json::error_handler_t::replace) + kSeparator);
    lines.add(host.report->json, host.report);
    lines.add("\n", nullptr);
  });
  return lines;
}

std::size_t restore_reports(std::string_view text, Moment now, HostTable& table) {
  std::size_t restored = 0;
  for (const std::string_view line : complete_lines(text)) {
    const std::size_t separator = line.find(kSeparator);
    const Json head = Json::parse(line.substr(0, separator), nullptr, false);
    if (separator == std::string_view::npos || !head.is_object() || !head.contains("address") ||
        !head.contains("received") || !head["address"].is_string() ||
        !head["received"].is_number()) {
      continue;
    }
    auto report = parse_report(line.substr(separator + 1));
    if (!report) {
      continue;
    }
    const WallTime received{
        std::chrono::duration_cast<WallTime::duration>(Seconds(head["received"].get<double>()))};
    // Of a clock that was set back meanwhile nothing is known but that it is long ago.
    constexpr std::chrono::hours kLeast{1};
    const auto age = std::max<WallTime::duration>(now.wall - received, kLeast);
    Arrival arrival{.moment = {now.steady - age, received}, .address = head["address"]};
    arrival.has_token = head.value("has_token", true);
    restored += table.take(std::move(*report), arrival) ? 1U : 0U;
  }
  (void)table.refresh(now.steady);
  return restored;
}

}  // namespace wemol::hub
