#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wemol::hub {

/// Call before anything else of this folder; an exception when the system has no random numbers.
void begin_secrets();

/// 32 random bytes as 43 characters of base64url: in a header, a cookie or a file as it is.
[[nodiscard]] std::string random_secret();

/// What is kept of a secret of random_secret(): 64 hexadecimal digits of BLAKE2b. For what has 256
/// random bits no slow hash is needed; a password has another one.
[[nodiscard]] std::string hash_of_secret(std::string_view secret);

/// Takes as long for each text of a given length, whatever it is.
[[nodiscard]] bool is_same_secret(std::string_view one, std::string_view other);

}  // namespace wemol::hub
