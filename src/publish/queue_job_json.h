#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <wemol/host_sample.h>

namespace wemol {

/// user, queue, job and since of the job of wemol-queue that holds a GPU; null: none does. Absent
/// where the sample does not know: then nothing is said, as on a host without wemol-queue.
[[nodiscard]] std::optional<nlohmann::ordered_json> queue_job_json(const HostSample& sample,
                                                                   std::string_view gpu_uuid);

}  // namespace wemol
