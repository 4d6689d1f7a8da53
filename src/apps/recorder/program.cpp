#include "program.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "blocking_worker.h"
#include "device_history_sink.h"
#include "engine_client.h"
#include "event_loop.h"
#include "host_check.h"
#include "instance_lock.h"
#include "ledger_setup.h"
#include "native_check.h"
#include "patient_sink.h"
#include "recorder.h"
#include "service_supervisor.h"
#include "snapshot_socket.h"
#include "source_choice.h"
#include "source_setup.h"
#include "system_command_runner.h"
#include "task_csv_sink.h"
#include "unix_http_client.h"
#include "version.h"

namespace wemol {
namespace {

using Lock = tl::expected<InstanceLock, InstanceLock::Refusal>;
using ReadOptions = std::function<tl::expected<Options, EarlyExit>()>;

constexpr int kCannotStart = 1;
/// After the last round, for an output folder that does not answer. Less than systemd waits for a
/// stop.
constexpr std::chrono::seconds kLastWait{2};
/// For the answer of the output folder at the start, until the log has a word on it.
constexpr std::chrono::seconds kFirstWait{3};
constexpr std::chrono::milliseconds kBetweenLooks{200};

/// A round waits this long at most for a file system that may hang, and not for more than a part of
/// its interval, but for what a busy disk and a new thread may well take: what a round does not
/// wait for is Unknown, or a row that a kill may lose.
std::chrono::nanoseconds patience(const Options& options, std::chrono::nanoseconds longest) {
  constexpr std::chrono::nanoseconds kShortest = std::chrono::milliseconds(100);
  constexpr int kPartsOfInterval = 4;
  return std::clamp<std::chrono::nanoseconds>(options.interval / kPartsOfInterval, kShortest,
                                              longest);
}

std::chrono::nanoseconds task_root_wait(const Options& options) {
  return patience(options, std::chrono::seconds(1));
}

std::chrono::nanoseconds output_wait(const Options& options) {
  return patience(options, std::chrono::seconds(2));
}

/// The sinks that write to the output folder.
std::unique_ptr<PatientSink> make_output(const Options& options, const EventLoop& loop,
                                         Source& source, Lock lock) {
  auto round_clock = std::make_shared<RoundClock>(loop.moment());
  PatientSink::Sinks sinks;
  sinks.push_back(std::make_unique<FolderGuard>(options.output_dir, std::move(lock)));
  // Before the ledger, which goes by what the CSVs hold of runs that it takes over.
  auto task_csvs = std::make_unique<TaskCsvSink>(options.output_dir, options.sync);
  sinks.push_back(make_ledger(options, source, *round_clock));
  sinks.push_back(std::move(task_csvs));
  PatientSink::Settings settings{.folder = std::filesystem::absolute(options.output_dir),
                                 .longest_wait = output_wait(options)};
  if (options.sync == SyncLevel::finished) {
    settings.unsaid = {};  // each round was promised to be on the disk at its end
  }
  return std::make_unique<PatientSink>(std::move(settings), loop, std::move(sinks),
                                       std::move(round_clock));
}

/// For device history, whose folder may be another one and hang by itself.
std::unique_ptr<PatientSink> make_device_history(const Options& options, const EventLoop& loop) {
  auto round_clock = std::make_shared<RoundClock>(loop.moment());
  PatientSink::Sinks sinks;
  sinks.push_back(std::make_unique<DeviceHistorySink>(options.device_history, round_clock));
  return std::make_unique<PatientSink>(
      PatientSink::Settings{.folder = std::filesystem::absolute(options.device_history.folder),
                            .longest_wait = output_wait(options)},
      loop, std::move(sinks), std::move(round_clock));
}

/// Waits for a folder that does not answer. Nothing: a stop was requested meanwhile.
std::optional<Lock> acquire_lock(const Options& options, EventLoop& loop) {
  const auto lock = std::make_shared<std::optional<Lock>>();
  BlockingWorker worker;
  const bool is_started = worker.start(
      [lock, folder = options.output_dir] { lock->emplace(InstanceLock::acquire(folder)); });
  if (!is_started || !worker.finish_by(loop.now() + kFirstWait)) {
    const std::string folder = std::filesystem::absolute(options.output_dir).string();
    spdlog::error("the output folder {} does not answer: nothing is recorded until it does",
                  folder);
    while (worker.is_busy()) {
      if (!loop.wait_until(loop.now() + kBetweenLooks)) {
        return std::nullopt;
      }
    }
    spdlog::info("the output folder {} answers", folder);
  }
  return std::move(*lock);
}

void log_start(const Options& options) {
  spdlog::info(
      "wemol-recorder {} records containers named {}_... every {} s into {} (source {}, task root "
      "{})",
      kVersion, options.container_prefix, std::chrono::duration<double>(options.interval).count(),
      std::filesystem::absolute(options.output_dir).string(),
      name_of(options.source) +
          (options.source == SourceKind::native ? ", engine " + options.engine_socket : ""),
      options.task_root.string());
}

/// What the checks of the source native go over.
class NativeCheckSetup {
 public:
  NativeCheckSetup(const Options& options, EventLoop& loop, const FileReader& files,
                   CommandRunner& runner)
      : loop_(loop),
        files_(files),
        socket_(loop, options.engine_socket,
                std::chrono::ceil<std::chrono::milliseconds>(options.command_timeout)),
        gpu_readers_(make_gpu_readers(options, loop, files, runner)),
        gpu_presence_(files, loop) {}

  [[nodiscard]] NativeBorders borders() {
    return {engine_, loop_, files_, gpu_readers_, gpu_presence_, open_files_at_most()};
  }

 private:
  EventLoop& loop_;
  const FileReader& files_;
  UnixHttpClient socket_;
  engine::EngineClient engine_{socket_};
  std::vector<std::unique_ptr<GpuReader>> gpu_readers_;
  GpuPresence gpu_presence_;
};

SourceChoice decide_source(const Options& options, EventLoop& loop, const FileReader& files,
                           CommandRunner& runner) {
  return choose_source(
      options,
      [&] {
        NativeCheckSetup setup(options, loop, files, runner);
        return check_native_needs(options, setup.borders());
      },
      [&] { return check_docker(options, runner); });
}

/// The options with the source that is meant; says which, and why, where that had to be decided.
Options with_source(const Options& options, EventLoop& loop) {
  Options decided = options;
  if (options.source == SourceKind::automatic) {
    const SystemFileReader files;
    SystemCommandRunner runner(loop, options.command_timeout);
    const SourceChoice choice = decide_source(options, loop, files, runner);
    decided.source = choice.source;
    spdlog::info("--source auto is {}: {}", name_of(choice.source), choice.why);
  }
  return decided;
}

CheckResults check_source(const Options& options, EventLoop& loop, const FileReader& files,
                          SystemCommandRunner& runner) {
  if (options.source == SourceKind::automatic) {
    const SourceChoice choice = decide_source(options, loop, files, runner);
    CheckResults findings{
        {true, fmt::format("--source auto is {}: {}", name_of(choice.source), choice.why)}};
    Options decided = options;
    decided.source = choice.source;
    std::ranges::move(check_source(decided, loop, files, runner), std::back_inserter(findings));
    return findings;
  }
  if (options.source == SourceKind::docker_cli) {
    GpuPresence gpu_presence(files, loop);
    return check_docker_cli(options, runner, files, gpu_presence);
  }
  NativeCheckSetup setup(options, loop, files, runner);
  return check_native(options, setup.borders());
}

/// `asked_for` are the options as they were given, which a reload compares with. False when a
/// thread was left behind that hangs in the output folder.
bool record(const Options& options, const Options& asked_for, const ReadOptions& read_options,
            EventLoop& loop, Lock lock) {
  const ServiceManager manager;
  const SystemFileReader files;
  SystemCommandRunner runner(loop, options.command_timeout);
  const std::unique_ptr<SourceSetup> source = make_source(options, loop, files, runner);
  PatientFileReader task_files(std::make_shared<SystemFileReader>(), task_root_wait(options));
  ModuleCatalog modules(task_files, loop, options.task_root);
  std::filesystem::path task_root = options.task_root;
  std::vector<std::unique_ptr<Sink>> sinks;
  auto own_output = make_output(options, loop, *source, std::move(lock));
  PatientSink& output = *own_output;
  sinks.push_back(std::move(own_output));
  PatientSink* devices = nullptr;
  if (!options.device_history.folder.empty()) {
    auto own_devices = make_device_history(options, loop);
    devices = own_devices.get();
    sinks.push_back(std::move(own_devices));
    source->set_subscribed(true);  // GPUs that no task uses are read, too
  }
  if (!options.publish.empty()) {
    sinks.push_back(std::make_unique<SnapshotSocket>(
        loop, options.publish, SnapshotSocket::Bounds{},
        [&](bool is_subscribed) { source->set_subscribed(is_subscribed || devices != nullptr); }));
  }
  Round round(*source, modules, sinks, options.container_prefix);
  ServiceSupervisor supervisor(loop, manager, asked_for, read_options, [&](const Options& changed) {
    runner.set_timeout(changed.command_timeout);
    task_files.set_longest_wait(task_root_wait(changed));
    if (std::exchange(task_root, changed.task_root) != changed.task_root) {
      task_files.change_file_system();
    }
    output.set_longest_wait(output_wait(changed));
    if (devices != nullptr) {
      devices->set_longest_wait(output_wait(changed));
    }
    modules.set_task_root(changed.task_root);
    round.set_container_prefix(changed.container_prefix);
    source->change(changed);
  });
  // Now and not after the first round: that one may wait for an engine that comes late, and who
  // started the service would wait with it.
  supervisor.ready();
  source->prepare();
  Recorder(round, loop, supervisor, options.interval, options.rounds).run();
  const SteadyTime due = loop.now() + kLastWait;
  const bool has_devices = devices == nullptr || devices->finish_by(due);
  return output.finish_by(due) && has_devices;
}

}  // namespace

int run_recorder(const Options& options, const ReadOptions& read_options) {
  // By default a heap that a round has grown by more than 128 KiB shrinks and grows in each round.
  constexpr int kKeptBytes = 1 << 20;
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  set_up_log(options.log_level, options.log_file);
  EventLoop loop;
  auto lock = acquire_lock(options, loop);
  if (lock && !*lock && lock->error().held_by_other) {
    spdlog::error("{}", lock->error().message);
    return kCannotStart;
  }
  const Options decided = lock ? with_source(options, loop) : options;
  log_start(decided);
  if (!lock || !record(decided, options, read_options, loop, std::move(*lock))) {
    // A thread hangs in the folder and may wake up at any moment: what it uses must not be taken
    // down under it.
    std::_Exit(EXIT_SUCCESS);
  }
  return EXIT_SUCCESS;
}

int run_host_check(const Options& options) {
  EventLoop loop;
  const SystemFileReader files;
  SystemCommandRunner runner(loop, options.command_timeout);
  CheckResults findings = check_source(options, loop, files, runner);
  std::ranges::move(check_folders(options), std::back_inserter(findings));
  for (const CheckResult& finding : findings) {
    fmt::print("{} {}\n", finding.good ? "ok  " : "FAIL", finding.text);
  }
  return std::ranges::all_of(findings, &CheckResult::good) ? 0 : kCannotStart;
}

}  // namespace wemol
