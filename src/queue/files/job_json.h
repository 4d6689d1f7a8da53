#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "clock.h"
#include "job.h"
#include "scheduler_state.h"

namespace wemol::queue {

/// As the state's file has a job.
[[nodiscard]] nlohmann::ordered_json to_json(const Job& job);
/// Nothing when a part is missing or of another kind.
[[nodiscard]] std::optional<Job> job_from_json(const nlohmann::ordered_json& json);

/// Times of the steady clock become wall times by `now`, and the other way round.
[[nodiscard]] nlohmann::ordered_json to_json(const QueueState& queue, const Moment& now);
[[nodiscard]] std::optional<QueueState> queue_from_json(const nlohmann::ordered_json& json,
                                                        const Moment& now);

/// The names of the error types backwards: "oom".
[[nodiscard]] std::optional<Failure> failure_of_name(std::string_view name);
[[nodiscard]] std::optional<JobState> job_state_of_name(std::string_view name);

}  // namespace wemol::queue
