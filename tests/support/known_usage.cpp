#include "known_usage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace wemol::test {
namespace {

constexpr std::uint64_t kBytesPerMiB = 1 << 20;
constexpr std::array<std::string_view, 3> kModels{"NVIDIA GeForce RTX 3090",
                                                  "NVIDIA A100-SXM4-80GB", "NVIDIA H100 PCIe"};

/// A number of bytes in docker's three digits, and what remains of the number.
struct ThreeDigits {
  std::uint64_t bytes = 0;
  std::string text;
};

ThreeDigits three_digits(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::uint64_t unit_bytes = 1;
  std::size_t unit = 0;
  for (; bytes / unit_bytes >= 1000 && unit + 1 < kUnits.size(); ++unit) {
    unit_bytes *= 1000;
  }
  std::uint64_t step = 1;  // what one in the third digit stands for
  while (bytes / step >= 1000) {
    step *= 10;
  }
  const std::uint64_t rounded = (bytes + step / 2) / step * step;
  if (rounded / unit_bytes >= 1000) {
    return {rounded, fmt::format("1e+03{}", kUnits[unit])};
  }
  std::string digits = fmt::format("{}", rounded / unit_bytes);
  if (const std::uint64_t rest = rounded % unit_bytes; rest > 0) {
    std::string decimals = fmt::format("{:0{}}", rest, unit * 3);
    decimals.resize(decimals.find_last_not_of('0') + 1);
    digits += "." + decimals;
  }
  return {rounded, digits + std::string(kUnits[unit])};
}

/// What one cell holds for several GPUs.
class List {
 public:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    text_ += text_.empty() ? "" : ",";
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    ++count_;
  }
  /// With the separator before.
  void append_to(std::string& csv) const {
    csv += count_ > 1 ? ",\"" : ",";
    csv += text_;
    csv += count_ > 1 ? "\"" : "";
  }

 private:
  std::string text_;
  unsigned count_ = 0;
};

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return (mixed ^ (mixed >> 31)) % bound;
}

void KnownUsage::Mean::add(double value) {
  sum += value;
  count += 1;
  max = std::max(max, value);
}

std::optional<double> KnownUsage::Mean::value() const {
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

KnownUsage::KnownUsage(unsigned gpus, Random& random)
    : random_(random),
      gpus_(gpus),
      cpu_base_(1000 + random.below(1'600'000)),
      memory_base_(1000 + random.below(6000)),
      gpu_mib_base_(500 + random.below(20000)),
      bytes_per_row_(random.below(3'000'000)) {
  const std::uint64_t model = random.below(kModels.size());
  List ids;
  List names;
  for (unsigned gpu = 0; gpu < gpus_; ++gpu) {
    ids.add("{}", gpu);
    names.add("{}", kModels.at(model));
  }
  ids.append_to(gpu_ids_);
  names.append_to(gpu_names_);
}

void KnownUsage::add_row(std::string& csv) {
  ++rows_;
  const std::uint64_t cpu = cpu_base_ + random_.below(cpu_base_);
  const std::uint64_t memory = memory_base_ + random_.below(2999);
  const ThreeDigits received = three_digits(rows_ * bytes_per_row_);
  const ThreeDigits sent = three_digits(rows_ * bytes_per_row_ / 7);
  const ThreeDigits read = three_digits(bytes_per_row_ * 13);
  const ThreeDigits written = three_digits(rows_ * 4096);
  fmt::format_to(std::back_inserter(csv),
                 FMT_COMPILE(",{}.{:02}%,{}.{}MiB / 250.3GiB,0.38%,{} / {},{} / {},{}"), cpu / 100,
                 cpu % 100, memory / 10, memory % 10, received.text, sent.text, read.text,
                 written.text, 1 + random_.below(99));
  add_gpu_cells(csv);
  csv += "\r\n";
  cpu_cores_.add(static_cast<double>(cpu) / 10000);
  const std::uint64_t memory_bytes = (memory * kBytesPerMiB + 5) / 10;  // as the cell is read
  memory_bytes_.add(static_cast<double>(memory_bytes));
  network_rx_ = received.bytes;
  network_tx_ = sent.bytes;
  block_read_ = read.bytes;
  block_write_ = written.bytes;
}

void KnownUsage::add_gpu_cells(std::string& csv) {
  constexpr std::uint64_t kRowsWithoutGpu = 3;  // until the program has found its GPU
  if (gpus_ > 0 && random_.below(40) == 0) {
    csv += ",N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";
    return;
  }
  if (gpus_ == 0 || rows_ <= kRowsWithoutGpu) {
    csv += ",0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A";
    watts_.add(0);
    return;
  }
  const bool is_power_known = random_.below(50) != 0;
  List used, total, utilization, memory_utilization, temperature, fan, power, limit;
  double percent_sum = 0;
  double mib_sum = 0;
  double watt_sum = 0;
  for (unsigned gpu = 0; gpu < gpus_; ++gpu) {
    const std::uint64_t mib = gpu_mib_base_ + random_.below(1000);
    const std::uint64_t percent = random_.below(101);
    const std::uint64_t centiwatts = 2500 + random_.below(30000);
    used.add("{}MB", mib);
    total.add("24576MB");
    utilization.add("{}%", percent);
    memory_utilization.add("{}%", percent / 2);
    temperature.add("{}°C", 40 + percent / 3);
    fan.add("N/A");
    if (is_power_known || gpu > 0) {
      power.add("{}.{:02}W", centiwatts / 100, centiwatts % 100);
    } else {
      power.add("N/A");
    }
    limit.add("350.00W");
    mib_sum += static_cast<double>(mib);
    percent_sum += static_cast<double>(percent);
    watt_sum += static_cast<double>(centiwatts) / 100;
    utilization_max_ = std::max(utilization_max_, static_cast<double>(percent));
  }
  csv += fmt::format(",{}", gpus_) + gpu_ids_ + gpu_names_;
  for (const List* list :
       {&used, &total, &utilization, &memory_utilization, &temperature, &fan, &power, &limit}) {
    list->append_to(csv);
  }
  ++rows_with_gpu_;
  utilization_.add(percent_sum / gpus_);
  device_mib_.add(mib_sum);
  if (is_power_known) {
    watts_.add(watt_sum);
  }
}

RunSummary KnownUsage::summary(double seconds_per_row) const {
  constexpr double kSeenSeconds = 1;
  RunSummary run;
  const double duration = static_cast<double>(rows_) * seconds_per_row;
  run.duration_seconds = duration;
  run.samples = rows_;
  run.coverage_percent = 100 * kSeenSeconds / seconds_per_row;
  run.cpu_cores_mean = cpu_cores_.value();
  run.cpu_cores_max = cpu_cores_.max;
  run.cpu_seconds = *run.cpu_cores_mean * duration;
  run.memory_mean_bytes = memory_bytes_.value();
  run.memory_peak_bytes = static_cast<std::uint64_t>(memory_bytes_.max);
  run.network_rx_bytes = network_rx_;
  run.network_tx_bytes = network_tx_;
  run.block_read_bytes = block_read_;
  run.block_write_bytes = block_write_;
  run.gpu_count = 0;
  if (rows_with_gpu_ > 0) {
    run.gpu_count = gpus_;
    const auto bare = [](std::string cell) {
      std::erase(cell, '"');
      return cell.substr(1);
    };
    run.gpu_ids = bare(gpu_ids_);
    run.gpu_names = bare(gpu_names_);
    run.gpu_utilization_mean = utilization_.value();
    run.gpu_utilization_max = utilization_max_;
    run.gpu_device_memory_peak_mib = device_mib_.max;
    run.energy_wh = *watts_.value() * duration / 3600;
  }
  return run;
}

}  // namespace wemol::test
