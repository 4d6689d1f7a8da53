#include "gpu_readers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "amd_gpus.h"
#include "nvidia_gpus.h"
#include "nvml_client.h"

namespace wemol {
namespace {

/// A round waits for a driver this long at most, and never for more than a part of its interval.
constexpr std::chrono::nanoseconds kDriverTimeout = std::chrono::seconds(1);
constexpr int kPartsOfInterval = 4;

template <typename Item>
void append(std::optional<std::vector<Item>> more, std::optional<std::vector<Item>>& items) {
  if (more && items) {
    std::ranges::move(*more, std::back_inserter(*items));
  } else {
    items.reset();  // a part of them would look like the whole
  }
}

/// Time for a thread that does not wait for it.
class PlainClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime due) override { return now() >= due; }
};

/// AMD's GPUs with all that is needed to read them: a read that hangs may outlive everything else.
class OwnAmdGpus : public GpuReader {
 public:
  explicit OwnAmdGpus(std::filesystem::path root) : gpus_(files_, clock_, std::move(root)) {}

  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override {
    return gpus_.finish(due);
  }

 private:
  SystemFileReader files_;
  PlainClock clock_;
  amd::AmdGpus gpus_;
};

/// Where the program that calls NVML is not installed.
class NoNvmlHelper : public nvml::DriverReader {
 public:
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& /*due*/) override {
    return std::nullopt;
  }
  void let_go() override {}
  [[nodiscard]] bool has_let_go() override { return true; }
  [[nodiscard]] const std::string& why_no_library() const override { return why_; }

 private:
  std::string why_ = "its helper program is not installed";
};

std::unique_ptr<nvml::DriverReader> make_nvml_reader(EventLoop& loop, NvmlSettings nvml) {
  if (nvml.helper_command.empty()) {
    return std::make_unique<NoNvmlHelper>();
  }
  nvml::HelperTiming timing;
  timing.answer = nvml.answer_timeout;
  return std::make_unique<nvml::NvmlClient>(loop, std::move(nvml.helper_command), timing,
                                            nvml.detail);
}

}  // namespace

void join(GpuReadings more, GpuReadings& all) {
  if (!more.is_left_alone) {  // else nobody needs its devices
    append(std::move(more.devices), all.devices);
  }
  append(std::move(more.processes), all.processes);
  std::ranges::move(more.divided, std::back_inserter(all.divided));
  std::ranges::move(more.conditions, std::back_inserter(all.conditions));
}

unsigned number_from(unsigned first_index, std::vector<GpuDevice>& devices) {
  unsigned indices = 0;
  for (GpuDevice& device : devices) {
    indices = std::max(indices, device.index + 1);
    device.index += first_index;
  }
  return indices;
}

std::unique_ptr<GpuReader> make_amd_reader(const std::filesystem::path& root) {
  return std::make_unique<BlockingGpus>(std::make_shared<OwnAmdGpus>(root),
                                        "the driver of the AMD GPUs");
}

GpuReaders::GpuReaders(Readers readers, const FileReader& files, const Clock& clock,
                       std::filesystem::path root)
    : clock_(clock), presence_(files, clock, std::move(root)) {
  for (auto& reader : readers) {
    readers_.push_back({.reader = std::move(reader)});
  }
}

void GpuReaders::set_answer_timeout(std::chrono::milliseconds timeout) {
  for (const auto& [reader, indices] : readers_) {
    reader->set_answer_timeout(timeout);
  }
}

void GpuReaders::set_interval(std::chrono::nanoseconds interval) {
  driver_timeout_ = std::min(kDriverTimeout, interval / kPartsOfInterval);
  for (const auto& [reader, indices] : readers_) {
    reader->set_interval(interval);
  }
}

void GpuReaders::note_tasks(const TaskGpuUse& use) {
  for (const auto& [reader, indices] : readers_) {
    reader->note_tasks(use);
  }
}

void GpuReaders::begin() {
  for (const auto& [reader, indices] : readers_) {
    reader->begin();
  }
}

GpuReadings GpuReaders::finish(SteadyTime due) {
  const GpuReadingsDue readings_due{.driver = std::min(due, clock_.now() + driver_timeout_),
                                    .command = due};
  GpuReadings all;
  all.devices.emplace();
  all.processes.emplace();
  all.finds_none = true;
  bool is_any_there = false;
  unsigned first_index = 0;
  Conditions why_nothing;
  for (auto& [reader, indices] : readers_) {
    auto readings = reader->finish(readings_due);
    if (!readings) {
      if (auto condition = reader->why_nothing()) {
        why_nothing.push_back(std::move(*condition));
      }
      continue;
    }
    is_any_there = true;
    all.finds_none = all.finds_none && readings->finds_none;
    if (readings->devices) {
      indices = number_from(first_index, *readings->devices);
    }
    first_index += indices;
    join(std::move(*readings), all);
  }
  if (all.finds_none && presence_.is_certainly_none()) {
    presence_.settle(all);
    is_any_there = true;  // that there is none is known
  }
  if (!is_any_there) {
    all.devices.reset();
    all.processes.reset();
    all.conditions = std::move(why_nothing);
  }
  return all;
}

GpuReaders::Readers make_gpu_readers(EventLoop& loop, const FileReader& files,
                                     CommandRunner& runner, NvmlSettings nvml) {
  GpuReaders::Readers readers;
  readers.push_back(
      std::make_unique<NvidiaGpus>(make_nvml_reader(loop, std::move(nvml)), runner, files, loop));
  readers.push_back(make_amd_reader("/"));
  return readers;
}

}  // namespace wemol
