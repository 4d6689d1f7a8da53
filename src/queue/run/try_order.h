#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/result.h>

#include "card.h"
#include "job.h"

namespace wemol::queue {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// All that a keeper has to know of the try that it runs.
struct TryOrder {
  JobId job = 0;
  std::string queue;
  std::string uni_id;
  std::string user;                   ///< for those who ask who holds the card; empty: $USER
  unsigned try_number = 1;            ///< from 1; the log of the try before is set aside
  std::vector<std::string> commands;  ///< expanded; run one after the other by /bin/sh -c
  std::filesystem::path work_dir;
  /// Added to the keeper's own environment, which is the scheduler's. See environment_of().
  Variables environment;
  std::optional<std::chrono::milliseconds> command_timeout;  ///< of each command
  /// How long a process has between SIGTERM and SIGKILL.
  std::chrono::milliseconds ending_time{10'000};
  std::filesystem::path state_dir;           ///< gets results/<uni_id>.json
  std::filesystem::path log;                 ///< "…/17.log"; that of try 1 becomes "…/17.1.log"
  std::uint64_t log_max_bytes = 1ULL << 30;  ///< what comes behind that is left out but for its end
  std::filesystem::path lock_folder;         ///< where the cards' holder is named; empty: nowhere
  std::vector<std::string> card_uuids;
};

/// CUDA_DEVICE_ORDER, CUDA_VISIBLE_DEVICES (AMD: ROCR_ and HIP_VISIBLE_DEVICES too),
/// WEMOL_QUEUE_JOB, UNI_ID.
[[nodiscard]] Variables environment_of(JobId job, std::string_view uni_id,
                                       const std::vector<Card>& cards);

/// One line of JSON, and back.
[[nodiscard]] std::string to_json(const TryOrder& order);
[[nodiscard]] Result<TryOrder> parse_try_order(std::string_view text);

}  // namespace wemol::queue
