#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "patient_asker.h"
#include "time_points.h"

namespace wemol {

/// The names of users. A directory service that is asked for one may take its time or hang: it is
/// asked in a thread and waited for briefly once; until it has answered, a user has a number.
class UserNames {
 public:
  /// Nothing: there is no such user, or the directory is away.
  using Lookup = std::function<std::optional<std::string>(std::uint32_t user_id)>;

  /// A user that had no name then, or has another one now, is known after this time.
  static constexpr std::chrono::minutes kLastsFor{10};
  static constexpr std::chrono::milliseconds kWait{50};

  /// By getpwuid_r().
  UserNames();
  explicit UserNames(Lookup lookup);

  /// To be called before names are asked for, with all users at once.
  void look_up(const std::vector<std::uint32_t>& user_ids, SteadyTime now);
  [[nodiscard]] std::string name_of(std::uint32_t user_id) const;
  /// Whether some have not been answered for yet.
  [[nodiscard]] bool is_waiting() const { return asker_.is_waiting(); }

 private:
  struct Known {
    std::optional<std::string> name;
    SteadyTime asked_at;
  };

  PatientAsker<std::uint32_t, std::optional<std::string>> asker_;
  std::unordered_map<std::uint32_t, Known> known_;
};

}  // namespace wemol
