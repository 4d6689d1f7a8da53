#include "gpu_reader.h"

#include <utility>

#include <fmt/format.h>

namespace wemol {

BlockingGpus::BlockingGpus(std::shared_ptr<GpuReader> reader, std::string driver)
    : reader_(std::move(reader)), driver_(std::move(driver)) {}

void BlockingGpus::begin() {
  auto reading = std::make_shared<Reading>();
  const bool started = worker_.start([reader = reader_, reading] {
    reader->begin();
    reading->readings = reader->finish({.driver = SteadyTime::max(), .command = SteadyTime::max()});
  });
  reading_ = started ? std::move(reading) : nullptr;
}

std::optional<GpuReadings> BlockingGpus::finish(const GpuReadingsDue& due) {
  const auto reading = std::exchange(reading_, nullptr);
  if (reading && worker_.finish_by(due.driver)) {
    found_nothing_ = !reading->readings;
    return std::move(reading->readings);
  }
  if (found_nothing_) {
    return std::nullopt;  // without a card there is no driver that could hang
  }
  GpuReadings readings;
  readings.conditions.push_back(
      {.key = driver_ + " hangs",
       .severity = Severity::warning,
       .message = fmt::format("{} has not answered; the gpu_ columns are N/A", driver_)});
  return readings;
}

}  // namespace wemol
