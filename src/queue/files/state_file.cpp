#include "state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aside.h"
#include "host_name.h"
#include "job_json.h"
#include "state_reader.h"
#include "text.h"

namespace wemol::queue {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// "process 123 on gpu7", as the one that holds the lock has written it.
std::string holder_in(int fd) {
  std::array<char, 300> text{};
  const ssize_t count = pread(fd, text.data(), text.size(), 0);
  const std::string holder =
      first_line(std::string_view(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0));
  return holder.empty() ? "a process that has not said its name" : holder;
}

Result<void> write_holder(int fd) {
  const std::string text = fmt::format("process {} on {}\n", getpid(), host_name());
  if (ftruncate(fd, 0) != 0 ||
      pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return failure(strerror(errno), errno);
  }
  return {};
}

Json job_record(const SchedulerState& state, JobId id) {
  const auto found = state.jobs.find(id);
  return found == state.jobs.end() ? Json{{"forgotten_job", id}}
                                   : Json{{"job", to_json(found->second)}};
}

Json queue_record(const SchedulerState& state, const std::string& name, const Moment& now) {
  const auto found = state.queues.find(name);
  return found == state.queues.end()
             ? Json{{"forgotten_queue", name}}
             : Json{{"queue", name}, {"state", to_json(found->second, now)}};
}

Json block_record(const BlockJobs& blocks, const std::string& file) {
  const auto found = blocks.find(file);
  return {{"block_file", file},
          {"jobs", found == blocks.end() ? Json::array() : Json(found->second)}};
}

std::string line_of(const SchedulerState& state, const BlockJobs& blocks, const StateChange& change,
                    const Moment& now) {
  Json records = Json::array({Json{{"last_id", state.last_id}}});
  for (const JobId id : change.jobs) {
    records.push_back(job_record(state, id));
  }
  for (const std::string& name : change.queues) {
    records.push_back(queue_record(state, name, now));
  }
  for (const std::string& file : change.block_files) {
    records.push_back(block_record(blocks, file));
  }
  return text_of(records);
}

/// All that is known, a record a line.
std::string whole_text(const SchedulerState& state, const BlockJobs& blocks, const Moment& now) {
  std::string text = text_of(Json::array({Json{{"format", kStateFormat}}})) + "\n";
  const auto add = [&](Json record) { text += text_of(Json::array({std::move(record)})) + "\n"; };
  add({{"last_id", state.last_id}});
  for (const auto& [id, job] : state.jobs) {
    add(job_record(state, id));
  }
  for (const auto& [name, queue] : state.queues) {
    add(queue_record(state, name, now));
  }
  for (const auto& [file, jobs] : blocks) {
    add(block_record(blocks, file));
  }
  return text;
}

template <typename Value>
void merge(std::vector<Value>& into, const std::vector<Value>& more) {
  into.insert(into.end(), more.begin(), more.end());
  std::ranges::sort(into);
  const auto rest = std::unique(into.begin(), into.end());
  into.erase(rest, into.end());
}

}  // namespace

StateFile::StateFile(std::filesystem::path folder, UniqueFd lock)
    : folder_(std::move(folder)), lock_(std::move(lock)), journal_(folder_ / "state.jsonl") {}

Result<StateFile> StateFile::open(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return failure(fmt::format("{}: {}", folder.string(), error.message()), error.value());
  }
  const std::filesystem::path path = folder / "scheduler.lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return failure(fmt::format("{}: a scheduler runs here already: {}", folder.string(),
                               holder_in(lock.get())),
                   EWOULDBLOCK);
  }
  if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure(fmt::format("{}: {}", path.string(), strerror(errno)), errno);
  }
  if (const auto written = write_holder(lock.get()); !written) {
    return failure(fmt::format("{}: {}", path.string(), written.error().message),
                   written.error().code);
  }
  return StateFile(folder, std::move(lock));
}

Result<LoadedState> StateFile::load(const Moment& now) {
  StateReader reader(now);
  if (auto opened = journal_.open([&](std::string_view line) { reader.take_line(line); });
      !opened) {
    return tl::make_unexpected(opened.error());
  }
  const std::filesystem::path& path = journal_.path();
  if (reader.is_of_newer_version()) {
    return failure(fmt::format("{} was written by a newer version of wemol-queue", path.string()));
  }
  LoadedState loaded = reader.take();
  if (reader.bad_lines() > 0) {
    const std::filesystem::path copy = aside_path(path, now.wall);
    std::error_code error;
    std::filesystem::copy_file(path, copy, error);
    loaded.warnings.push_back(fmt::format(
        "{}: {} could not be read, so that a change of a job may be lost; {}", path.string(),
        counted(reader.bad_lines(), "line"),
        error ? "no copy could be kept: " + error.message() : "a copy is kept: " + copy.string()));
  }
  return loaded;
}

Result<void> StateFile::save(const SchedulerState& state, const BlockJobs& blocks,
                             const StateChange& change, const Moment& now) {
  merge(not_saved_.jobs, change.jobs);
  merge(not_saved_.queues, change.queues);
  merge(not_saved_.block_files, change.block_files);
  if (not_saved_.empty()) {
    return {};
  }
  if (journal_.has_to_be_replaced()) {
    const std::string text = whole_text(state, blocks, now);
    const std::string_view part = text;
    if (journal_.replace(std::span(&part, 1))) {
      not_saved_ = {};
      return {};
    }
  }
  auto saved = journal_.append(line_of(state, blocks, not_saved_, now));
  if (saved) {
    not_saved_ = {};
  }
  return saved;
}

}  // namespace wemol::queue
