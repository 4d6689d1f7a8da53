#include "scheduler.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "report_of_start.h"
#include "status_json.h"

namespace wemol::queue {
namespace {

/// How long a command waits for a fresh look at the cards; then it gets the last one.
constexpr std::chrono::milliseconds kLongestAnswer{80};
constexpr std::chrono::milliseconds kSettlingTime{500};
/// A look that is younger than this is fresh enough for `status`.
constexpr std::chrono::seconds kFreshLook{1};
/// For the last answers.
constexpr std::chrono::seconds kFarewell{1};

}  // namespace

Scheduler::Scheduler(EventLoop& loop, const QueueOptions& options, InputFiles files,
                     std::unique_ptr<JobBook> book)
    : loop_(loop),
      options_(options),
      files_(std::move(files)),
      book_(std::move(book)),
      locks_(options.lock_dir),
      sight_(loop, options.lock_dir, [this] { on_look(); }),
      tries_(loop, *book_, files_.settings(), locks_,
             [this](JobId) {
               answers_.tell_waiting();
               look_if_wanted();
             }),
      answers_({.book = *book_,
                .tries = tries_,
                .clock = loop,
                .status = [this] { return status(); },
                .changed = [this] { look_if_wanted(); },
                .after_look = [this](auto action) { after_look(std::move(action)); }}) {}

Result<void> Scheduler::start() {
  auto server = ControlServer::open(
      loop_, options_.state_dir,
      [this](const Request& request, ControlServer::ConnectionId from) {
        answers_.take(request, from);
      });
  if (!server) {
    return tl::make_unexpected(server.error());
  }
  server_ = std::move(*server);
  answers_.serve_on(*server_);
  if (locks_.why_alone()) {
    spdlog::warn("the schedulers of other users are not seen: {}", *locks_.why_alone());
  }
  tries_.adopt();
  book_->end_orphans(loop_.moment());
  first_job_ = book_->state().last_id + 1;
  for (const auto& [id, job] : book_->state().jobs) {
    if (!is_over(job.state)) {
      first_job_ = std::min(first_job_, id);
    }
  }
  files_.hand_over(*book_, loop_.moment());
  if (is_finished() && !book_->state().jobs.empty()) {
    spdlog::info("all {} of {} have ended before: `wemol-queue run --again` runs them again",
                 book_->state().jobs.size() == 1 ? "jobs" : "jobs",
                 options_.command_file.string());
  }
  return {};
}

bool Scheduler::run() {
  look_if_wanted();
  set_next_tick(false);
  while (!loop_.stop_requested() && !is_finished()) {
    loop_.run_until([this] { return is_finished() || loop_.take_reload_request() && (reread(true), false); },
                    SteadyTime::max());
  }
  const bool has_finished = is_finished();
  answers_.tell_waiting();
  after_look_.clear();
  loop_.drain_until([this] { return server_->is_idle(); }, loop_.now() + kFarewell);
  return has_finished;
}

bool Scheduler::is_finished() const {
  return !options_.keep_running && tries_.is_empty() && all_over(book_->state());
}

void Scheduler::tick() {
  const auto look = files_.look(*book_, loop_.moment(), false);
  if (look.has_changed) {
    answers_.tell_waiting();
  }
  look_if_wanted();
  set_next_tick(look.is_settling);
}

void Scheduler::reread(bool at_once) {
  (void)files_.look(*book_, loop_.moment(), at_once);
  look_if_wanted();
}

void Scheduler::set_next_tick(bool is_settling) {
  SteadyTime due = loop_.now() + (is_settling ? kSettlingTime : files_.settings().check_time);
  if (next_due_ && *next_due_ > loop_.now()) {
    due = std::min(due, *next_due_);
  }
  tick_ = loop_.call_at(
      due, [this] { tick(); }, EventLoop::kPrompt);
}

void Scheduler::look_if_wanted() {
  // Whoever waits for a card, or whether anybody does, is the decision's to say; without a look it
  // says what can be said.
  const bool has_pending = std::ranges::any_of(book_->state().jobs, [](const auto& entry) {
    return entry.second.state == JobState::pending;
  });
  if (has_pending && has_startable(book_->state(), loop_.now())) {
    waits_for_card_ = true;
    sight_.ask(files_.settings(), tries_.running());
  } else if (std::exchange(waits_for_card_, false)) {
    sight_.let_go();
  }
}

void Scheduler::on_look() {
  for (const auto& action : std::exchange(after_look_, {})) {
    action();
  }
  answer_timer_.reset();
  decide_now();
}

void Scheduler::decide_now() {
  if (!sight_.look() || sight_.problem()) {
    job_reasons_.clear();
    return;
  }
  // Again where a lock was somebody else's: with that card out of the way.
  while (true) {
    const Decision decision =
        decide(book_->state(), files_.settings(), *sight_.look(),
               {.now = loop_.now(), .last_start = last_start_});
    std::vector<std::string> locked;
    for (const Start& start : decision.starts) {
      if (!start_job(start)) {
        locked.insert(locked.end(), start.cards.begin(), start.cards.end());
      }
    }
    if (locked.empty()) {
      note_waits(decision);
      next_due_ = decision.next_due;
      set_next_tick(false);
      return;
    }
    sight_.note_locked_by_other(locked);
  }
}

void Scheduler::after_look(std::function<void()> action) {
  const auto& look = sight_.look();
  if (look && loop_.now() - look->looked_at < kFreshLook) {
    action();
    return;
  }
  after_look_.push_back(std::move(action));
  sight_.ask(files_.settings(), tries_.running());
  if (!answer_timer_) {
    answer_timer_ = loop_.call_at(loop_.now() + kLongestAnswer, [this] {
      for (const auto& waiting : std::exchange(after_look_, {})) {
        waiting();
      }
      answer_timer_.reset();
    });
  }
}

}  // namespace wemol::queue
