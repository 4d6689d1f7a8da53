#include "answers.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace wemol::queue {
namespace {

using nlohmann::ordered_json;
using Action = Request::Action;

std::string done_json(const std::string& done) {
  return ordered_json{{"done", done}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

tl::unexpected<Error> no_such_job(JobId id) {
  return failure(fmt::format("there is no job {}: `wemol-queue status --all` lists them", id));
}

}  // namespace

void Answers::take(const Request& request, ControlServer::ConnectionId from) {
  switch (request.action) {
    case Action::status:
      take_status(request.wanted, from);
      return;
    case Action::wait:
      if (const auto known = check_jobs(request.jobs); !known) {
        server_->answer(from, refusal_json(known.error().message));
        return;
      }
      waiting_[from] = request.jobs;
      tell_waiting();
      return;
    case Action::add: {
      const auto id = add(*request.spec);
      server_->answer(from,
                      id ? ordered_json{{"job", *id}}.dump() : refusal_json(id.error().message));
      break;
    }
    default: {
      const auto done = change(request);
      server_->answer(from, done ? done_json(*done) : refusal_json(done.error().message));
      break;
    }
  }
  tell_waiting();
  parts_.changed();
}

void Answers::take_status(const JobsWanted& wanted, ControlServer::ConnectionId from) {
  const auto answer = [this, wanted, from] { server_->answer(from, parts_.status(wanted)); };
  if (wanted.page_from) {
    answer();
  } else {
    parts_.after_look(answer);
  }
}

Result<JobId> Answers::add(const JobSpec& spec) {
  if (spec.after && !parts_.book.state().jobs.contains(*spec.after)) {
    return tl::make_unexpected(no_such_job(*spec.after).value());
  }
  return parts_.book.add(spec, parts_.clock.moment());
}

Result<std::string> Answers::cancel(JobId id) {
  const bool was_running = parts_.book.job(id).state == JobState::running;
  if (const auto canceled = parts_.book.cancel(id, parts_.clock.moment()); !canceled) {
    return tl::make_unexpected(canceled.error());
  }
  const std::string name = name_of(parts_.book.job(id));
  if (!was_running) {
    spdlog::info("{} is canceled", name);
    return fmt::format("{} is canceled", name);
  }
  spdlog::info("{} is being canceled: SIGTERM to all its processes, SIGKILL after 10 s", name);
  parts_.tries.end(id);
  return fmt::format("{} is being ended", name);
}

Result<std::string> Answers::change(const Request& request) {
  JobBook& book = parts_.book;
  const Moment now = parts_.clock.moment();
  const bool is_of_job = !request.jobs.empty();
  const JobId id = is_of_job ? request.jobs.front() : 0;
  if (is_of_job && !book.state().jobs.contains(id)) {
    return tl::make_unexpected(no_such_job(id).value());
  }
  if (request.action == Action::cancel) {
    return cancel(id);
  }
  Result<void> changed;
  std::string done;
  if (request.action == Action::retry) {
    changed = book.retry(id, now);
    done = fmt::format("{} is tried again", name_of(book.job(id)));
  } else if (request.action == Action::skip) {
    changed = book.skip(id, now);
    done = fmt::format("{} is skipped", name_of(book.job(id)));
  } else if (request.action == Action::hold) {
    changed = book.hold(request.queue, now);
    done = fmt::format("queue {} is held", request.queue);
  } else {
    changed = book.release(request.queue, now);
    done = fmt::format("queue {} is released", request.queue);
  }
  if (!changed) {
    return tl::make_unexpected(changed.error());
  }
  spdlog::info("{}", done);
  return done;
}

Result<void> Answers::check_jobs(const std::vector<JobId>& jobs) const {
  for (const JobId id : jobs) {
    if (!parts_.book.state().jobs.contains(id)) {
      return tl::make_unexpected(no_such_job(id).value());
    }
  }
  return {};
}

bool Answers::are_over(const std::vector<JobId>& jobs) const {
  const SchedulerState& state = parts_.book.state();
  if (jobs.empty()) {
    return all_over(state);
  }
  return std::ranges::all_of(jobs, [&](JobId id) {
    const auto job = state.jobs.find(id);
    return job == state.jobs.end() || is_over(job->second.state);
  });
}

std::string Answers::end_of(const std::vector<JobId>& jobs) const {
  ordered_json ended = ordered_json::array();
  bool all_succeeded = true;
  for (const auto& [id, job] : parts_.book.state().jobs) {
    if (jobs.empty() || std::ranges::find(jobs, id) != jobs.end()) {
      ended.push_back({{"job", id}, {"state", name_of(job.state)}});
      all_succeeded = all_succeeded && job.state == JobState::succeeded;
    }
  }
  return ordered_json{{"all_succeeded", all_succeeded}, {"jobs", std::move(ended)}}.dump();
}

void Answers::tell_waiting() {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    const bool is_over = are_over(waiting->second);
    if (is_over) {
      server_->answer(waiting->first, end_of(waiting->second));
    }
    waiting = is_over || !server_->is_there(waiting->first) ? waiting_.erase(waiting)
                                                            : std::next(waiting);
  }
}

}  // namespace wemol::queue
