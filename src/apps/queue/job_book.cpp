#include "job_book.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "explanations.h"
#include "process_table.h"
#include "result_file.h"
#include "text.h"

namespace wemol::queue {
namespace {

constexpr const char* kUniIdFile = "uni_id.json";
constexpr const char* kHistoryFile = "history.jsonl";

std::vector<KnownBlock> known_blocks(const SchedulerState& state, const std::vector<JobId>& jobs) {
  std::vector<KnownBlock> blocks;
  for (const JobId id : jobs) {
    if (const auto job = state.jobs.find(id); job != state.jobs.end()) {
      blocks.push_back({id, job->second.spec});
    }
  }
  return blocks;
}

/// None where the record that the job has written itself stands.
std::optional<UniIdRecord> end_record(const TryResult& result) {
  if (result.has_succeeded) {
    return UniIdRecord{.state = std::string(kStateNormalExit)};
  }
  if (result.failure == Failure::reported) {
    return std::nullopt;
  }
  return UniIdRecord{.state = std::string(kStateAbnormalExit),
                     .error_type = std::string(name_of(result.failure))};
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
    : state_file_(std::move(state_file)),
      uni_ids_(state_dir / kUniIdFile),
      history_(state_dir / kHistoryFile) {}

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
      append_skipped(change.jobs, now);
      spdlog::info("{} is taken away: its block is gone from {}", name, path.string());
    }
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

std::string JobBook::begin_try(JobId id, const std::vector<std::string>& cards, const Moment& now) {
  std::string uni_id = new_uni_id(state_, random_);
  note_started(state_, id, cards, uni_id, {}, now);
  save({.jobs = {id}, .queues = {job(id).spec.queue}}, now);
  // Before the job runs, which may write there as well.
  record(job(id).uni_id,
         {.pid = this_process().pid,
          .state = std::string(kStateRunning),
          .retry_count = job(id).retry_count},
         now);
  return uni_id;
}

void JobBook::set_keeper(JobId id, const ProcessId& keeper, const Moment& now) {
  state_.jobs.at(id).keeper = keeper;
  save_job(id, now);
  // A job that ends at once may have written its own end already.
  if (const auto entry = uni_ids_.read(job(id).uni_id);
      entry && *entry && (*entry)->state == std::string(kStateRunning)) {
    record(job(id).uni_id, {.pid = keeper.pid}, now);
  }
}

TryResult JobBook::as_reported(const Job& job, TryResult result) const {
  if (!result.has_succeeded) {
    return result;
  }
  const auto entry = uni_ids_.read(job.uni_id);
  if (!entry || !*entry || (*entry)->state != std::string(kStateAbnormalExit)) {
    return result;
  }
  return {.has_succeeded = false,
          .failure = Failure::reported,
          .text = fmt::format(
              "it wrote an abnormal_exit{} of its own into uni_id.json",
              (*entry)->error_type ? fmt::format(" ({})", printable(*(*entry)->error_type)) : "")};
}

void JobBook::end_try(JobId id, TryResult result, const QueueSettings& settings,
                      const Moment& now) {
  const Job before = job(id);
  const bool is_canceled = before.is_cancel_requested;
  result = as_reported(before, std::move(result));
  new_ends_.push_back(
      {.ended = ended_try(before, result, is_canceled, now.wall), .record = end_record(result)});
  note_ended(state_, id, result, settings, now);
  log_end(before, job(id), result, state_, now);
  save_end(id, now);
  write_ends(now);
}

void JobBook::take_in_ends(const Moment& now) {
  for (const auto& [id, job] : state_.jobs) {
    if (job.state == JobState::running || job.uni_id.empty() || !job.last_result) {
      continue;
    }
    if (const auto left = read_result(state_dir(), job.uni_id); left && *left) {
      const bool is_canceled = job.state == JobState::canceled;
      const WallTime ended_at = job.ended_at.value_or(now.wall);
      new_ends_.push_back({.ended = ended_try(job, *job.last_result, is_canceled, ended_at),
                           .record = end_record(*job.last_result)});
    }
  }
  write_ends(now);
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
  const auto change = uni_ids_.end_orphans(
      [&](std::string_view uni_id, const UniIdRecord& record) {
        return running.contains(std::string(uni_id)) ||
               (record.pid && process_at(*record.pid).has_value());
      },
      now.wall);
  if (!change) {
    spdlog::error("{}", change.error().message);
    return;
  }
  if (change->warning) {
    spdlog::warn("{}", *change->warning);
  }
  for (const std::string& uni_id : change->ended) {
    spdlog::warn("{}: uni_id.json had it as running, but its process is gone", printable(uni_id));
  }
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

void JobBook::save(const StateChange& change, const Moment& now) {
  const auto saved = state_file_.save(state_, blocks_, change, now);
  std::string problem = saved ? "" : saved.error().message;
  if (problem == disk_problem_) {
    return;
  }
  disk_problem_ = std::move(problem);
  if (disk_problem_.empty()) {
    spdlog::info("the state is on the disk again");
    write_ends(now);
  } else {
    spdlog::error("{}; a restart would not know of the last changes", disk_problem_);
  }
}

bool JobBook::record(const std::string& uni_id, const UniIdRecord& record, const Moment& now) {
  const auto change = uni_ids_.update(uni_id, record, now.wall);
  if (!change) {
    spdlog::error("{}: {}", uni_id, change.error().message);
  } else if (change->warning) {
    spdlog::warn("{}", *change->warning);
  }
  return change.has_value();
}

void JobBook::write_ends(const Moment& now) {
  // A file that does not take one of them is not asked for the others: that may wait for a lock.
  bool takes_records = true;
  // After a restart the try would end once more.
  bool takes_history = disk_problem_.empty();
  for (NewEnd& end : new_ends_) {
    if (end.record && takes_records) {
      takes_records = record(end.ended.uni_id, *end.record, now);
      if (takes_records) {
        end.record.reset();
      }
    }
    if (!end.is_in_history && takes_history) {
      const auto written = history_.append(end.ended);
      takes_history = end.is_in_history = written.has_value();
      if (!written) {
        spdlog::error("{}", written.error().message);
      }
    }
    if (!end.record && end.is_in_history) {
      remove_result(state_dir(), end.ended.uni_id);
    }
  }
  std::erase_if(new_ends_, [](const NewEnd& end) { return !end.record && end.is_in_history; });
}

}  // namespace wemol::queue
