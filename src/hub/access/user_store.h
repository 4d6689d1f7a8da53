#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "state_file.h"

namespace wemol::hub {

/// From 1 to 64 letters, digits, '.', '-', '_' and '@'.
[[nodiscard]] bool is_user_name(std::string_view name);

/// Who may log in: names and the hashes of their passwords.
class UserStore {
 public:
  explicit UserStore(std::filesystem::path file) : file_(std::move(file)) {}

  /// Reads the file when it has changed. Returns the users whose password is another one, or who
  /// are gone: their sessions are to end. After an error the users are those of before.
  [[nodiscard]] Result<std::vector<std::string>> refresh();

  /// Adds the user where there is none of that name.
  [[nodiscard]] Result<void> set_password(const std::string& user, std::string_view password);
  /// False when there is none.
  [[nodiscard]] Result<bool> remove(const std::string& user);

  /// For is_password(), which takes its time. Empty: there is no such user.
  [[nodiscard]] std::string hash_of(std::string_view user) const;
  /// Nobody has a password: only this host may ask.
  [[nodiscard]] bool empty() const { return hashes_.empty(); }

 private:
  using Hashes = std::map<std::string, std::string, std::less<>>;
  [[nodiscard]] Result<Hashes> parse(const std::string& content) const;
  [[nodiscard]] static std::string text_of(const Hashes& hashes);
  [[nodiscard]] Result<void> change(const std::function<void(Hashes&)>& apply);

  StateFile file_;
  Hashes hashes_;
};

}  // namespace wemol::hub
