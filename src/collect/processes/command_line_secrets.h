#pragma once

#include <string>
#include <string_view>

namespace wemol {

/// What stands in the place of a secret.
inline constexpr std::string_view kMask = "***";

/// The text of /proc/<pid>/cmdline (arguments, each with a zero byte behind it) without secrets:
///
/// - the values of options and variables whose name has token, password, passwd, passphrase,
/// secret,
///   credential or key in it, in any letter case: "--api-token=v", "--password", "v", "X_KEY=v",
///   also within a shell's text, a URL's query or JSON;
/// - what follows "Bearer" or "Basic", and the password in "https://user:password@host".
///
/// Too much is masked rather than too little ("--keypoints", "17"). A secret that nothing names
/// ("-phunter2") stays.
[[nodiscard]] std::string without_secrets(std::string_view cmdline);

}  // namespace wemol
