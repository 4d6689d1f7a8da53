#include "secret.h"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace wemol::hub {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kHashBytes = 32;

}  // namespace

void begin_secrets() {
  if (sodium_init() < 0) {
    throw std::runtime_error("libsodium cannot be started: the system gives no random numbers");
  }
}

std::string random_secret() {
  std::array<unsigned char, kSecretBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::array<char, sodium_base64_ENCODED_LEN(kSecretBytes, kVariant)> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  return text.data();
}

std::string hash_of_secret(std::string_view secret) {
  std::array<unsigned char, kHashBytes> hash{};
  std::string bytes(secret);
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  std::array<char, 2 * kHashBytes + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return text.data();
}

bool is_same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace wemol::hub
