// What the history costs: CPU, bytes written and kept, the time of queries. Simulated hosts report
// on a simulated clock into a real file.
//
//   hub_history FOLDER [HOSTS] [GPUS] [HOURS]

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "history_file.h"

namespace {

using namespace std::chrono_literals;
using wemol::hub::Figures;
using Clock = std::chrono::steady_clock;

constexpr auto kInterval = 5s;
constexpr wemol::WallTime kBegin{8'314 * 216'000s};
constexpr std::size_t kCheck = 3;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double written_mebibytes() {
  std::ifstream io("/proc/self/io");
  for (std::string key; io >> key;) {
    double value = 0;
    io >> value;
    if (key == "write_bytes:") {
      return value / 0x1p20;
    }
  }
  return 0;
}

/// A host that works: each figure moves as a real one does, most totals stand still.
class Host {
 public:
  Host(unsigned seed, int gpus) : random_(seed), gpus_(gpus), load_(gpus, 0) {}

  Figures report() {
    Figures figures;
    const auto add = [&](std::string name, double value) {
      figures.push_back({std::move(name), value});
    };
    add("system.cpu.load_avg_15min", walk(load15_, 0, 128, 0.02));
    add("system.cpu.load_avg_1min", walk(load1_, 0, 128, 0.5));
    add("system.cpu.load_avg_5min", walk(load5_, 0, 128, 0.1));
    add("system.cpu.processes", std::round(walk(processes_, 300, 900, 2)));
    add("system.cpu.temperature_celsius", std::round(walk(cpu_temp_, 40, 90, 1)));
    add("system.cpu.threads", std::round(walk(threads_, 1000, 4000, 5)));
    add("system.cpu.usage_percent", rounded(walk(cpu_, 0, 100, 3)));
    add("system.disk.io_operations_per_sec", rounded(walk(iops_, 0, 900, 80)));
    add("system.disk.io_read_bytes_per_sec", rounded(walk(read_, 0, 9e8, 2e7)));
    add("system.disk.io_write_bytes_per_sec", rounded(walk(write_, 0, 9e8, 2e7)));
    add("system.disk.total_bytes", 1967317549056);
    add("system.disk.usage_percent", rounded(walk(disk_, 40, 60, 0.001)));
    add("system.disk.used_bytes", std::round(disk_ * 19673175490.56 / 4096) * 4096);
    add("system.memory.available_bytes", std::round(walk(memory_, 1e10, 2e11, 1e8) / 4096) * 4096);
    add("system.memory.total_bytes", 270276493312);
    add("system.memory.usage_percent", rounded(100 - memory_ / 2702764933.12));
    add("system.memory.used_bytes", 270276493312 - std::round(memory_ / 4096) * 4096);
    add("system.network.connections", std::round(walk(connections_, 10, 200, 1)));
    for (const char* const name :
         {"rx_bytes_per_sec", "rx_packets_per_sec", "tx_bytes_per_sec", "tx_packets_per_sec"}) {
      add(std::string("system.network.") + name, rounded(walk(network_, 0, 1e8, 1e6)));
    }
    for (const char* const name :
         {"cpu_full", "cpu_some", "io_full", "io_some", "memory_full", "memory_some"}) {
      add(std::string("system.pressure.") + name + "_percent",
          random_() % 4 == 0 ? rounded(chance() * 3) : 0);
    }
    add("system.swap.total_bytes", 8589934592);
    add("system.swap.usage_percent", 0);
    add("system.swap.used_bytes", 0);
    for (int gpu = 0; gpu < gpus_; ++gpu) {
      add_gpu(gpu, add);
    }
    for (int task = 0; task < kTasks; ++task) {
      const std::string name =
          "container.wemol_task_" + std::to_string(130'000 + task + epoch_ / 720 * kTasks) + ".";
      add(name + "cpu_percent", rounded(walk(cpu_, 0, 100, 3) * 8));
      add(name + "memory_limit_bytes", 270276493312);
      add(name + "memory_percent", rounded(walk(disk_, 40, 60, 0.01)));
      add(name + "memory_used_bytes", std::round(walk(memory_, 1e10, 2e11, 1e8)));
      add(name + "pids", 39);
    }
    ++epoch_;
    std::ranges::sort(figures, {}, &wemol::hub::Figure::name);
    return figures;
  }

 private:
  static constexpr int kTasks = 4;

  template <typename Add>
  void add_gpu(int gpu, Add add) {
    double& load = load_[static_cast<std::size_t>(gpu)];
    if (random_() % 500 == 0) {
      load = load > 0 ? 0 : 60 + chance() * 40;
    }
    const bool works = load > 0;
    const std::string name = "gpu." + std::to_string(gpu) + ".";
    const double use = works ? std::round(std::min(100.0, load + chance() * 20)) : 0;
    add(name + "correctedMemoryErrors", 0);
    add(name + "enforcedPowerLimitWatts", 450);
    add(name + "fanSpeed", works ? std::round(60 + chance() * 3) : 30);
    add(name + "gpu", use);
    add(name + "memory", works ? std::round(30 + chance() * 10) : 0);
    add(name + "memoryAllocated", works ? 83.3 : 0.05);
    add(name + "memoryAllocatedBytes", works ? 21474836480.0 : 12582912.0);
    add(name + "memoryClock", works ? 10501 : 405);
    add(name + "memoryTotalBytes", 25757220864);
    add(name + "powerPercent", rounded((works ? use * 4.2 : 22 + chance()) / 4.5));
    add(name + "powerWatts", rounded(works ? use * 4.2 : 22 + chance()));
    add(name + "smClock", works ? 2520 + 15.0 * std::round(chance() * 4) : 210);
    add(name + "temp", std::round(works ? 62 + chance() * 3 : 33));
    add(name + "uncorrectedMemoryErrors", 0);
  }

  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  double walk(double& value, double low, double high, double step) {
    value = std::clamp(value + (chance() - 0.5) * 2 * step, low, high);
    return value;
  }
  static double rounded(double value) { return std::round(value * 1000) / 1000; }

  std::mt19937 random_;
  int gpus_;
  std::vector<double> load_;
  int epoch_ = 0;
  double load1_ = 8, load5_ = 8, load15_ = 8, processes_ = 400, threads_ = 1500, cpu_temp_ = 60,
         cpu_ = 30;
  double iops_ = 50, read_ = 1e6, write_ = 1e7, disk_ = 50, memory_ = 1e11, connections_ = 50,
         network_ = 1e6;
};

void must(const auto& result) {
  if (!result) {
    std::cerr << result.error().message << '\n';
    std::exit(1);
  }
}

void report_query(wemol::hub::HistoryFile& file, const char* what, const std::string& metric,
                  wemol::WallTime now, std::chrono::seconds back, std::chrono::seconds step) {
  const auto begin = Clock::now();
  const auto answer = file.query({"host0", {metric}, now - back, now, step}, now);
  must(answer);
  std::size_t points = 0;
  for (const auto& series : answer->series) {
    points += series.points.size();
  }
  std::cout << fmt::format("query {}: {:.1f} ms, {} series, {} points\n", what,
                           std::chrono::duration<double, std::milli>(Clock::now() - begin).count(),
                           answer->series.size(), points);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
  const int hosts = argc > 2 ? std::atoi(argv[2]) : 1'000;
  const int gpus = argc > 3 ? std::atoi(argv[3]) : 8;
  const double hours = argc > kCheck + 1 ? std::atof(argv[kCheck + 1]) : 1;
  std::vector<Host> all;
  for (int i = 0; i < hosts; ++i) {
    all.emplace_back(static_cast<unsigned>(i), gpus);
  }
  wemol::SteadyTime steady{1000s};
  auto file = wemol::hub::HistoryFile::open({.file = folder / "history.db"}, steady);
  must(file);
  wemol::WallTime now = kBegin;
  const auto seconds = static_cast<std::int64_t>(hours * 3600);
  double append_cpu = 0;
  double fold_cpu = 0;
  double worst_second = 0;
  std::uint64_t reports = 0;
  std::size_t figures = 0;
  const double written = written_mebibytes();
  for (std::int64_t second = 0; second < seconds; ++second) {
    std::vector<wemol::hub::HistorySample> batch;
    for (int host = static_cast<int>(second % kInterval.count()); host < hosts;
         host += static_cast<int>(kInterval.count())) {
      batch.push_back(
          {"host" + std::to_string(host), now, all[static_cast<std::size_t>(host)].report()});
      figures = batch.back().figures.size();
    }
    reports += batch.size();
    const auto begin = Clock::now();
    double cpu = cpu_seconds();
    must((*file)->append(batch, steady));
    append_cpu += cpu_seconds() - cpu;
    cpu = cpu_seconds();
    must((*file)->fold(steady, 8));
    must((*file)->trim_journal());
    fold_cpu += cpu_seconds() - cpu;
    worst_second =
        std::max(worst_second, std::chrono::duration<double>(Clock::now() - begin).count());
    now += 1s;
    steady += 1s;
  }
  const double used = static_cast<double>(*(*file)->used_bytes());
  std::cout << fmt::format("{} hosts x {} GPUs, {} figures a report, {} h, {} reports\n", hosts,
                           gpus, figures, hours, reports);
  std::cout << fmt::format(
      "append {:.1f} %, fold {:.1f} % of a CPU at real time; longest second {:.0f} ms\n",
      100 * append_cpu / static_cast<double>(seconds),
      100 * fold_cpu / static_cast<double>(seconds), 1000 * worst_second);
  std::cout << fmt::format("written {:.2f} MiB/s, file {:.1f} MiB, {} rows not folded\n",
                           (written_mebibytes() - written) / static_cast<double>(seconds),
                           used / 0x1p20, (*file)->unfolded_rows());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << fmt::format("resident at most {:.0f} MiB, the simulated hosts included\n",
                           static_cast<double>(usage.ru_maxrss) / 1024);
  report_query(**file, "1 h of a figure, 10 s", "gpu.0.gpu", now, 1h, 10s);
  report_query(**file, "1 h of 8 GPUs, 10 s", "gpu.*.gpu", now, 1h, 10s);
  report_query(**file, "24 h of a figure, 60 s", "gpu.0.gpu", now, 24h, 60s);
  report_query(**file, "90 d of a figure, 1 h", "gpu.0.gpu", now, 24h * 90, 3600s);
  file->reset();
  // By level, from the file itself.
  const auto database = wemol::hub::Database::open(folder / "history.db");
  must(database);
  for (int level = 0; level < 3; ++level) {
    const auto bytes = database->integer(fmt::format(
        "SELECT coalesce(sum(length(steps)), 0) FROM chunk WHERE (key >> 25) & 3 = {}", level));
    must(bytes);
    std::cout << fmt::format("level {}: {:.0f} bytes a host-day\n", level,
                             static_cast<double>(*bytes) / hosts / hours * 24);
  }
  const auto names = database->integer("SELECT count(*) FROM metric");
  must(names);
  std::cout << fmt::format("{} names of metrics\n", *names);
  return 0;
}
