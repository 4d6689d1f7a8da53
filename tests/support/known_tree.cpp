#include "known_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "known_usage.h"
#include "ledger_row.h"

namespace wemol::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 5s;
constexpr WallTime kFirstStart{1748736000s};
constexpr std::string_view kHeader =
    "task_id,job_id,module_name,timestamp,container,cpu_percent,mem_usage,mem_percent,net_io,"
    "block_io,pids,gpu_count,gpu_ids,gpu_names,gpu_memory_used,gpu_memory_total,gpu_utilization,"
    "gpu_memory_utilization,gpu_temperature,gpu_fan_speed,gpu_power_draw,gpu_power_limit\r\n";

struct Module {
  std::string name;
  std::string cell;  ///< the name as the CSV has it
  std::string folder;
  unsigned gpus = 0;
};

Module module_at(unsigned number) {
  static const std::array<Module, 5> special{
      {{.name = "MD (GMX2024)", .cell = "MD (GMX2024)", .folder = "MD (GMX2024)", .gpus = 1},
       {.name = "分子对接", .cell = "分子对接", .folder = "分子对接", .gpus = 0},
       {.name = "AlphaFold2", .cell = "AlphaFold2", .folder = "AlphaFold2", .gpus = 2},
       {.name = "Docking, \"fast\"",
        .cell = "\"Docking, \"\"fast\"\"\"",
        .folder = "Docking, _fast_",
        .gpus = 0},
       {.name = "@Score", .cell = "'@Score", .folder = "@Score", .gpus = 1}}};
  if (number < special.size()) {
    return special[number];
  }
  const std::string name = fmt::format("Module {}", number);
  return {.name = name, .cell = name, .folder = name, .gpus = number % 3};
}

std::string local_time(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

/// As a file has it that got its last row then.
void set_change_time(const std::filesystem::path& path, WallTime time) {
  const std::timespec seconds{.tv_sec = std::chrono::system_clock::to_time_t(time), .tv_nsec = 0};
  const std::array<std::timespec, 2> times{seconds, seconds};
  if (utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0) {
    throw std::runtime_error("cannot set the time of " + path.string());
  }
}

struct Identity {
  Module module;
  std::string task_id;
  std::string job_id;
  std::string container;
};

/// How the run ended, with a kernel's figures that no sample has.
void fill_end(Random& random, RunSummary& ledger) {
  const std::uint64_t fate = random.below(20);
  ledger.oom_killed = fate == 0;
  ledger.exit_code = fate == 0 ? 137 : fate <= 2 ? 1 : 0;
  ledger.memory_peak_bytes = *ledger.memory_peak_bytes + random.below(1 << 20);
  ledger.coverage_percent = 100;
  if (ledger.gpu_count != 0U) {
    // The rest of what the devices hold belongs to the driver.
    ledger.gpu_memory_peak_mib = *ledger.gpu_device_memory_peak_mib - 300;
    ledger.gpu_memory_mean_mib = *ledger.gpu_memory_peak_mib - 0.5;
    ledger.gpu_shared_percent = 0;
  }
  ledger.gpu_device_memory_peak_mib.reset();
}

/// Adds a run's rows to its task's CSV.
KnownRun add_run(const Identity& identity, unsigned rows, WallTime started_at, Random& random,
                 std::string& csv) {
  KnownUsage usage(identity.module.gpus, random);
  const std::string begin =
      fmt::format("{},{},{},", identity.task_id, identity.job_id, identity.module.cell);
  for (unsigned row = 1; row <= rows; ++row) {
    csv += begin;
    csv += local_time(started_at + row * kInterval);
    csv += ',';
    csv += identity.container;
    usage.add_row(csv);
  }
  KnownRun run{.folder = identity.module.folder,
               .samples = usage.summary(std::chrono::duration<double>(kInterval).count())};
  run.samples.task_id = identity.task_id;
  run.samples.job_id = identity.job_id;
  run.samples.module_name = identity.module.name;
  run.samples.container = identity.container;
  run.ledger = run.samples;
  run.ledger.started_at = started_at;
  run.ledger.ended_at = started_at + rows * kInterval;
  fill_end(random, run.ledger);
  return run;
}

}  // namespace

std::vector<KnownRun> write_known_tree(const KnownTreePlan& plan,
                                       const std::filesystem::path& root) {
  constexpr unsigned kFewestRows = 8;
  std::vector<KnownRun> runs;
  std::map<std::string, std::string> ledgers;
  Random random(plan.seed);
  std::string csv;
  for (unsigned task = 0; task < plan.tasks; ++task) {
    const Module module = module_at(task % plan.modules);
    const std::string task_id = fmt::format("{}", 130000 + task);
    csv = kHeader;
    WallTime start = kFirstStart + task * 10min;
    const unsigned run_count = random.below(25) == 0 ? 2 : 1;
    for (unsigned number = 1; number <= run_count; ++number) {
      const auto rows = static_cast<unsigned>(plan.rows / 2 + random.below(plan.rows + 1));
      const Identity identity{
          .module = module,
          .task_id = task_id,
          .job_id = fmt::format("{}", 180000 + task),
          .container = fmt::format("wemol_rc_task_gpu_{}_{}_{}", task_id, 180000 + task, number)};
      runs.push_back(add_run(identity, std::max(kFewestRows, rows), start, random, csv));
      start = *runs.back().ledger.ended_at + 1h;
      ledgers[module.folder] += ledger_row(runs.back().ledger);
    }
    std::filesystem::create_directories(root / module.folder);
    const std::filesystem::path file = root / module.folder / (task_id + ".csv");
    write_file(file, csv);
    set_change_time(file, *runs.back().ledger.ended_at + 1s);
  }
  for (const auto& [folder, rows] : ledgers) {
    write_file(root / folder / (std::string(kLedgerStem) + ".csv"), ledger_header() + rows);
  }
  return runs;
}

double nearest_rank(std::vector<double> values, double percent) {
  std::ranges::sort(values);
  const auto count = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * count));
  return values.at(std::max<std::size_t>(rank, 1) - 1);
}

}  // namespace wemol::test
