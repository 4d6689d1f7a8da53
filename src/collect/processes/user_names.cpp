#include "user_names.h"

#include <pwd.h>

#include <array>
#include <utility>
#include <vector>

#include "text.h"

namespace wemol {
namespace {

std::optional<std::string> name_in_user_database(std::uint32_t user_id) {
  constexpr std::size_t kEntryBytes = std::size_t{16} << 10;
  std::array<char, kEntryBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user_id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return printable(found->pw_name);
}

}  // namespace

UserNames::UserNames() : UserNames(name_in_user_database) {}

UserNames::UserNames(Lookup lookup) : asker_(std::move(lookup)) {}

void UserNames::look_up(const std::vector<std::uint32_t>& user_ids, SteadyTime now) {
  std::vector<std::uint32_t> to_ask;
  bool is_any_new = false;
  for (const std::uint32_t user_id : user_ids) {
    const auto [known, is_new] = known_.try_emplace(user_id, Known{std::nullopt, now});
    is_any_new = is_any_new || is_new;
    if (is_new || now - known->second.asked_at >= kLastsFor) {
      known->second.asked_at = now;
      to_ask.push_back(user_id);
    }
  }
  if (!to_ask.empty()) {
    asker_.ask(to_ask);
  }
  if (!asker_.is_waiting()) {
    return;
  }
  const SteadyTime real_now = std::chrono::steady_clock::now();
  for (auto& [user_id, name] : asker_.answers_by(is_any_new ? real_now + kWait : real_now)) {
    // A directory that is away for a while says of everybody that there is no such user.
    if (name) {
      known_[user_id].name = std::move(name);
    }
  }
}

std::string UserNames::name_of(std::uint32_t user_id) const {
  const auto known = known_.find(user_id);
  return known != known_.end() && known->second.name ? *known->second.name
                                                     : std::to_string(user_id);
}

}  // namespace wemol
