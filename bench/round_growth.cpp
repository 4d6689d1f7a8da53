// round_growth FOLDER started|finished COUNT...
//
// How a round of the native source grows with the number of containers: makes COUNT folders with
// the files of a control group (v1) in FOLDER, and runs whole rounds over them, from the reading of
// the files to the rows in as many CSV files (with that --sync). Prints for each COUNT the time and
// the CPU time of a round.
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "container_run.h"
#include "event_loop.h"
#include "round.h"
#include "task_csv_sink.h"

namespace {

namespace fs = std::filesystem;
using namespace wemol;

constexpr int kRounds = 20;
constexpr rlim_t kFilesPerContainer = 8;

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// As a real container's files look; a real memory.stat has some 40 lines.
void make_group(const fs::path& folder) {
  fs::create_directories(folder);
  std::string stat;
  for (int i = 0; i < 20; ++i) {
    stat += fmt::format("counter_{} 123456789\n", i);
  }
  stat += "inactive_file 4096\n";
  for (int i = 0; i < 20; ++i) {
    stat += fmt::format("total_counter_{} 123456789\n", i);
  }
  write_file(folder / "cpuacct.usage", "123456789012\n");
  write_file(folder / "memory.usage_in_bytes", "73400320\n");
  write_file(folder / "memory.stat", stat + "total_inactive_file 4096\n");
  write_file(folder / "memory.limit_in_bytes", "9223372036854771712\n");
  write_file(folder / "blkio.throttle.io_service_bytes",
             "253:0 Read 4096\n253:0 Write 0\n253:0 Sync 4096\n253:0 Total 4096\nTotal 4096\n");
  write_file(folder / "pids.current", "12\n");
}

class MadeUpSource : public Source {
 public:
  MadeUpSource(const fs::path& folder, std::size_t count, const Clock& clock) : clock_(clock) {
    for (std::size_t i = 0; i < count; ++i) {
      const fs::path group = folder / "groups" / std::to_string(i);
      make_group(group);
      const cgroup::Folder place{.path = group, .is_v2 = false};
      auto counters = cgroup::Counters::open(
          {.cpu = place, .memory = place, .block_io = place, .pids = place}, 1ULL << 38U);
      runs_.emplace_back(std::move(counters.value()), std::nullopt, clock.now());
    }
  }
  [[nodiscard]] std::optional<Facts> collect(SteadyTime /*due*/) override {
    Facts facts;
    auto& containers = facts.containers.emplace();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      containers.push_back({.id = fmt::format("{:064x}", i),
                            .name = fmt::format("wemol_rc_task_gpu_{}_1_1", 1000000 + i),
                            .stats = runs_[i].read(clock_)});
    }
    facts.gpu_processes.emplace();
    return facts;
  }

 private:
  const Clock& clock_;
  std::vector<native::ContainerRun> runs_;
};

void make_task_jsons(const fs::path& root, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string task = std::to_string(1000000 + i);
    const fs::path folder =
        root / "Worker.GPU" / "work_blob" / task.substr(3, 2) / task.substr(5, 2) / task;
    fs::create_directories(folder);
    write_file(folder / "task.json", R"({"Module": {"Name": "GROMACS"}})");
  }
}

double cpu_milliseconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

void measure(const fs::path& folder, std::size_t count, SyncLevel sync) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const EventLoop clock;
  MadeUpSource source(folder, count, clock);
  make_task_jsons(folder / "tasks", count);
  const SystemFileReader reader;
  ModuleCatalog modules(reader, clock, folder / "tasks");
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::make_unique<TaskCsvSink>(folder / "rows", sync));
  Round round(source, modules, sinks, "wemol_rc_task");
  (void)round.run(clock.now());  // the first one makes the files
  const double cpu_before = cpu_milliseconds();
  const SteadyTime began = clock.now();
  for (int i = 0; i < kRounds; ++i) {
    (void)round.run(clock.now());
  }
  const double took =
      std::chrono::duration<double, std::milli>(clock.now() - began).count() / kRounds;
  const double cpu = (cpu_milliseconds() - cpu_before) / kRounds;
  const bool all_kept = count * kFilesPerContainer < files.rlim_cur / 2;
  fmt::print(
      "{:6} containers: {:8.2f} ms per round, {:5.1f} us of CPU per container{}\n", count, took,
      cpu * 1000 / static_cast<double>(count),
      all_kept ? "" : fmt::format(" (only {} files may be open: not all stay so)", files.rlim_cur));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("round_growth FOLDER started|finished COUNT...\n", stderr);
    return 2;
  }
  const bool waits = std::string_view(argv[2]) == "finished";
  spdlog::set_level(spdlog::level::warn);
  for (int i = 3; i < argc; ++i) {
    const std::string_view text = argv[i];
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    const fs::path folder = fs::path(argv[1]) / text;
    measure(folder, count, waits ? SyncLevel::finished : SyncLevel::started);
    fs::remove_all(folder);
  }
}
