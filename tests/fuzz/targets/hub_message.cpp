#include "hub_message.h"

#include "fuzz_target.h"
#include "hub_url.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

const Target hub_message_target("hub_message", [](std::string_view input) {
  using namespace hub_client;
  const auto message = parse_hub_message(input);
  if (!message) {
    require_fit_for_log({{.key = "hub", .message = message.error().message}});
  } else if (const auto* const kill = std::get_if<KillRequest>(&*message)) {
    require(kill->pids.size() <= kMostPids, "pids are bounded");
    require(is_clean_line(kill->requested_by), "who asked is fit for the log");
    std::vector<KillResult> results;
    for (const std::uint64_t pid : kill->pids) {
      results.push_back({pid, KillOutcome::gone});
    }
    require(is_utf8(kill_result_message(*kill, results)), "a result is UTF-8");
  } else if (const auto* const answer = std::get_if<RegisterAnswer>(&*message)) {
    require(is_clean_line(answer->message), "the hub's message is fit for the log");
  }
  if (const auto url = parse_hub_url(input)) {
    const auto again = parse_hub_url(url->text());
    require(again && again->host == url->host && again->base_path == url->base_path &&
                again->is_tls == url->is_tls && again->port == url->port,
            "a URL reads back");
    require(is_clean_line(url->text()), "a URL is fit for a request's first line");
  }
});

}  // namespace
}  // namespace wemol::fuzz
