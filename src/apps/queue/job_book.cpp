#include "job_book.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "explanations.h"
#include "result_file.h"
#include "text.h"

namespace wemol::queue {
namespace {

std::vector<KnownBlock> known_blocks(const SchedulerState& state, const std::vector<JobId>& jobs) {
  std::vector<KnownBlock> blocks;
  for (const JobId id : jobs) {
    if (const auto job = state.jobs.find(id); job != state.jobs.end()) {
      blocks.push_back({id, job->second.spec});
    }
  }
  return blocks;
}

}  // namespace

std::string name_of(const Job& job) {
  return fmt::format("job {} (queue {})", job.id, job.spec.queue);
}

Result<std::unique_ptr<JobBook>> JobBook::open(const std::filesystem::path& state_dir,
                                               const Moment& now) {
  auto file = StateFile::open(state_dir);
  if (!file) {
    return tl::make_unexpected(file.error());
  }
  auto loaded = file->load(now);
  if (!loaded) {
    return tl::make_unexpected(loaded.error());
  }
  for (const std::string& warning : loaded->warnings) {
    spdlog::warn("{}", warning);
  }
  std::unique_ptr<JobBook> book(new JobBook(std::move(*file), state_dir));
  book->state_ = std::move(loaded->state);
  book->blocks_ = std::move(loaded->blocks);
  return book;
}

JobBook::JobBook(StateFile state_file, const std::filesystem::path& state_dir)
    : state_file_(std::move(state_file)), records_(state_dir) {}

JobId JobBook::add(JobSpec spec, const Moment& now) {
  const JobId id = add_job(state_, std::move(spec), now.wall);
  save({.jobs = {id}, .queues = {job(id).spec.queue}}, now);
  spdlog::info("{} is added: {}", name_of(job(id)), printable(job(id).spec.commands.front()));
  return id;
}

void JobBook::take_command_file(const std::filesystem::path& path,
                                const CommandFileReading& reading, const Moment& now) {
  std::vector<JobId>& jobs = blocks_[path.string()];
  const FileChange difference = compare(known_blocks(state_, jobs), reading);
  StateChange change{.block_files = {path.string()}};
  std::set<std::string> queues;
  std::vector<JobId> in_file;
  for (std::size_t i = 0; i < reading.blocks.size(); ++i) {
    const CommandBlock& block = reading.blocks[i];
    if (!difference.jobs[i]) {
      change.jobs.push_back(add_job(state_, block.spec, now.wall));
      queues.insert(block.spec.queue);
      spdlog::info("{} is added: {}:{}", name_of(job(change.jobs.back())), path.string(),
                   block.first_line);
    }
    in_file.push_back(difference.jobs[i].value_or(state_.last_id));
  }
  for (const JobId id : difference.removed) {
    const std::string name = name_of(job(id));
    if (job(id).state == JobState::pending && remove_pending_job(state_, id, now.wall)) {
      change.jobs.push_back(id);
      spdlog::info("{} is taken away: its block is gone from {}", name, path.string());
    }
  }
  if (!difference.removed.empty()) {
    append_skipped(change.jobs, now);
  }
  if (!reading.errors.empty()) {  // one of the refused blocks may be that of a job
    const std::set<JobId> known(in_file.begin(), in_file.end());
    std::ranges::copy_if(jobs, std::back_inserter(in_file),
                         [&](JobId id) { return !known.contains(id); });
  }
  const bool is_same = in_file == jobs;
  jobs = std::move(in_file);
  change.queues.assign(queues.begin(), queues.end());
  if (!is_same || !change.jobs.empty()) {
    save(change, now);
  }
}

void JobBook::forget_command_file(const std::filesystem::path& path) {
  blocks_[path.string()].clear();
}

Result<void> JobBook::begin_try(JobId id, const std::vector<std::string>& cards,
                                const Moment& now) {
  before_try_ = {.job = job(id), .queue = state_.queues[job(id).spec.queue]};
  note_started(state_, id, cards, new_uni_id(state_, random_), {}, now);
  if (!save({.jobs = {id}, .queues = {job(id).spec.queue}}, now)) {
    restore(id);
    return failure(fmt::format("it could not be noted that it starts: {}", disk_problem_));
  }
  records_.note_begin(job(id), now);
  return {};
}

void JobBook::take_back_try(JobId id, const Moment& now) {
  records_.forget_begin(job(id).uni_id, now);
  restore(id);
  save({.jobs = {id}, .queues = {job(id).spec.queue}}, now);
}

void JobBook::restore(JobId id) {
  state_.queues[before_try_.job.spec.queue] = before_try_.queue;
  state_.jobs.at(id) = std::move(before_try_.job);
}

void JobBook::set_keeper(JobId id, const ProcessId& keeper, const Moment& now) {
  state_.jobs.at(id).keeper = keeper;
  save_job(id, now);
  records_.note_keeper(job(id), now);
}

void JobBook::end_try(JobId id, TryResult result, const QueueSettings& settings,
                      const Moment& now) {
  const Job before = job(id);
  const bool is_canceled = before.is_cancel_requested;
  result = records_.as_reported(before, std::move(result));
  records_.note_end(before, result, is_canceled, now.wall);
  note_ended(state_, id, result, settings, now);
  log_end(before, job(id), result, state_, now);
  save_end(id, now);
  records_.write_ends(disk_problem_.empty(), now);
}

void JobBook::take_in_ends(const Moment& now) {
  for (const auto& [id, job] : state_.jobs) {
    if (job.state == JobState::running || job.uni_id.empty() || !job.last_result) {
      continue;
    }
    if (const auto left = read_result(state_dir(), job.uni_id); left && *left) {
      records_.note_end(job, *job.last_result, job.state == JobState::canceled,
                        job.ended_at.value_or(now.wall));
    }
  }
  records_.write_ends(disk_problem_.empty(), now);
}

Result<void> JobBook::cancel(JobId id, const Moment& now) {
  auto done = cancel_job(state_, id, now.wall);
  if (done) {
    save_end(id, now);
  }
  return done;
}

Result<void> JobBook::retry(JobId id, const Moment& now) {
  auto done = retry_job(state_, id);
  if (done) {
    save_job(id, now);
    save_queue(job(id).spec.queue, now);
  }
  return done;
}

Result<void> JobBook::skip(JobId id, const Moment& now) {
  auto done = skip_job(state_, id, now.wall);
  if (done) {
    save_end(id, now);
  }
  return done;
}

Result<void> JobBook::hold(const std::string& queue, const Moment& now) {
  auto done = hold_queue(state_, queue);
  if (done) {
    save_queue(queue, now);
  }
  return done;
}

Result<void> JobBook::release(const std::string& queue, const Moment& now) {
  auto done = release_queue(state_, queue);
  if (done) {
    save_queue(queue, now);
  }
  return done;
}

void JobBook::end_orphans(const Moment& now) {
  std::set<std::string> running;
  for (const auto& [id, job] : state_.jobs) {
    if (job.state == JobState::running) {
      running.insert(job.uni_id);
    }
  }
  records_.end_orphans(running, now);
}

void JobBook::save_job(JobId id, const Moment& now) {
  save({.jobs = {id}}, now);
}

void JobBook::save_end(JobId id, const Moment& now) {
  StateChange change{.jobs = {id}, .queues = {job(id).spec.queue}};
  append_skipped(change.jobs, now);
  save(change, now);
}

void JobBook::append_skipped(std::vector<JobId>& jobs, const Moment& now) const {
  for (const auto& [id, job] : state_.jobs) {
    if (job.state == JobState::skipped && job.spec.after && job.ended_at == now.wall) {
      jobs.push_back(id);
    }
  }
}

void JobBook::save_queue(const std::string& queue, const Moment& now) {
  save({.queues = {queue}}, now);
}

bool JobBook::save(const StateChange& change, const Moment& now) {
  const auto saved = state_file_.save(state_, blocks_, change, now);
  std::string problem = saved ? "" : saved.error().message;
  if (problem == disk_problem_) {
    return saved.has_value();
  }
  disk_problem_ = std::move(problem);
  if (disk_problem_.empty()) {
    spdlog::info("the state is on the disk again");
    records_.write_ends(disk_problem_.empty(), now);
  } else {
    spdlog::error("{}; a restart would not know of the last changes", disk_problem_);
  }
  return saved.has_value();
}

}  // namespace wemol::queue
