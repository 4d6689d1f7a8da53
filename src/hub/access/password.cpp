#include "password.h"

#include <sodium.h>

#include <array>

#include <fmt/format.h>

namespace wemol::hub {
namespace {

// Between OWASP's least (19 MiB, 2 passes) and libsodium's "interactive" (64 MiB), for the hub has
// 300 MiB in all.
constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemoryBytes = std::size_t{32} << 20;

std::string make_hash(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  const int failed = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses,
                                           kMemoryBytes, crypto_pwhash_ALG_ARGON2ID13);
  return failed == 0 ? std::string(text.data()) : std::string();
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  if (password.size() < kShortestPassword || password.size() > kLongestPassword) {
    return failure(
        fmt::format("a password has from {} to {} bytes", kShortestPassword, kLongestPassword));
  }
  std::string hash = make_hash(password);
  return hash.empty() ? Result<std::string>(failure("there is not enough memory for the password"))
                      : Result<std::string>(std::move(hash));
}

bool is_password(std::string_view password, const std::string& hash) {
  // An answer that comes at once would tell which users there are.
  static const std::string of_nobody = make_hash("the password of nobody");
  const std::string& text = hash.empty() ? of_nobody : hash;
  const bool fits = crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
  return fits && !hash.empty() && password.size() <= kLongestPassword;
}

}  // namespace wemol::hub
