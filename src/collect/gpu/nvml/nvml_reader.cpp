#include "nvml_reader.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "nvml_device.h"

namespace wemol::nvml {

/// The open driver with its GPUs. Closes it as it goes.
class NvmlReader::Session {
 public:
  Session(Library library, unsigned gpus) : library_(std::move(library)) {
    for (unsigned index = 0; index < gpus; ++index) {
      gpus_.emplace_back(index);
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { library_.functions().shutdown(); }

  [[nodiscard]] GpuReadings read(WallTime wall_now, Detail detail) {
    GpuReadings readings;
    std::vector<GpuDevice> devices;
    std::vector<GpuProcess> processes;
    bool any_list = gpus_.empty();
    for (Gpu& gpu : gpus_) {
      GpuReading reading = gpu.read(library_.functions(), wall_now, detail);
      if (!reading.device) {
        readings.conditions.push_back(unreadable(gpu));
        continue;
      }
      devices.push_back(std::move(*reading.device));
      if (reading.is_divided) {
        readings.divided.push_back(gpu.uuid());
        std::ranges::move(reading.instances, std::back_inserter(devices));
      }
      if (reading.processes) {
        any_list = true;
        std::ranges::move(*reading.processes, std::back_inserter(processes));
      } else {
        readings.conditions.push_back(no_processes(gpu, reading.processes.error()));
      }
    }
    if (!devices.empty() || gpus_.empty()) {
      readings.devices = std::move(devices);
    }
    if (any_list) {
      readings.processes = std::move(processes);
    }
    return readings;
  }

  [[nodiscard]] bool must_be_opened_anew() const {
    return std::ranges::any_of(gpus_, [](const Gpu& gpu) {
      return gpu.trouble() == Status::uninitialized ||
             gpu.trouble() == Status::library_driver_mismatch;
    });
  }
  [[nodiscard]] bool has_unreadable_gpu() const {
    return std::ranges::any_of(gpus_, [](const Gpu& gpu) { return gpu.trouble().has_value(); });
  }

 private:
  [[nodiscard]] Condition unreadable(const Gpu& gpu) const {
    return {.key = fmt::format("nvml gpu/{}", gpu.index()),
            .severity = Severity::warning,
            .message = fmt::format("NVML cannot read GPU {}{}: {}; the other GPUs are recorded",
                                   gpu.index(), gpu.uuid().empty() ? "" : " (" + gpu.uuid() + ")",
                                   library_.describe(gpu.trouble().value_or(Status::success)))};
  }
  [[nodiscard]] Condition no_processes(const Gpu& gpu, Status status) const {
    return {.key = fmt::format("nvml processes/{}", gpu.index()),
            .severity = Severity::warning,
            .message = fmt::format("NVML cannot list the processes on GPU {} ({}): {}; which "
                                   "tasks use it is unknown",
                                   gpu.index(), gpu.uuid(), library_.describe(status))};
  }

  Library library_;
  std::vector<Gpu> gpus_;
};

NvmlReader::NvmlReader(std::string library) : library_name_(std::move(library)) {}
NvmlReader::~NvmlReader() = default;

Answer NvmlReader::read(SteadyTime now, WallTime wall_now, Detail detail) {
  if (session_ && session_->has_unreadable_gpu() && lost_gpu_pause_.over(now)) {
    session_.reset();
  }
  constexpr int kSessions = 2;
  for (int i = 0; i < kSessions; ++i) {
    if (!session_) {
      if (auto instead = open(now)) {
        return *instead;
      }
    }
    GpuReadings readings = session_->read(wall_now, detail);
    if (session_->must_be_opened_anew()) {
      session_.reset();
      continue;
    }
    if (!session_->has_unreadable_gpu()) {
      lost_gpu_pause_.succeeded();
    } else if (lost_gpu_pause_.over(now)) {
      lost_gpu_pause_.failed(now);
    }
    start_pause_.succeeded();
    return {.readings = std::move(readings)};
  }
  return *cannot_start("it closes again at once", now);
}

std::optional<Answer> NvmlReader::open(SteadyTime now) {
  if (!start_pause_.over(now)) {
    return still_unreadable();
  }
  auto library = Library::load(library_name_);
  if (!library) {
    return Answer{.readings = std::nullopt, .why_no_library = library.error().message};
  }
  const Functions& functions = library->functions();
  if (const Status status = functions.init(); status != Status::success) {
    driver_not_loaded_ = status == Status::driver_not_loaded;
    return cannot_start(library->describe(status), now);
  }
  driver_not_loaded_ = false;
  unsigned gpus = 0;
  if (const Status status = functions.device_count(&gpus); status != Status::success) {
    functions.shutdown();
    return cannot_start(library->describe(status), now);
  }
  session_ = std::make_unique<Session>(std::move(*library), gpus);
  return std::nullopt;
}

std::optional<Answer> NvmlReader::cannot_start(const std::string& why, SteadyTime now) {
  start_pause_.failed(now);
  why_not_started_ = why;
  return still_unreadable();
}

Answer NvmlReader::still_unreadable() const {
  GpuReadings readings;
  readings.conditions.push_back(
      {.key = "nvml start",
       .severity = Severity::warning,
       .message =
           fmt::format("NVML cannot be started: {}; the gpu_ columns are N/A", why_not_started_)});
  readings.finds_none = driver_not_loaded_;
  return {.readings = std::move(readings)};
}

}  // namespace wemol::nvml
