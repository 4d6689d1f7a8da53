#include "scheduler.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "explanations.h"
#include "status_json.h"

namespace wemol::queue {
namespace {

/// How long a command waits for a fresh look at the cards; then it gets the last one.
constexpr std::chrono::milliseconds kLongestAnswer{50};
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
                .status = [this](const JobsWanted& wanted) { return status(wanted); },
                .changed = [this] { look_if_wanted(); },
                .after_look = [this](auto action) { after_look(std::move(action)); }}) {}

Result<void> Scheduler::start() {
  auto server = ControlServer::open(
      loop_, options_.state_dir, [this](const Request& request, ControlServer::ConnectionId from) {
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
  book_->remove_old_entries(loop_.moment());
  book_->take_in_ends(loop_.moment());
  book_->end_orphans(loop_.moment());
  first_job_ = book_->state().last_id + 1;
  for (const auto& [id, job] : book_->state().jobs) {
    if (!is_over(job.state)) {
      first_job_ = std::min(first_job_, id);
    }
  }
  files_.hand_over(*book_, loop_.moment());
  if (is_finished() && !book_->state().jobs.empty()) {
    spdlog::info("all jobs of {} have ended before: `wemol-queue run --again` runs them again",
                 options_.command_file.string());
  }
  return {};
}

bool Scheduler::run() {
  look_if_wanted();
  set_next_tick(false);
  const auto wants_attention = [this] {
    if (loop_.take_reload_request()) {
      spdlog::info("SIGHUP: the files are read again");
      reread();
    }
    return is_finished();
  };
  if (!is_finished()) {
    loop_.run_until(wants_attention, SteadyTime::max());
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

void Scheduler::reread() {
  (void)files_.look(*book_, loop_.moment(), true);
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
  // Without a card the decision says who waits for one, and why the others wait.
  const Decision decision = decide(book_->state(), files_.settings(), {}, times());
  const bool wants_card = std::ranges::any_of(decision.waits, [](const Wait& wait) {
    return wait.kind == Wait::Kind::cards || wait.kind == Wait::Kind::reserved;
  });
  if (wants_card) {
    sight_.ask(files_.settings(), tries_.running());
  } else {
    if (std::exchange(waits_for_card_, false)) {
      sight_.let_go();
    }
    nothing_can_start_.reset();
    note_waits(decision);
  }
  waits_for_card_ = wants_card;
}

void Scheduler::on_look() {
  for (const auto& action : std::exchange(after_look_, {})) {
    action();
  }
  answer_timer_.reset();
  decide_now();
}

void Scheduler::decide_now() {
  const auto problem = sight_.problem();
  if (!sight_.look() || problem) {
    Decision none = decide(book_->state(), files_.settings(), {}, times());
    for (Wait& wait : none.waits) {
      if (wait.kind == Wait::Kind::cards || wait.kind == Wait::Kind::reserved) {
        wait.reason = problem.value_or("the cards have not been seen yet");
      }
    }
    note_waits(none);
    return;
  }
  book_->note_waiting(loop_.now());
  // Again where a lock was somebody else's: with that card out of the way. And where a start has
  // failed, for the others; but not for all of a thousand queues.
  constexpr int kMostFailures = 3;
  for (int failures = 0;;) {
    const Decision decision = decide(book_->state(), files_.settings(), *sight_.look(), times());
    std::vector<std::string> locked;
    bool is_changed = false;
    for (const Start& start : decision.starts) {
      if (failures >= kMostFailures) {
        break;
      }
      const Tries::Start started = start_job(start);
      if (started == Tries::Start::held_by_other) {
        locked.insert(locked.end(), start.cards.begin(), start.cards.end());
      }
      failures += started == Tries::Start::failed ? 1 : 0;
      is_changed |= started != Tries::Start::done;
    }
    if (!is_changed) {
      note_nothing_can_start(decision.nothing_can_start);
      note_waits(decision);
      return;
    }
    sight_.note_locked_by_other(locked);
  }
}

Tries::Start Scheduler::start_job(const Start& start) {
  std::vector<Card> cards;
  for (const std::string& uuid : start.cards) {
    const auto& seen = sight_.look()->cards;
    const auto card = std::ranges::find(seen, uuid, &Card::uuid);
    if (card != seen.end()) {
      cards.push_back(*card);
    }
  }
  const Tries::Start started = tries_.start(start.job, cards);
  if (started == Tries::Start::done) {
    last_start_ = loop_.now();
    spdlog::info("{}", start_text(book_->job(start.job), cards, files_.settings()));
  }
  return started;
}

void Scheduler::note_nothing_can_start(const std::optional<std::string>& why) {
  if (why && why != nothing_can_start_) {
    spdlog::error("{}", *why);
  }
  nothing_can_start_ = why;
}

void Scheduler::note_waits(const Decision& decision) {
  const Moment now = loop_.moment();
  job_reasons_.clear();
  queue_reasons_.clear();
  ReasonLog::Reasons reasons;
  for (const Wait& wait : decision.waits) {
    const std::string text = wait_text(wait, now);
    const bool is_of_queue = wait.kind == Wait::Kind::held || wait.kind == Wait::Kind::stopped ||
                             wait.kind == Wait::Kind::backoff;
    if (is_of_queue) {
      queue_reasons_[wait.queue] = text;
    }
    job_reasons_[wait.job] = text;
    reasons[name_of(book_->job(wait.job))] = {text, wait.is_hopeless};
  }
  reasons_.update(std::move(reasons));
  next_due_ = decision.next_due;
  set_next_tick(false);
}

SchedulerTimes Scheduler::times() const {
  return {.now = loop_.now(), .last_start = last_start_};
}

std::string Scheduler::status(const JobsWanted& wanted) const {
  const Status status{.state = book_->state(),
                      .look = sight_.look(),
                      .cards_problem = sight_.problem(),
                      .nothing_can_start = nothing_can_start_,
                      .job_reasons = job_reasons_,
                      .queue_reasons = queue_reasons_,
                      .state_dir = options_.state_dir,
                      .keeps_running = options_.keep_running};
  return status_json(status, wanted, loop_.moment());
}

bool Scheduler::has_failures() const {
  const auto& jobs = book_->state().jobs;
  const auto first = jobs.lower_bound(first_job_);
  return std::any_of(first == jobs.end() ? jobs.begin() : first, jobs.end(),
                     [](const auto& entry) { return entry.second.state != JobState::succeeded; });
}

std::vector<std::string> Scheduler::running_jobs() const {
  std::vector<std::string> names;
  for (const auto& [id, job] : book_->state().jobs) {
    if (job.state == JobState::running) {
      names.push_back(fmt::format("{}, pid {}", name_of(job), job.keeper.pid));
    }
  }
  return names;
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
