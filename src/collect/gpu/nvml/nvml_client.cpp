#include "nvml_client.h"

#include <utility>

#include <fmt/format.h>

#include "gpu_message.h"
#include "helper_process.h"
#include "nvml_helper.h"

namespace wemol::nvml {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestRestartPause = 60s;
constexpr auto kLongestLibraryPause = 10min;
constexpr auto kKillToStuck = 1s;
constexpr std::chrono::milliseconds kTimerAccuracy{1};

double seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::vector<std::string> own_helper_command() {
  // Also right when the file was replaced by a newer version meanwhile.
  return {"/proc/self/exe", kHelperArgument};
}

NvmlClient::NvmlClient(EventLoop& loop, std::vector<std::string> helper_command,
                       HelperTiming timing, Detail detail)
    : loop_(loop),
      helper_command_(std::move(helper_command)),
      timing_(timing),
      detail_(detail),
      restart_pause_(timing.first_pause, kLongestRestartPause),
      library_pause_(timing.first_library_pause, kLongestLibraryPause) {}

NvmlClient::~NvmlClient() = default;

void NvmlClient::begin() {
  const SteadyTime now = loop_.now();
  reap();
  answer_.reset();
  wanted_ = false;
  if (asked_at_) {
    wanted_ = now - *asked_at_ <= timing_.fresh;
    return;
  }
  if (!helper_ && restart_pause_.over(now) && library_pause_.over(now)) {
    start_helper(now);
  }
  if (helper_ && !ending_ && !killed_) {
    ask(now);
    wanted_ = true;
  }
}

std::optional<GpuReadings> NvmlClient::finish(const GpuReadingsDue& due) {
  if (wanted_) {
    loop_.run_until([this] { return !asked_at_ || !helper_ || helper_->ended(); }, due.driver);
    wanted_ = false;
  }
  reap();
  if (answer_ && answer_->readings) {
    return std::exchange(answer_, std::nullopt)->readings;
  }
  if (!why_no_library_.empty()) {
    return std::nullopt;
  }
  GpuReadings unknown;
  if (!loop_.stop_requested()) {
    unknown.conditions.push_back(
        {.key = "nvml helper",
         .severity = Severity::warning,
         .message = fmt::format("the NVML helper {}; the gpu_ columns are N/A",
                                state_in_words(loop_.now()))});
  }
  return unknown;
}

void NvmlClient::let_go() {
  if (helper_ && !ending_) {
    ending_ = true;
    helper_->close_input();
    set_timer(loop_.now() + timing_.answer);
  }
}

bool NvmlClient::has_let_go() {
  reap();
  return !helper_;
}

void NvmlClient::start_helper(SteadyTime now) {
  auto helper = HelperProcess::start(loop_, helper_command_,
                                     [this](std::string_view line) { on_line(line); });
  if (helper) {
    helper_ = std::move(*helper);
  } else {
    last_failure_ = helper.error().message;
    restart_pause_.failed(now);
  }
}

void NvmlClient::ask(SteadyTime now) {
  asked_at_ = now;
  set_timer(now + (has_answered_ ? timing_.answer : timing_.first_answer));
  helper_->send(request_for(detail_));
}

void NvmlClient::on_line(std::string_view line) {
  if (!asked_at_ || killed_) {
    return;
  }
  asked_at_.reset();
  timer_.reset();
  auto answer = from_line(line);
  if (!answer) {
    kill_helper("gave an answer that " + answer.error().message);
    return;
  }
  has_answered_ = true;
  last_failure_.clear();
  restart_pause_.succeeded();
  why_no_library_ = answer->why_no_library;
  if (answer->readings) {
    library_pause_.succeeded();
  } else {
    library_pause_.failed(loop_.now());
    let_go();
  }
  if (wanted_) {
    answer_ = std::move(*answer);
  }
}

void NvmlClient::kill_helper(std::string why) {
  killed_ = Killed{.at = loop_.now(), .why = std::move(why)};
  helper_->kill();
}

void NvmlClient::reap() {
  if (!helper_ || !helper_->ended()) {
    return;
  }
  if (!ending_) {
    last_failure_ = killed_ ? killed_->why : helper_->how_it_ended();
    restart_pause_.failed(helper_->ended_at());
  }
  helper_.reset();
  timer_.reset();
  asked_at_.reset();
  killed_.reset();
  has_answered_ = false;
  ending_ = false;
}

void NvmlClient::set_timer(SteadyTime due) {
  timer_ = loop_.call_at(
      due,
      [this] {
        const SteadyTime now = loop_.now();
        kill_helper(fmt::format("gave no answer for {:.1f} s and was killed",
                                seconds(now - asked_at_.value_or(now))));
      },
      kTimerAccuracy);
}

std::string NvmlClient::state_in_words(SteadyTime now) const {
  if (killed_) {
    return now - killed_->at < kKillToStuck
               ? killed_->why
               : fmt::format("{}, but cannot be ended (process {}): there is no other meanwhile",
                             killed_->why, helper_->pid());
  }
  if (asked_at_) {
    return fmt::format("has not answered for {:.1f} s", seconds(now - *asked_at_));
  }
  if (ending_) {
    return "has not let go of the driver yet";
  }
  if (last_failure_.empty()) {
    return "answered too late for this round";
  }
  return fmt::format("{}; the next one is started in {:.1f} s", last_failure_,
                     seconds(restart_pause_.left(now)));
}

}  // namespace wemol::nvml
