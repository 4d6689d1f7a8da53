#pragma once

/// libwemol-monitor: hardware figures beside a program's own, from one background thread.
///
/// Monitoring never breaks the program: what goes wrong outside it (no driver, no disk space, a
/// folder that cannot be written) is counted and told, and nothing is thrown. Exceptions come from
/// wrong arguments (std::invalid_argument) and lack of memory only. The library prints nothing and
/// touches no signal, locale, logger or standard stream of the process.
///
/// Threads: every function may be called from any thread at any time, members of one object too;
/// to move, assign or destroy an object while another thread uses it is an error, as always.
///
/// fork(): the child has none of the library's threads and keeps its own copies of all objects.
/// What is called on them there begins afresh when it is first called: sampling, files, steps.
/// Callbacks and scopes stay with the parent.
///
/// Unknown is an absent optional, never 0. Percentages run from 0 to 100, sizes are bytes.
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#define WEMOL_MONITOR_API __attribute__((visibility("default")))

namespace wemol::monitor {

/// What log() takes: a number, a flag, a text, or nothing (null). A number that JSON does not have
/// (NaN, infinity) is written as null.
class Value {
 public:
  using Held = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string>;

  Value(std::nullptr_t = nullptr) {}
  template <std::same_as<bool> Flag>  // no pointer becomes a flag
  Value(Flag flag) : held_(flag) {}
  template <std::signed_integral Number>
  Value(Number number) : held_(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) Value(Number number)
      : held_(static_cast<std::uint64_t>(number)) {}
  template <std::floating_point Number>
  Value(Number number) : held_(static_cast<double>(number)) {}
  Value(std::string text) : held_(std::move(text)) {}
  Value(std::string_view text) : held_(std::string(text)) {}
  /// Null is null.
  Value(const char* text) {
    if (text != nullptr) {
      held_ = std::string(text);
    }
  }

  [[nodiscard]] const Held& held() const { return held_; }

 private:
  Held held_ = nullptr;
};

/// One value with its name, which has to live as long as the call that takes it.
struct Metric {
  std::string_view name;
  Value value;
};

/// std::map<std::string, double> and the like.
template <typename Map>
concept MetricMap = requires(const Map& map) {
  { map.begin()->first } -> std::convertible_to<std::string_view>;
  { map.begin()->second } -> std::convertible_to<Value>;
  { map.size() } -> std::convertible_to<std::size_t>;
};

/// The record of a host at one moment; its JSON has the same names in camel case.
struct Core {
  unsigned id = 0;              ///< as the kernel numbers it
  std::optional<double> usage;  ///< percent
  std::optional<double> frequency_mhz;
  std::optional<double> temperature;  ///< degrees Celsius
};

struct Cpu {
  std::optional<double> overall;  ///< percent; 100: all CPUs are busy
  std::vector<Core> cores;
  std::optional<std::array<double, 3>> load_average;  ///< over 1, 5 and 15 minutes
  std::optional<std::uint64_t> processes;
  std::optional<std::uint64_t> threads;
};

struct Swap {
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> total;
  std::optional<double> percentage;
};

struct Memory {
  std::optional<double> usage;        ///< percent
  std::optional<std::uint64_t> used;  ///< total - available, as `free` says
  std::optional<std::uint64_t> total;
  Swap swap;
  /// Of the control group in which the program runs; absent where it has no limit.
  std::optional<std::uint64_t> cgroup_used;
  std::optional<std::uint64_t> cgroup_limit;
};

struct Disk {
  std::optional<double> usage;        ///< percent
  std::optional<std::uint64_t> used;  ///< of all file systems on disks
  std::optional<std::uint64_t> total;
  std::optional<double> io_read;   ///< bytes per second
  std::optional<double> io_write;  ///< bytes per second
  std::optional<double> iops;      ///< reads and writes completed per second
};

struct Network {
  std::optional<double> bytes_in;            ///< per second, of the physical interfaces
  std::optional<double> bytes_out;           ///< per second
  std::optional<double> packets_in;          ///< per second
  std::optional<double> packets_out;         ///< per second
  std::optional<std::uint64_t> connections;  ///< TCP, established
};

struct AcceleratorMemory {
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> total;
  std::optional<double> percentage;
};

struct Accelerator {
  unsigned id = 0;   ///< the driver's number, which may change at a boot
  std::string type;  ///< "gpu", "npu", "tpu", "other"
  std::string uuid;  ///< the key that stays
  std::string name;
  std::optional<double> utilization;  ///< percent of the time with a kernel running
  AcceleratorMemory memory;
  std::optional<double> temperature;  ///< degrees Celsius
  std::optional<double> power;        ///< watts
  std::optional<double> fan_speed;    ///< percent of the maximum; may exceed 100
};

/// What this process and its descendants use.
struct ProcessTree {
  std::uint64_t processes = 0;
  std::optional<double> cpu;            ///< percent; 100 is one busy CPU
  std::optional<std::uint64_t> memory;  ///< resident bytes
  struct OnAccelerator {
    std::string uuid;
    std::optional<std::uint64_t> memory;   ///< bytes
    std::optional<double> sm_utilization;  ///< percent of the GPU's SM time
  };
  std::vector<OnAccelerator> accelerators;
};

struct Record {
  std::string node_id;
  std::int64_t timestamp = 0;  ///< milliseconds since 1970
  Cpu cpu;
  Memory memory;
  Disk disk;
  Network network;
  std::vector<Accelerator> accelerators;
  std::optional<ProcessTree> run;
  /// The whole record as one line of JSON, with further keys (pressure, coverage).
  std::string json;
};

/// What does not change while the host runs. Texts that are unknown are empty.
struct SystemInfo {
  std::string platform;      ///< "Linux-6.1.0-18-amd64"
  std::string architecture;  ///< "x86_64"
  std::string cpu_model;
  std::optional<std::uint64_t> cpu_cores;    ///< physical ones
  std::optional<std::uint64_t> cpu_threads;  ///< logical ones
  std::optional<std::uint64_t> memory_total;
  std::optional<std::uint64_t> swap_total;
  std::optional<std::uint64_t> disk_total;
  std::optional<std::uint64_t> gpu_count;
  std::vector<std::string> gpu_info;  ///< a line for each GPU
  std::string hostname;
  std::string ip_address;  ///< by which other hosts are reached
  std::string json;        ///< all of it as one line of JSON
};

/// How a run's record goes.
struct RunStatus {
  bool is_finished = false;
  std::string file;                            ///< where its lines go
  std::uint64_t lines_written = 0;             ///< by this process
  std::uint64_t lines_lost = 0;                ///< disk full, folder not writable, …
  std::string last_error;                      ///< why a line was lost; empty: none was
  std::vector<std::string> callback_errors;    ///< of callbacks that have thrown
  std::vector<std::string> sampling_problems;  ///< what cannot be read of the host now
};

struct RunOptions {
  /// A folder below `dir`. What a file name cannot have is replaced.
  std::string project = "default";
  /// Names the run and its file. Empty: made of time and chance. A run that is open already under
  /// this name and project is shared; the file of an earlier one is continued, with its steps.
  std::string run_id = {};
  bool system_monitor = true;  ///< false: log() writes the caller's values only
  std::string node_id = {};    ///< empty: SLURM_NODEID, else "localhost"
  /// From 0.1 s. The shortest one of all runs of the process counts.
  std::chrono::duration<double> collect_interval = std::chrono::seconds(15);
  std::string dir = {};  ///< empty: WEMOL_DIR, else "./wemol-runs"
};

namespace detail {
class RunHandle;
class Viewer;
class SubscriptionState;
class LoggingState;
class GpuUsageState;
}  // namespace detail

/// One run and its record, a line of JSON per log() in <dir>/<project>/<run_id>.jsonl. It finishes
/// when it goes. Moved from, it is no run: log() returns false.
class WEMOL_MONITOR_API Run {
 public:
  Run() noexcept;
  Run(Run&& other) noexcept;
  Run& operator=(Run&& other) noexcept;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run();

  [[nodiscard]] std::string id() const;
  [[nodiscard]] std::string project() const;

  /// Writes one line: `_step`, `_timestamp` (seconds since 1970), the newest sample of the host,
  /// and `values`, which win where names are the same. Without `step` it is the one after the last.
  /// The line is with the kernel when it returns. False: it is lost, and status() says why.
  bool log(std::span<const Metric> values, std::optional<std::int64_t> step = {}) noexcept;
  /// run.log({{"loss", 0.5}, {"phase", "warm-up"}});
  bool log(std::initializer_list<Metric> values, std::optional<std::int64_t> step = {}) noexcept {
    return log(std::span(values.begin(), values.size()), step);
  }
  template <MetricMap Map>
  bool log(const Map& values, std::optional<std::int64_t> step = {}) {
    std::vector<Metric> metrics;
    metrics.reserve(values.size());
    for (const auto& [name, value] : values) {
      metrics.push_back({.name = name, .value = value});
    }
    return log(std::span<const Metric>(metrics), step);
  }

  [[nodiscard]] RunStatus status() const;
  /// Stops the run's monitor and closes its file. Callbacks that run are waited for, up to 5 s.
  /// A second time it does nothing.
  RunStatus finish() noexcept;

 private:
  friend WEMOL_MONITOR_API Run init(const RunOptions& options);
  std::shared_ptr<detail::RunHandle> handle_;
};

/// Begins a run. Throws std::invalid_argument for an interval below 0.1 s.
[[nodiscard]] WEMOL_MONITOR_API Run init(const RunOptions& options);

/// Log lines of the host's figures at an interval, until it goes.
class WEMOL_MONITOR_API ScopedLogging {
 public:
  ScopedLogging(ScopedLogging&&) noexcept;
  ScopedLogging& operator=(ScopedLogging&&) noexcept;
  ~ScopedLogging();
  /// Writes a last line when there is a sample that has none. A second time it does nothing.
  void end() noexcept;

 private:
  friend class HardwareMonitor;
  explicit ScopedLogging(std::shared_ptr<detail::LoggingState> state);
  std::shared_ptr<detail::LoggingState> state_;
};

/// Parts of the newest record.
struct HardwareSummary {
  std::vector<Accelerator> gpu;
  Cpu cpu;
  Memory memory;
  Disk disk;
  Network network;
};

/// The monitors below sample while they live, every 15 s or as often as any run wants. Getters
/// wait for the first sample, and those of GPUs for the drivers, up to 3 s, and then take the
/// newest one. `run_id` names the run whose file log_…() write to; it need not have been begun.
/// Those return false when nothing was written.
class WEMOL_MONITOR_API HardwareMonitor {
 public:
  explicit HardwareMonitor(std::string_view run_id);
  bool log_all_metrics() noexcept;
  [[nodiscard]] HardwareSummary get_hardware_summary() const;
  /// Throws std::invalid_argument for an interval below 0.1 s.
  [[nodiscard]] ScopedLogging monitor_hardware(
      std::chrono::duration<double> log_interval = std::chrono::seconds(30));

 private:
  std::shared_ptr<detail::Viewer> viewer_;
};

struct Spread {
  double min = 0;
  double mean = 0;  ///< over time
  double max = 0;
};

/// What one GPU did in a span of time. Absent: it was never read meanwhile.
struct GpuUsage {
  unsigned id = 0;
  std::string uuid;
  std::string name;
  std::chrono::duration<double> duration{};
  std::uint64_t samples = 0;
  std::optional<Spread> utilization;    ///< percent
  std::optional<Spread> memory_used;    ///< bytes
  std::optional<Spread> power;          ///< watts
  std::optional<Spread> temperature;    ///< degrees Celsius
  std::optional<double> energy_joules;  ///< while the power was known
};

/// Reads GPUs every second until it ends.
class WEMOL_MONITOR_API GpuUsageScope {
 public:
  GpuUsageScope(GpuUsageScope&&) noexcept;
  GpuUsageScope& operator=(GpuUsageScope&&) noexcept;
  ~GpuUsageScope();
  /// The figures of the span; the same ones when it is asked again. Empty: no such GPU.
  const std::vector<GpuUsage>& end();

 private:
  friend class GpuMonitor;
  explicit GpuUsageScope(std::shared_ptr<detail::GpuUsageState> state);
  std::shared_ptr<detail::GpuUsageState> state_;
  std::vector<GpuUsage> usage_;
};

class WEMOL_MONITOR_API GpuMonitor {
 public:
  explicit GpuMonitor(std::string_view run_id);
  /// 0 without a driver.
  [[nodiscard]] std::size_t get_gpu_count() const;
  [[nodiscard]] std::vector<Accelerator> get_gpu_info() const;
  /// Percent, one for each GPU.
  [[nodiscard]] std::vector<std::optional<double>> get_gpu_utilization() const;
  bool log_gpu_metrics() noexcept;
  /// Of one GPU by the driver's number, or of all.
  [[nodiscard]] GpuUsageScope monitor_gpu_usage(std::optional<unsigned> gpu_id = {});

 private:
  std::shared_ptr<detail::Viewer> viewer_;
};

class WEMOL_MONITOR_API CpuMonitor {
 public:
  explicit CpuMonitor(std::string_view run_id);
  /// Logical ones that are online.
  [[nodiscard]] std::size_t get_cpu_count() const;
  [[nodiscard]] std::optional<double> get_cpu_usage() const;  ///< percent
  [[nodiscard]] std::optional<std::array<double, 3>> get_cpu_load() const;
  /// Percent, in the order of the record's cores.
  [[nodiscard]] std::vector<std::optional<double>> get_core_usage() const;
  bool log_cpu_metrics() noexcept;

 private:
  std::shared_ptr<detail::Viewer> viewer_;
};

struct MemoryBytes {
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> total;
};

class WEMOL_MONITOR_API MemoryMonitor {
 public:
  explicit MemoryMonitor(std::string_view run_id);
  [[nodiscard]] Memory get_memory_info() const;
  [[nodiscard]] std::optional<double> get_memory_usage() const;  ///< percent
  [[nodiscard]] MemoryBytes get_memory_bytes() const;
  [[nodiscard]] Swap get_swap_info() const;
  bool log_memory_metrics() noexcept;

 private:
  std::shared_ptr<detail::Viewer> viewer_;
};

[[nodiscard]] inline HardwareMonitor monitor_hardware(std::string_view run_id) {
  return HardwareMonitor(run_id);
}
[[nodiscard]] inline GpuMonitor monitor_gpu(std::string_view run_id) {
  return GpuMonitor(run_id);
}
[[nodiscard]] inline CpuMonitor monitor_cpu(std::string_view run_id) {
  return CpuMonitor(run_id);
}
[[nodiscard]] inline MemoryMonitor monitor_memory(std::string_view run_id) {
  return MemoryMonitor(run_id);
}

/// Holds a callback. It unsubscribes when it goes.
class WEMOL_MONITOR_API Subscription {
 public:
  Subscription() noexcept;
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();
  /// When it returns the callback does not run and is not called again: a call that runs is waited
  /// for, except from inside the callback itself. A second time it does nothing.
  void unsubscribe() noexcept;
  /// The callback stays until the monitor is cleaned up.
  void release() noexcept;

 private:
  friend class RunSystemMonitor;
  explicit Subscription(std::shared_ptr<detail::SubscriptionState> state);
  std::shared_ptr<detail::SubscriptionState> state_;
};

struct SystemMonitorOptions {
  std::string project = {};  ///< empty: that of an open run with this id, else "default"
  std::string node_id = {};  ///< empty: SLURM_NODEID, else "localhost"
  /// From 0.1 s; absent: as it is, else 15 s.
  std::optional<std::chrono::duration<double>> collect_interval = {};
  std::string dir = {};  ///< empty: WEMOL_DIR, else "./wemol-runs"
};

/// The monitor of one run: all objects of one run and project are the same monitor. It runs until
/// stop(), the run's finish() or cleanup_run_monitor(), whether or not such an object lives.
class WEMOL_MONITOR_API RunSystemMonitor {
 public:
  using Callback = std::function<void(const Record&)>;

  /// Both do nothing the second time.
  void start();
  void stop() noexcept;
  /// It is to run: started, and not stopped since.
  [[nodiscard]] bool is_running() const;

  /// The newest record; waits for the first one, up to 3 s. Absent: none came, or it is stopped.
  [[nodiscard]] std::optional<Record> get_current_metrics() const;
  /// Takes a sample where none is taken: GPUs and disks are known from it.
  [[nodiscard]] SystemInfo get_system_info() const;
  /// One line with this figure beside the host's. The step stays.
  bool log_custom_metric(std::string_view name, double value) noexcept;
  /// Calls `callback` with each record, in a thread of the run; one that is slow gets the newest
  /// record only. One that throws is removed, and status() and the run's file say so. Where the
  /// process may have no further thread it is never called, which status() says too.
  [[nodiscard]] Subscription add_callback(Callback callback);
  [[nodiscard]] RunStatus status() const;

 private:
  friend WEMOL_MONITOR_API RunSystemMonitor
  get_run_system_monitor(std::string_view run_id, const SystemMonitorOptions& options);
  explicit RunSystemMonitor(std::shared_ptr<detail::RunHandle> handle);
  std::shared_ptr<detail::RunHandle> handle_;
};

/// The monitor of this run; it is not started by that. Throws std::invalid_argument for an interval
/// below 0.1 s.
[[nodiscard]] WEMOL_MONITOR_API RunSystemMonitor
get_run_system_monitor(std::string_view run_id, const SystemMonitorOptions& options = {});

/// Stops the monitor of this run and forgets it; the run itself goes on, without the host's
/// figures. Without `project`: in every project. Does nothing when there is none.
WEMOL_MONITOR_API void cleanup_run_monitor(std::string_view run_id,
                                           std::optional<std::string_view> project = {}) noexcept;

/// Finishes all runs of this process, for those who end before the process does (an interpreter).
WEMOL_MONITOR_API void finish_all() noexcept;

/// Of the library that runs: "0.1.0".
[[nodiscard]] WEMOL_MONITOR_API const char* version() noexcept;

/// A T that is a run as well: the constructor begins the run; finish() ends it, after T's own
/// finish() where it has one; else the destructor does, which does not call that.
///
///   wemol::monitor::integrate_with_run<Trainer> trainer({.project = "md"}, trainer, arguments);
template <typename T>
class integrate_with_run : public T {  // NOLINT(readability-identifier-naming)
 public:
  template <typename... Arguments>
  explicit integrate_with_run(const RunOptions& options, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...), run_(init(options)) {}
  integrate_with_run(const integrate_with_run&) = delete;
  integrate_with_run& operator=(const integrate_with_run&) = delete;
  ~integrate_with_run() { run_.finish(); }

  [[nodiscard]] Run& run() { return run_; }
  RunStatus finish() {
    struct AtLast {
      Run& run;
      ~AtLast() { run.finish(); }
    };
    {
      const AtLast at_last{run_};
      if constexpr (requires(T & object) { object.finish(); }) {
        T::finish();
      }
    }
    return run_.status();
  }

 private:
  Run run_;
};

}  // namespace wemol::monitor
