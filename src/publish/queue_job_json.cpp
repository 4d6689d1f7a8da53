#include "queue_job_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "time_text.h"

namespace wemol {

std::optional<nlohmann::ordered_json> queue_job_json(const HostSample& sample,
                                                     std::string_view gpu_uuid) {
  if (!sample.queue_jobs) {
    return std::nullopt;
  }
  const auto job = std::ranges::find(*sample.queue_jobs, gpu_uuid, &QueueJob::gpu_uuid);
  if (job == sample.queue_jobs->end()) {
    return nlohmann::ordered_json();
  }
  return nlohmann::ordered_json{
      {"user", job->user},
      {"queue", job->queue},
      {"job", job->job},
      {"since",
       job->since ? nlohmann::ordered_json(iso_time_text(*job->since)) : nlohmann::ordered_json()}};
}

}  // namespace wemol
