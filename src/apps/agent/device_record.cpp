#include "device_record.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

namespace wemol::agent {
namespace {

constexpr std::chrono::seconds kLastWait{2};

}  // namespace

struct DeviceRecord::State {
  DeviceHistorySettings settings;
  std::optional<DeviceHistory> history;
  std::vector<DeviceBlock> blocks;  ///< to be written next
  Conditions conditions;            ///< as the last job has left them

  Result<void> open() {
    auto opened = DeviceHistory::open(settings);
    if (!opened) {
      return tl::make_unexpected(std::move(opened.error()));
    }
    history.emplace(std::move(*opened));
    return {};
  }

  void write() {
    conditions.clear();
    if (!history) {
      if (const auto opened = open(); !opened) {
        conditions.push_back(
            {.key = "device history folder",
             .severity = Severity::error,
             .message = "device history cannot be kept: " + opened.error().message});
        return;
      }
    }
    for (DeviceBlock& block : blocks) {
      history->add(std::move(block));
    }
    blocks.clear();
    conditions = history->flush();
  }
};

DeviceUsers users_of_gpus(const HostSample& sample) {
  if (!sample.gpu_processes || !sample.process_list) {
    return std::nullopt;
  }
  std::map<std::uint64_t, const std::string*> by_pid;
  for (const ProcessSample& process : *sample.process_list) {
    by_pid.emplace(process.facts.pid, &process.user);
  }
  DeviceUsers users(std::in_place);
  for (const GpuProcess& process : *sample.gpu_processes) {
    const auto user = by_pid.find(process.pid);
    if (user != by_pid.end() && !user->second->empty()) {
      (*users)[process.gpu_uuid].push_back(*user->second);
    }
  }
  return users;
}

DeviceRecord::DeviceRecord(const DeviceHistorySettings& settings)
    : intervals_(settings.interval), state_(std::make_shared<State>()) {
  state_->settings = settings;
}

DeviceRecord::~DeviceRecord() {
  if (auto last = intervals_.finish(std::chrono::system_clock::now())) {
    pending_.push_back(std::move(*last));
  }
  const SteadyTime due = std::chrono::steady_clock::now() + kLastWait;
  if (worker_.finish_by(due)) {
    hand_over();
  }
  if (!worker_.finish_by(due)) {
    spdlog::warn("the folder of device history does not answer: the last intervals are lost");
  }
}

Result<void> DeviceRecord::start() {
  auto opened = state_->open();
  if (!opened && opened.error().code != EWOULDBLOCK) {
    state_->conditions.push_back(
        {.key = "device history folder",
         .severity = Severity::error,
         .message = "device history cannot be kept: " + opened.error().message});
    log_changes();
    return {};
  }
  return opened;
}

void DeviceRecord::take(const HostSample& sample) {
  if (!sample.gpus) {
    return;
  }
  auto block = intervals_.add(sample.read_at, *sample.gpus, users_of_gpus(sample));
  if (!block) {
    return;
  }
  pending_.push_back(std::move(*block));
  if (pending_.size() > DeviceHistory::kMostWaiting) {
    pending_.erase(pending_.begin());
  }
  hand_over();
}

/// What a job that hangs has not taken is given to the next one.
void DeviceRecord::hand_over() {
  if (worker_.is_busy()) {
    return;
  }
  log_changes();
  std::ranges::move(pending_, std::back_inserter(state_->blocks));
  pending_.clear();
  while (state_->blocks.size() > DeviceHistory::kMostWaiting) {
    state_->blocks.erase(state_->blocks.begin());
  }
  if (!worker_.start([state = state_] { state->write(); })) {
    spdlog::debug("no thread for device history: tried again with the next interval");
  }
}

void DeviceRecord::log_changes() {
  std::set<std::string> now;
  for (const Condition& condition : state_->conditions) {
    if (condition.follow_up) {
      now.insert(condition.key);
    }
    if (!condition.follow_up || !current_.contains(condition.key)) {
      spdlog::log(condition.severity == Severity::error ? spdlog::level::err : spdlog::level::warn,
                  "{}", condition.message);
    }
  }
  if (!current_.empty() && now.empty()) {
    spdlog::info("device history is written again");
  }
  current_ = std::move(now);
}

}  // namespace wemol::agent
