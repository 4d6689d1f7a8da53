#include "patient_file_reader.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace wemol {

PatientFileReader::PatientFileReader(std::shared_ptr<const FileReader> files,
                                     std::chrono::nanoseconds longest_wait)
    : files_(std::move(files)),
      longest_wait_(longest_wait),
      worker_(std::make_unique<BlockingWorker>()),
      allowance_left_(longest_wait) {}

void PatientFileReader::change_file_system() {
  worker_ = std::make_unique<BlockingWorker>();
  reading_.reset();
  allowance_from_ = {};  // what the other one has taken is not its fault
}

Result<std::string> PatientFileReader::read(const std::filesystem::path& path,
                                            std::size_t max_bytes) const {
  if (worker_->is_busy()) {
    return failure(fmt::format("{} has not been read: the file system has not answered for {}",
                               path.string(), reading_->path.string()),
                   ETIMEDOUT);
  }
  if (auto late = late_answer(path)) {
    return std::move(*late);
  }
  reading_ = std::make_shared<Reading>(Reading{.path = path, .text = {}});
  const auto job = [files = files_, reading = reading_, max_bytes] {
    reading->text = files->read(reading->path, max_bytes);
  };
  const SteadyTime began = std::chrono::steady_clock::now();
  const bool started = worker_->start(job);
  const bool ended = started && worker_->finish_by(began + allowance(began));
  allowance_left_ -= std::chrono::steady_clock::now() - began;
  if (!ended) {
    return failure(path.string() + ": the file system has not answered", ETIMEDOUT);
  }
  return std::move(std::exchange(reading_, nullptr)->text);
}

std::optional<Result<std::string>> PatientFileReader::late_answer(
    const std::filesystem::path& path) const {
  const auto reading = std::exchange(reading_, nullptr);
  return reading && reading->path == path ? std::optional(std::move(reading->text)) : std::nullopt;
}

std::chrono::nanoseconds PatientFileReader::allowance(SteadyTime now) const {
  constexpr int kPartsOfTime = 4;
  const auto refill = (now - allowance_from_) / kPartsOfTime;
  allowance_from_ = now;
  allowance_left_ =
      std::clamp(allowance_left_ + refill, std::chrono::nanoseconds::zero(), longest_wait_);
  return allowance_left_;
}

}  // namespace wemol
