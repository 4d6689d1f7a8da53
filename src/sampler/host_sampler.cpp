#include "host_sampler.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "card_holder_reader.h"
#include "gpu_figure_cache.h"
#include "gpu_readers.h"
#include "host_rates.h"
#include "host_reader.h"
#include "process_reader.h"
#include "system_command_runner.h"
#include "user_names.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kAnswerTimeout = 10s;

/// Of processes that GPUs are used by, also where /proc lacks them.
std::vector<ProcessSample> those_on_gpus(std::vector<ProcessSample> all,
                                         const std::vector<GpuProcess>& on_gpus) {
  std::set<std::uint64_t> pids;
  for (const GpuProcess& process : on_gpus) {
    pids.insert(process.pid);
  }
  std::erase_if(all, [&](const ProcessSample& it) { return !pids.contains(it.facts.pid); });
  for (const ProcessSample& process : all) {
    pids.erase(process.facts.pid);
  }
  for (const std::uint64_t pid : pids) {
    all.emplace_back().facts.pid = pid;
  }
  return all;
}

}  // namespace

struct HostSampler::Parts {
  Parts(EventLoop& event_loop, const SamplerSettings& settings)
      : loop(event_loop),
        scope(settings.processes),
        asks_drivers_without_gpu(settings.asks_drivers_without_gpu),
        runner(loop, kAnswerTimeout),
        gpus(make_gpu_readers(loop, files, runner,
                              {.helper_command = settings.nvml_helper_command,
                               .answer_timeout = kAnswerTimeout,
                               .detail = nvml::Detail::all}),
             files, loop),
        process_reader("/proc", settings.processes == ProcessScope::figures
                                    ? ProcessReader::CommandLines::left_out
                                    : ProcessReader::CommandLines::read) {
    if (!settings.queue_lock_folder.empty()) {
      card_holders.emplace(CardHolderReader::Places{.folder = settings.queue_lock_folder});
    }
  }

  void add_gpus(SteadyTime due, HostSample& sample);
  void add_processes(HostSample& sample);
  void add_queue_jobs(HostSample& sample);
  void look_up_users(const std::vector<ProcessFacts>& processes);

  EventLoop& loop;
  ProcessScope scope;
  bool asks_drivers_without_gpu;
  SystemFileReader files;
  SystemCommandRunner runner;
  GpuReaders gpus;
  GpuFigureCache gpu_figures;
  host::HostReader host;
  std::shared_ptr<const HostFacts> before;
  ProcessReader process_reader;
  ProcessRates process_rates;
  UserNames users;
  std::optional<CardHolderReader> card_holders;
};

void HostSampler::Parts::add_gpus(SteadyTime due, HostSample& sample) {
  GpuReadings readings = gpus.finish(due);
  sample.gpus = std::move(readings.devices);
  sample.gpu_processes = std::move(readings.processes);
  gpu_figures.complete(sample.gpus, sample.gpu_processes, sample.measured_at);
  std::ranges::move(readings.conditions, std::back_inserter(sample.conditions));
}

void HostSampler::Parts::add_processes(HostSample& sample) {
  if (scope == ProcessScope::none || (scope == ProcessScope::gpu && !sample.gpu_processes)) {
    return;
  }
  if (scope == ProcessScope::gpu && sample.gpu_processes->empty()) {
    sample.process_list.emplace();
    process_rates = {};  // the next list is the first one again
    return;
  }
  auto list = process_reader.read(loop);
  if (!list) {
    sample.conditions.push_back(
        {.key = "processes",
         .severity = Severity::warning,
         .message = "the processes cannot be listed: " + list.error().message});
    return;
  }
  if (scope != ProcessScope::figures) {
    look_up_users(list->processes);
  }
  auto samples = process_rates.derive(std::move(*list), sample.memory.total_bytes,
                                      [this](std::uint32_t id) { return users.name_of(id); });
  sample.process_list = scope == ProcessScope::gpu
                            ? those_on_gpus(std::move(samples), *sample.gpu_processes)
                            : std::move(samples);
}

void HostSampler::Parts::add_queue_jobs(HostSample& sample) {
  const auto holders = card_holders ? card_holders->read() : std::nullopt;
  if (!holders) {
    return;
  }
  std::vector<std::uint32_t> user_ids;
  user_ids.reserve(holders->size());
  for (const CardHolder& holder : *holders) {
    user_ids.push_back(holder.user_id);
  }
  if (!user_ids.empty()) {
    users.look_up(user_ids, loop.now());
  }
  sample.queue_jobs.emplace();
  for (const CardHolder& holder : *holders) {
    sample.queue_jobs->push_back({.gpu_uuid = holder.card,
                                  .user = users.name_of(holder.user_id),
                                  .queue = holder.queue,
                                  .job = holder.job,
                                  .since = holder.since});
  }
}

void HostSampler::Parts::look_up_users(const std::vector<ProcessFacts>& processes) {
  std::vector<std::uint32_t> user_ids;
  user_ids.reserve(processes.size());
  for (const ProcessFacts& process : processes) {
    user_ids.push_back(process.user_id);
  }
  std::ranges::sort(user_ids);
  user_ids.erase(std::unique(user_ids.begin(), user_ids.end()), user_ids.end());
  users.look_up(user_ids, loop.now());
}

HostSampler::HostSampler(EventLoop& loop, const SamplerSettings& settings)
    : parts_(std::make_unique<Parts>(loop, settings)) {
  set_interval(settings.interval);
  parts_->before = std::make_shared<const HostFacts>(parts_->host.read(loop));
  if (settings.processes != ProcessScope::none) {
    if (auto list = parts_->process_reader.read(loop)) {
      (void)parts_->process_rates.derive(std::move(*list), std::nullopt,
                                         [](std::uint32_t) { return std::string(); });
    }
  }
}

HostSampler::~HostSampler() = default;

void HostSampler::set_interval(std::chrono::nanoseconds interval) {
  parts_->gpus.set_interval(interval);
}

std::shared_ptr<const HostSample> HostSampler::sample(SteadyTime due) {
  // A monitor of the host is there for the GPUs that nobody uses as well.
  const bool asks = parts_->asks_drivers_without_gpu || !parts_->gpus.is_certainly_none();
  parts_->gpus.note_tasks({.is_wanted = asks, .new_tasks = 0, .a_task_uses_gpu = asks});
  parts_->gpus.begin();
  const auto facts = std::make_shared<const HostFacts>(parts_->host.read(parts_->loop));
  auto sample = std::make_shared<HostSample>(host_sample(*facts, parts_->before.get()));
  sample->facts = facts;
  parts_->before = facts;
  parts_->add_gpus(due, *sample);
  parts_->add_processes(*sample);
  parts_->add_queue_jobs(*sample);
  return sample;
}

}  // namespace wemol
