#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <wemol/result.h>

#include "job.h"
#include "time_points.h"

namespace wemol::queue {

/// What the files of a card begin with: its UUID, in which the older name of an instance
/// ("MIG-GPU-…/1/0") has slashes, written as "_".
[[nodiscard]] std::string card_file_name(const std::string& uuid);

/// Who holds a card, as its keeper says in <card>.<uid>.json beside the lock.
struct CardHolder {
  std::string user;
  std::uint32_t uid = 0;
  std::string queue;
  JobId job = 0;
  std::string uni_id;
  std::int32_t keeper_pid = 0;
  std::optional<WallTime> since;
};

[[nodiscard]] Result<void> write_card_holder(const std::filesystem::path& folder,
                                             const std::string& uuid, const CardHolder& holder);
void remove_card_holder(const std::filesystem::path& folder, const std::string& uuid,
                        std::uint32_t uid);
/// What those say who may say it: the file belongs to the stated user, and so does the stated
/// keeper, which runs. Whether the lock is held is another question.
[[nodiscard]] std::optional<CardHolder> read_card_holder(const std::filesystem::path& folder,
                                                         const std::string& uuid);

}  // namespace wemol::queue
