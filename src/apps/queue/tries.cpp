#include "tries.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "expand.h"
#include "leftovers.h"
#include "process_table.h"
#include "result_file.h"
#include "status_json.h"

namespace wemol::queue {
namespace {

/// For a keeper that a scheduler has started and then was killed before it had noted the pid.
constexpr std::chrono::milliseconds kBetweenSearches{50};
constexpr int kSearches = 20;

std::vector<std::string> uuids_of(const std::vector<Card>& cards) {
  std::vector<std::string> uuids;
  uuids.reserve(cards.size());
  for (const Card& card : cards) {
    uuids.push_back(card.uuid);
  }
  return uuids;
}

}  // namespace

Tries::Tries(EventLoop& loop, JobBook& book, const QueueSettings& settings, const CardLocks& locks,
             std::function<void(JobId)> ended)
    : loop_(loop), book_(book), settings_(settings), locks_(locks), ended_(std::move(ended)) {}

void Tries::adopt() {
  for (const auto& [id, job] : book_.state().jobs) {
    if (job.state != JobState::running) {
      continue;
    }
    for (int i = 0; job.keeper.pid == 0 && i < kSearches; ++i) {
      if (const auto keeper = find_keeper(job.uni_id)) {
        book_.set_keeper(id, *keeper, loop_.moment());
      } else if (const auto result = read_result(book_.state_dir(), job.uni_id);
                 result && *result) {
        break;
      } else {
        std::this_thread::sleep_for(kBetweenSearches);
      }
    }
    if (is_alive(job.keeper)) {
      spdlog::info("{} still runs: try {}, {}, pid {}", name_of(job), job.tries, job.uni_id,
                   job.keeper.pid);
    }
    watch(id);
    if (job.is_cancel_requested) {
      end(id);
    }
  }
  remove_stale_cgroups();
}

Tries::Start Tries::start(JobId id, const std::vector<Card>& cards) {
  std::vector<CardLock> fresh;
  std::vector<int> descriptors;
  for (const Card& card : cards) {
    const auto held = held_.find(card.uuid);
    if (held != held_.end()) {
      descriptors.push_back(held->second.fd.get());
      continue;
    }
    auto lock = this->lock(card.uuid);
    if (!lock) {
      if (lock.error().code == EWOULDBLOCK) {
        return Start::held_by_other;
      }
      note_problem(id, lock.error().message);
      return postpone(id, cards, lock.error().message);
    }
    descriptors.push_back(lock->fd.get());
    fresh.push_back(std::move(*lock));
  }
  std::erase(descriptors, -1);
  for (CardLock& lock : fresh) {
    if (lock.fd) {
      held_.insert_or_assign(lock.uuid, std::move(lock));
    }
  }
  if (const auto begun = begin(id, cards, descriptors); !begun) {
    return postpone(id, cards, begun.error().message);
  }
  return Start::done;
}

Tries::Start Tries::postpone(JobId id, const std::vector<Card>& cards, const std::string& why) {
  book_.postpone_start(id, why, loop_.now() + settings_.check_time);
  give_back(uuids_of(cards));
  return Start::failed;
}

void Tries::note_problem(JobId id, const std::string& problem) {
  if (problem == start_problem_) {
    return;
  }
  if (problem.empty()) {
    spdlog::info("jobs can be started again");
  } else {
    spdlog::error("{}: {}; it is tried again", name_of(book_.job(id)), problem);
  }
  start_problem_ = problem;
}

Result<void> Tries::begin(JobId id, const std::vector<Card>& cards, const std::vector<int>& locks) {
  if (auto begun = book_.begin_try(id, uuids_of(cards), loop_.moment()); !begun) {
    return begun;
  }
  const auto keeper = start_keeper(order_for(book_.job(id), cards), locks);
  note_problem(id, keeper ? "" : keeper.error().message);
  if (!keeper) {
    book_.take_back_try(id, loop_.moment());
    return tl::make_unexpected(keeper.error());
  }
  book_.set_keeper(id, *keeper, loop_.moment());
  watch(id);
  return {};
}

Result<CardLock> Tries::lock(const std::string& uuid) const {
  auto lock = locks_.lock(uuid);
  if (!lock && lock.error().code == EWOULDBLOCK && runs_on(uuid)) {
    return CardLock{.uuid = uuid};  // a keeper that was taken over has it
  }
  return lock;
}

bool Tries::runs_on(const std::string& uuid) const {
  return std::ranges::any_of(book_.state().jobs, [&](const auto& entry) {
    const Job& job = entry.second;
    return job.state == JobState::running && std::ranges::find(job.cards, uuid) != job.cards.end();
  });
}

void Tries::give_back(const std::vector<std::string>& uuids) {
  for (const std::string& uuid : uuids) {
    if (!runs_on(uuid)) {
      held_.erase(uuid);
    } else if (!held_.contains(uuid)) {  // the keeper that had it was the one that ended
      if (auto lock = locks_.lock(uuid); lock && lock->fd) {
        held_.insert_or_assign(uuid, std::move(*lock));
      }
    }
  }
}

TryOrder Tries::order_for(const Job& job, const std::vector<Card>& cards) const {
  TryOrder order{.job = job.id,
                 .queue = job.spec.queue,
                 .uni_id = job.uni_id,
                 .try_number = job.tries,
                 .work_dir = settings_.work_dir,
                 .environment = environment_of(job.id, job.uni_id, cards),
                 .command_timeout = settings_.command_timeout,
                 .state_dir = book_.state_dir(),
                 .log = job_log_path(book_.state_dir(), job.id),
                 .lock_folder = locks_.folder(),
                 .card_uuids = job.cards};
  for (const std::string& command : job.spec.commands) {
    order.commands.push_back(expand(command, settings_.work_dir, job.uni_id));
  }
  return order;
}

void Tries::watch(JobId id) {
  auto watched = WatchedTry::watch(loop_, book_.job(id).keeper, [this, id] { on_end(id); });
  if (watched) {
    watched_.insert_or_assign(id, std::move(*watched));
    return;
  }
  if (watched.error().code != ESRCH) {
    spdlog::error("{}: {}", name_of(book_.job(id)), watched.error().message);
  }
  // From the loop: the caller may be going through the jobs.
  ended_meanwhile_[id] = loop_.call_at(loop_.now(), [this, id] { on_end(id); });
}

void Tries::on_end(JobId id) {
  watched_.erase(id);
  ended_meanwhile_.erase(id);
  const std::string uni_id = book_.job(id).uni_id;
  const auto result = read_result(book_.state_dir(), uni_id);
  if (result && *result) {
    tell_end(id, **result);
    return;
  }
  TryResult gone{.text = result ? "its keeper was killed" : result.error().message};
  if (const auto names = end_leftovers(uni_id); !names.empty()) {
    gone.text += fmt::format("; ended what it has left behind: {}", fmt::join(names, ", "));
  }
  tell_end(id, std::move(gone));
}

void Tries::tell_end(JobId id, TryResult result) {
  const std::vector<std::string> cards = book_.job(id).cards;
  book_.end_try(id, std::move(result), settings_, loop_.moment());
  give_back(cards);
  ended_(id);
}

void Tries::end(JobId id) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) {
    return;  // it has ended already
  }
  if (const auto told = end_try(found->second.keeper()); !told && told.error().code != ESRCH) {
    spdlog::error("{} cannot be ended: {}", name_of(book_.job(id)), told.error().message);
  }
}

std::vector<OwnTry> Tries::running() const {
  std::vector<OwnTry> tries;
  for (const auto& [id, watched] : watched_) {
    const Job& job = book_.job(id);
    tries.push_back({.keeper = watched.keeper(), .uni_id = job.uni_id, .cards = job.cards});
  }
  return tries;
}

}  // namespace wemol::queue
