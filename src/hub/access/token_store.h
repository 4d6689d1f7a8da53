#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state_file.h"

namespace wemol::hub {

/// Which host may report with which token. Only hashes are kept. A token speaks for its own host.
class TokenStore {
 public:
  explicit TokenStore(std::filesystem::path file) : file_(std::move(file)) {}

  /// Reads the file when it is another one than before: the commands change it while the service
  /// runs. After an error the tokens are those of before.
  [[nodiscard]] Result<void> refresh();

  /// Makes a token for the host and returns it, the only time; one that it had is void from then
  /// on.
  [[nodiscard]] Result<std::string> enroll(const std::string& host);
  /// False when it has none.
  [[nodiscard]] Result<bool> revoke(const std::string& host);

  [[nodiscard]] bool accepts(std::string_view host, std::string_view token) const;
  /// Whose it is; nothing when it is nobody's. As quick for many hosts as for one.
  [[nodiscard]] std::optional<std::string> host_of(std::string_view token) const;
  [[nodiscard]] bool has(std::string_view host) const { return hashes_.contains(host); }
  [[nodiscard]] std::vector<std::string> hosts() const;

 private:
  using Hashes = std::map<std::string, std::string, std::less<>>;
  [[nodiscard]] static Result<Hashes> parse(const std::string& content);
  [[nodiscard]] static std::string text_of(const Hashes& hashes);

  StateFile file_;
  Hashes hashes_;  ///< by host
  /// The hosts by these: how long a look-up takes tells nothing of a token.
  std::map<std::string, std::string, std::less<>> hosts_;
};

}  // namespace wemol::hub
