#include "management_source.h"

#include <utility>

#include <fmt/format.h>

#include "management_token.h"
#include "source_answer.h"
#include "text.h"
#include "web_url.h"

namespace wemol::report::daily {
namespace {

constexpr std::uint64_t kMostTaskBytes = std::uint64_t{64} << 20;

std::string tasks_url(const std::string& base, const Day& day) {
  return fmt::format("{}/api/v2/consumption/task?start_t={}&end_t={}", base,
                     web::escaped_for_query(day.date + " 00:00:00"),
                     web::escaped_for_query(day.date + " 23:59:59"));
}

Result<ManagementAnswer> read_tasks(const Result<web::Answer>& answer,
                                    const std::vector<NodeSettings>& nodes, const Day& day) {
  constexpr unsigned kUnauthorized = 401;
  constexpr unsigned kForbidden = 403;
  if (answer && (answer->status == kUnauthorized || answer->status == kForbidden)) {
    return failure(fmt::format("it does not accept the token (status {})", answer->status));
  }
  if (!answer || !answer->is_success()) {
    return tl::make_unexpected(json_of(answer).error());
  }
  return parse_tasks(answer->body, nodes, day);
}

}  // namespace

void fetch_tasks(web::Client& client, const ManagementSettings& management,
                 const std::vector<NodeSettings>& nodes, const Day& day, const FetchLimits& limits,
                 std::function<void(Result<ManagementAnswer>)> done) {
  const auto token = read_token(management, limits.now_epoch);
  if (!token) {
    done(tl::make_unexpected(token.error()));
    return;
  }
  client.ask({.url = tasks_url(management.url, day),
              .headers = {{"Accept", "application/json"}, {"Authorization", "Bearer " + *token}}},
             {.patience = limits.timeout, .answer_bytes = kMostTaskBytes},
             [nodes, day, done = std::move(done)](const Result<web::Answer>& answer) {
               auto tasks = read_tasks(answer, nodes, day);
               if (!tasks) {
                 tasks.error().message = "the management API: " + tasks.error().message;
               }
               done(std::move(tasks));
             });
}

}  // namespace wemol::report::daily
