#include "hub_answer.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "bounded_json.h"
#include "text.h"

namespace wemol::hub_client {
namespace {

constexpr std::uint64_t kLongestPauseSeconds = 300;

/// What an error of the hub says: {"status":"error","message":"…"}.
std::string message_in(std::string_view body) {
  constexpr int kDeepest = 4;
  const auto json = parse_bounded_json(body, kDeepest);
  const auto message = json.is_object() ? json.find("message") : json.end();
  return json.is_object() && message != json.end() && message->is_string()
             ? ": " + printable(message->get<std::string>())
             : std::string();
}

}  // namespace

Verdict judge(const Answer& answer) {
  constexpr unsigned kRedirects = 300;
  constexpr unsigned kClientErrors = 400;
  using Next = Verdict::Next;
  if (answer.status >= 200 && answer.status < kRedirects) {
    return {Next::done, {}, {}};
  }
  if (answer.status < kClientErrors) {
    return {Next::later,
            fmt::format("the hub answers {} and names {}, which is not followed: set hub to the "
                        "address that answers itself",
                        answer.status, printable(answer.location)),
            {}};
  }
  const std::string why = message_in(answer.body);
  switch (answer.status) {
    case 400:
    case 413:
    case 422:
      return {Next::drop, fmt::format("the hub refuses a report ({}){}", answer.status, why), {}};
    case 401:
    case 403:
      return {Next::later,
              fmt::format("the hub refuses this host's token ({}){}: wemol-hub enroll prints a new "
                          "one for hub-token-file",
                          answer.status, why),
              {}};
    case 404:
      return {Next::later, fmt::format("there is no hub at this address (404){}", why), {}};
    default:
      break;
  }
  const std::uint64_t seconds = parse_number<std::uint64_t>(answer.retry_after).value_or(0);
  return {Next::later, fmt::format("the hub answers {}{}", answer.status, why),
          std::chrono::seconds(std::min(seconds, kLongestPauseSeconds))};
}

}  // namespace wemol::hub_client
