#include "alert_sender.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "alert_text.h"
#include "backoff.h"
#include "text.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostWaiting = 1'000;
constexpr std::size_t kMostHooksAtOnce = 8;
constexpr std::size_t kMostCommandsAtOnce = 2;
constexpr SteadyTime::duration kFirstPause = 5s;
constexpr SteadyTime::duration kLongestPause = 5min;
constexpr SteadyTime::duration kGivenUpAfter = 1h;

}  // namespace

/// One webhook's notice. Shared with the answer, which may come when nobody waits for it any more.
struct AlertSender::Hook {
  std::string rule;
  std::string url;
  std::string json;
  SteadyTime made_at;
  Backoff backoff{kFirstPause, kLongestPause};
  bool is_under_way = false;
  bool is_done = false;
  std::string trouble;
};

AlertSender::AlertSender(PostWebhook post, CommandRunner& runner)
    : post_(std::move(post)),
      runner_(runner),
      now_(std::make_shared<SteadyTime>(SteadyTime::min())) {}

AlertSender::~AlertSender() {
  for (const Running& running : running_) {
    runner_.abandon(running.ticket);
  }
}

void AlertSender::send(const AlertNotice& notice, const AlertRule& rule, SteadyTime now) {
  if (!rule.webhook.empty()) {
    if (hooks_.size() >= kMostWaiting) {
      hooks_.erase(
          std::ranges::find_if(hooks_, [](const auto& hook) { return !hook->is_under_way; }));
      ++dropped_;
    }
    hooks_.push_back(std::make_shared<Hook>(Hook{
        .rule = rule.name, .url = rule.webhook, .json = alert_json(notice, rule), .made_at = now}));
  }
  if (!rule.command.empty()) {
    if (commands_.size() >= kMostWaiting) {
      commands_.pop_front();
      ++dropped_;
    }
    commands_.emplace_back(rule.name, alert_command(notice, rule));
  }
  work(now);
}

void AlertSender::work(SteadyTime now) {
  *now_ = now;
  std::erase_if(hooks_, [&](const std::shared_ptr<Hook>& hook) {
    const bool is_given_up =
        !hook->is_under_way && !hook->is_done && now - hook->made_at > kGivenUpAfter;
    dropped_ += is_given_up ? 1 : 0;
    return hook->is_done || is_given_up;
  });
  auto under_way = static_cast<std::size_t>(
      std::ranges::count_if(hooks_, [](const auto& hook) { return hook->is_under_way; }));
  // A copy: an answer may come at once.
  const auto hooks = hooks_;
  for (const std::shared_ptr<Hook>& hook : hooks) {
    if (under_way < kMostHooksAtOnce && !hook->is_under_way && !hook->is_done &&
        hook->backoff.over(now)) {
      post(hook, now);
      under_way += hook->is_under_way ? 1U : 0U;
    }
  }
  take_ends();
  start_commands();
}

void AlertSender::post(const std::shared_ptr<Hook>& hook, SteadyTime now) {
  hook->is_under_way = true;
  *now_ = now;
  post_(hook->url, hook->json, [hook, last = now_](const Result<void>& sent) {
    hook->is_under_way = false;
    hook->is_done = sent.has_value();
    hook->trouble = sent ? "" : sent.error().message;
    if (!sent) {
      hook->backoff.failed(*last);
    }
  });
}

void AlertSender::take_ends() {
  std::erase_if(running_, [&](const Running& running) {
    const auto outcome = runner_.finish_by(running.ticket, *now_);
    if (!outcome) {
      return false;
    }
    command_trouble_ = outcome->succeeded()
                           ? ""
                           : fmt::format("the command of the alert \"{}\" {}: {}", running.rule,
                                         outcome->describe(), first_line(outcome->standard_error));
    return true;
  });
}

void AlertSender::start_commands() {
  while (!commands_.empty() && running_.size() < kMostCommandsAtOnce) {
    auto [rule, argv] = std::move(commands_.front());
    commands_.pop_front();
    running_.push_back({runner_.start({.kind = "alert " + rule, .argv = std::move(argv)}), rule});
  }
}

Conditions AlertSender::conditions() const {
  Conditions conditions;
  const auto failing =
      std::ranges::find_if(hooks_, [](const auto& hook) { return !hook->trouble.empty(); });
  if (failing != hooks_.end()) {
    conditions.push_back(
        {.key = "alert-webhook",
         .message = fmt::format("the webhook of the alert \"{}\" cannot be reached: {}",
                                (*failing)->rule, printable((*failing)->trouble))});
  }
  if (!command_trouble_.empty()) {
    conditions.push_back({.key = "alert-command", .message = command_trouble_});
  }
  if (dropped_ > 0) {
    conditions.push_back(
        {.key = "alert-dropped",
         .message = fmt::format("{} could not be sent", counted(dropped_, "alert notice"))});
  }
  return conditions;
}

}  // namespace wemol::hub
