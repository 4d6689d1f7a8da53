#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "time_points.h"

namespace wemol {

/// A job of wemol-queue that holds a card, as it says itself. The texts are printable.
struct CardHolder {
  std::string card;  ///< the UUID of a GPU or of an instance of one
  std::uint32_t user_id = 0;
  std::string user;  ///< as the job says: whose the user id is, the user database knows
  std::string queue;
  std::uint64_t job = 0;
  std::string uni_id;
  pid_t keeper_pid = 0;  ///< the process that ends with the job
  std::optional<WallTime> since;
};

/// What the name of a holder's file says: "GPU-5c1b.1000.json".
struct HolderFileName {
  std::string card;
  std::uint32_t user_id = 0;
};
[[nodiscard]] std::optional<HolderFileName> parse_holder_file_name(std::string_view name);

/// Reads {"user":…,"uid":…,"queue":…,"job":…,"uni_id":…,"keeper_pid":…,"since":…}. Further keys are
/// passed over. The error says what is wrong.
[[nodiscard]] Result<CardHolder> parse_card_holder(std::string_view json, std::string_view card);

}  // namespace wemol
