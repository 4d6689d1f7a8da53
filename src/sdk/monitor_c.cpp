#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <wemol/monitor.h>
#include <wemol/monitor_c.h>

#include "cancellation.h"

namespace monitor = wemol::monitor;

struct wemol_run {
  monitor::Run run;
  std::string id;
  std::string file;
};
struct wemol_monitor {
  monitor::HardwareMonitor hardware;
  monitor::GpuMonitor gpu;
  monitor::CpuMonitor cpu;
  monitor::MemoryMonitor memory;
};
struct wemol_logging {
  monitor::ScopedLogging logging;
};
struct wemol_gpu_scope {
  monitor::GpuUsageScope scope;
};
struct wemol_system_monitor {
  monitor::RunSystemMonitor monitor;
};
struct wemol_subscription {
  monitor::Subscription subscription;
};

namespace {

thread_local std::string last_error;

wemol_status fail(wemol_status status, const char* why) noexcept {
  try {
    last_error = why;
  } catch (const std::exception&) {
    last_error.clear();
  }
  return status;
}

/// No exception goes to C.
template <typename Call>
wemol_status guarded(Call call) noexcept {
  const wemol::sdk::CancellationHeld held;
  try {
    return call();
  } catch (const std::invalid_argument& error) {
    return fail(WEMOL_INVALID_ARGUMENT, error.what());
  } catch (const std::exception& error) {
    return fail(WEMOL_OUT_OF_RESOURCES, error.what());
  }
}

void require(bool holds, const char* otherwise) {
  if (!holds) {
    throw std::invalid_argument(otherwise);
  }
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

char* copied(const std::string& text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) {
    throw std::bad_alloc();
  }
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

monitor::Value value_of(const wemol_metric& metric) {
  switch (metric.kind) {
    case WEMOL_NULL:
      return nullptr;
    case WEMOL_NUMBER:
      return metric.value.number;
    case WEMOL_INTEGER:
      return metric.value.integer;
    case WEMOL_BOOLEAN:
      return metric.value.boolean != 0;
    case WEMOL_TEXT:
      return metric.value.text;
  }
  throw std::invalid_argument("a metric of an unknown kind");
}

template <typename Value, typename Number>
wemol_status hand_out(const std::optional<Value>& value, Number* out) {
  require(out != nullptr, "no place for the figure");
  if (!value) {
    return fail(WEMOL_UNKNOWN, "the figure cannot be read now");
  }
  *out = static_cast<Number>(*value);
  return WEMOL_OK;
}

wemol_status written(bool is_written, const char* otherwise) {
  return is_written ? WEMOL_OK : fail(WEMOL_NOT_WRITTEN, otherwise);
}

constexpr const char* kNothingWritten = "nothing was written: no such figure, or the file failed";

wemol_run_status status_of(const monitor::RunStatus& status) {
  return {.is_finished = status.is_finished ? 1 : 0,
          .lines_written = status.lines_written,
          .lines_lost = status.lines_lost,
          .callback_errors = status.callback_errors.size()};
}

wemol_spread spread_of(const std::optional<monitor::Spread>& spread) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  return spread ? wemol_spread{.min = spread->min, .mean = spread->mean, .max = spread->max}
                : wemol_spread{.min = kUnknown, .mean = kUnknown, .max = kUnknown};
}

template <std::size_t Size>
void copy_text(const std::string& text, char (&out)[Size]) {  // NOLINT: C has these
  const std::size_t count = std::min(text.size(), Size - 1);
  std::memcpy(out, text.data(), count);
  out[count] = '\0';
}

wemol_gpu_usage usage_of(const monitor::GpuUsage& usage) {
  wemol_gpu_usage made{
      .id = usage.id,
      .seconds = usage.duration.count(),
      .samples = usage.samples,
      .utilization_percent = spread_of(usage.utilization),
      .memory_used_bytes = spread_of(usage.memory_used),
      .power_watts = spread_of(usage.power),
      .temperature_celsius = spread_of(usage.temperature),
      .energy_joules = usage.energy_joules.value_or(std::numeric_limits<double>::quiet_NaN())};
  copy_text(usage.uuid, made.uuid);
  copy_text(usage.name, made.name);
  return made;
}

}  // namespace

const char* wemol_last_error(void) {
  return last_error.c_str();
}

const char* wemol_version(void) {
  return monitor::version();
}

void wemol_free_text(char* text) {
  std::free(text);
}

wemol_status wemol_init(const wemol_run_options* options, wemol_run** run) {
  return guarded([&] {
    require(run != nullptr, "no place for the run");
    monitor::RunOptions made;
    if (options != nullptr) {
      made.project = text_or_empty(options->project);
      made.run_id = text_or_empty(options->run_id);
      made.node_id = text_or_empty(options->node_id);
      made.dir = text_or_empty(options->dir);
      made.system_monitor = options->no_system_monitor == 0;
      if (options->collect_interval_seconds != 0) {
        made.collect_interval = std::chrono::duration<double>(options->collect_interval_seconds);
      }
    }
    monitor::Run begun = monitor::init(made);
    std::string id = begun.id();
    std::string file = begun.status().file;
    *run = new wemol_run{std::move(begun), std::move(id), std::move(file)};
    return WEMOL_OK;
  });
}

const char* wemol_run_id(const wemol_run* run) {
  return run == nullptr ? "" : run->id.c_str();
}

const char* wemol_run_file(const wemol_run* run) {
  return run == nullptr ? "" : run->file.c_str();
}

wemol_status wemol_run_log(wemol_run* run, const wemol_metric* metrics, size_t count,
                           const int64_t* step) {
  return guarded([&] {
    require(run != nullptr, "no run");
    require(metrics != nullptr || count == 0, "no metrics");
    std::vector<monitor::Metric> made;
    made.reserve(count);
    for (std::size_t at = 0; at < count; ++at) {
      require(metrics[at].name != nullptr, "a metric without a name");
      made.push_back({.name = metrics[at].name, .value = value_of(metrics[at])});
    }
    const auto own_step = step == nullptr ? std::nullopt : std::optional<std::int64_t>(*step);
    if (run->run.log(made, own_step)) {
      return WEMOL_OK;
    }
    const monitor::RunStatus status = run->run.status();
    return fail(WEMOL_NOT_WRITTEN,
                status.is_finished ? "the run is finished" : status.last_error.c_str());
  });
}

wemol_status wemol_run_log_number(wemol_run* run, const char* name, double value) {
  wemol_metric metric{.name = name, .kind = WEMOL_NUMBER, .value = {}};
  metric.value.number = value;
  return wemol_run_log(run, &metric, 1, nullptr);
}

wemol_status wemol_run_get_status(const wemol_run* run, wemol_run_status* status) {
  return guarded([&] {
    require(run != nullptr && status != nullptr, "no run, or no place for its status");
    *status = status_of(run->run.status());
    return WEMOL_OK;
  });
}

char* wemol_run_last_error(const wemol_run* run) {
  char* text = nullptr;
  guarded([&] {
    require(run != nullptr, "no run");
    text = copied(run->run.status().last_error);
    return WEMOL_OK;
  });
  return text;
}

wemol_status wemol_run_finish(wemol_run* run, wemol_run_status* status) {
  return guarded([&] {
    require(run != nullptr, "no run");
    const monitor::RunStatus how = run->run.finish();
    if (status != nullptr) {
      *status = status_of(how);
    }
    return written(how.lines_lost == 0, how.last_error.c_str());
  });
}

void wemol_run_free(wemol_run* run) {
  delete run;
}

void wemol_finish_all(void) {
  monitor::finish_all();
}

wemol_status wemol_monitor_open(const char* run_id, wemol_monitor** made) {
  return guarded([&] {
    require(run_id != nullptr && made != nullptr, "no run id, or no place for the monitor");
    *made = new wemol_monitor{monitor::HardwareMonitor(run_id), monitor::GpuMonitor(run_id),
                              monitor::CpuMonitor(run_id), monitor::MemoryMonitor(run_id)};
    return WEMOL_OK;
  });
}

void wemol_monitor_free(wemol_monitor* monitor) {
  delete monitor;
}

wemol_status wemol_get_gpu_count(wemol_monitor* from, size_t* count) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return hand_out(std::optional(from->gpu.get_gpu_count()), count);
  });
}

wemol_status wemol_get_gpu_utilization(wemol_monitor* from, size_t place, double* percent) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    const auto all = from->gpu.get_gpu_utilization();
    require(place < all.size(), "no GPU at this place");
    return hand_out(all[place], percent);
  });
}

wemol_status wemol_get_cpu_count(wemol_monitor* from, size_t* count) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return hand_out(std::optional(from->cpu.get_cpu_count()), count);
  });
}

wemol_status wemol_get_cpu_usage(wemol_monitor* from, double* percent) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return hand_out(from->cpu.get_cpu_usage(), percent);
  });
}

wemol_status wemol_get_cpu_load(wemol_monitor* from, double load[3]) {
  return guarded([&] {
    require(from != nullptr && load != nullptr, "no monitor, or no place for the figures");
    const auto read = from->cpu.get_cpu_load();
    if (!read) {
      return fail(WEMOL_UNKNOWN, "the load cannot be read now");
    }
    std::ranges::copy(*read, load);
    return WEMOL_OK;
  });
}

wemol_status wemol_get_memory_usage(wemol_monitor* from, double* percent) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return hand_out(from->memory.get_memory_usage(), percent);
  });
}

wemol_status wemol_get_memory_bytes(wemol_monitor* from, uint64_t* used, uint64_t* total) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    const monitor::MemoryBytes bytes = from->memory.get_memory_bytes();
    const wemol_status status = hand_out(bytes.used, used);
    return status == WEMOL_OK ? hand_out(bytes.total, total) : status;
  });
}

wemol_status wemol_get_swap_bytes(wemol_monitor* from, uint64_t* used, uint64_t* total) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    const monitor::Swap swap = from->memory.get_swap_info();
    const wemol_status status = hand_out(swap.used, used);
    return status == WEMOL_OK ? hand_out(swap.total, total) : status;
  });
}

wemol_status wemol_log_all_metrics(wemol_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return written(from->hardware.log_all_metrics(), kNothingWritten);
  });
}

wemol_status wemol_log_gpu_metrics(wemol_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return written(from->gpu.log_gpu_metrics(), kNothingWritten);
  });
}

wemol_status wemol_log_cpu_metrics(wemol_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return written(from->cpu.log_cpu_metrics(), kNothingWritten);
  });
}

wemol_status wemol_log_memory_metrics(wemol_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    return written(from->memory.log_memory_metrics(), kNothingWritten);
  });
}

wemol_status wemol_logging_begin(wemol_monitor* from, double interval_seconds,
                                 wemol_logging** logging) {
  return guarded([&] {
    require(from != nullptr && logging != nullptr, "no monitor, or no place for the logging");
    *logging = new wemol_logging{
        from->hardware.monitor_hardware(std::chrono::duration<double>(interval_seconds))};
    return WEMOL_OK;
  });
}

void wemol_logging_end(wemol_logging* logging) {
  delete logging;
}

wemol_status wemol_gpu_usage_begin(wemol_monitor* from, int gpu_id, wemol_gpu_scope** scope) {
  return guarded([&] {
    require(from != nullptr && scope != nullptr, "no monitor, or no place for the scope");
    const auto gpu = gpu_id < 0 ? std::nullopt : std::optional(static_cast<unsigned>(gpu_id));
    *scope = new wemol_gpu_scope{from->gpu.monitor_gpu_usage(gpu)};
    return WEMOL_OK;
  });
}

wemol_status wemol_gpu_usage_end(wemol_gpu_scope* scope, wemol_gpu_usage* usage, size_t capacity,
                                 size_t* count) {
  return guarded([&] {
    require(scope != nullptr && count != nullptr, "no scope, or no place for the count");
    require(usage != nullptr || capacity == 0, "no place for the figures");
    const std::vector<monitor::GpuUsage> all = scope->scope.end();
    delete scope;
    *count = all.size();
    for (std::size_t at = 0; at < std::min(capacity, all.size()); ++at) {
      usage[at] = usage_of(all[at]);
    }
    return WEMOL_OK;
  });
}

wemol_status wemol_get_run_system_monitor(const char* run_id,
                                          const wemol_system_monitor_options* options,
                                          wemol_system_monitor** made) {
  return guarded([&] {
    require(run_id != nullptr && made != nullptr, "no run id, or no place for the monitor");
    monitor::SystemMonitorOptions all;
    if (options != nullptr) {
      all.project = text_or_empty(options->project);
      all.node_id = text_or_empty(options->node_id);
      all.dir = text_or_empty(options->dir);
      if (options->collect_interval_seconds != 0) {
        all.collect_interval = std::chrono::duration<double>(options->collect_interval_seconds);
      }
    }
    *made = new wemol_system_monitor{monitor::get_run_system_monitor(run_id, all)};
    return WEMOL_OK;
  });
}

void wemol_system_monitor_free(wemol_system_monitor* from) {
  delete from;
}

wemol_status wemol_system_monitor_start(wemol_system_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    from->monitor.start();
    return WEMOL_OK;
  });
}

wemol_status wemol_system_monitor_stop(wemol_system_monitor* from) {
  return guarded([&] {
    require(from != nullptr, "no monitor");
    from->monitor.stop();
    return WEMOL_OK;
  });
}

wemol_status wemol_get_current_metrics(wemol_system_monitor* from, char** json) {
  return guarded([&] {
    require(from != nullptr && json != nullptr, "no monitor, or no place for the text");
    const auto record = from->monitor.get_current_metrics();
    if (!record) {
      return fail(WEMOL_UNKNOWN, "there is no record: the monitor is stopped, or cannot sample");
    }
    *json = copied(record->json);
    return WEMOL_OK;
  });
}

wemol_status wemol_get_system_info(wemol_system_monitor* from, char** json) {
  return guarded([&] {
    require(from != nullptr && json != nullptr, "no monitor, or no place for the text");
    *json = copied(from->monitor.get_system_info().json);
    return WEMOL_OK;
  });
}

wemol_status wemol_log_custom_metric(wemol_system_monitor* from, const char* name, double value) {
  return guarded([&] {
    require(from != nullptr && name != nullptr, "no monitor, or no name");
    return written(from->monitor.log_custom_metric(name, value), kNothingWritten);
  });
}

wemol_status wemol_add_callback(wemol_system_monitor* from, wemol_callback callback,
                                void* user_data, wemol_subscription** subscription) {
  return guarded([&] {
    require(from != nullptr && callback != nullptr && subscription != nullptr,
            "no monitor, no callback, or no place for the subscription");
    *subscription = new wemol_subscription{
        from->monitor.add_callback([callback, user_data](const monitor::Record& record) {
          callback(record.json.c_str(), user_data);
        })};
    return WEMOL_OK;
  });
}

void wemol_unsubscribe(wemol_subscription* subscription) {
  delete subscription;
}

void wemol_cleanup_run_monitor(const char* run_id, const char* project) {
  if (run_id != nullptr) {
    monitor::cleanup_run_monitor(
        run_id, project == nullptr ? std::nullopt : std::optional<std::string_view>(project));
  }
}
