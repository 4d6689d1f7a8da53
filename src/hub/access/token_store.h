#pragma once

#include <map>
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
  [[nodiscard]] std::vector<std::string> hosts() const;

 private:
  using Hashes = std::map<std::string, std::string, std::less<>>;
  [[nodiscard]] static Result<Hashes> parse(const std::string& content);
  [[nodiscard]] static std::string text_of(const Hashes& hashes);

  StateFile file_;
  Hashes hashes_;  ///< by host
};

}  // namespace wemol::hub
