#include "management_token.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bounded_json.h"
#include "files.h"
#include "text.h"
#include "time_text.h"

namespace wemol::report::daily {
namespace {

constexpr std::size_t kLongestToken = std::size_t{64} << 10;

std::optional<std::string> from_base64url(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr unsigned kBitsPerLetter = 6;
  constexpr unsigned kBitsPerByte = 8;
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << kBitsPerLetter | static_cast<unsigned>(value)) & 0xffffU;
    count += kBitsPerLetter;
    if (count >= kBitsPerByte) {
      count -= kBitsPerByte;
      bytes += static_cast<char>(static_cast<unsigned char>(bits >> count & 0xffU));
    }
  }
  return bytes;
}

Result<std::string> read_token_file(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    return failure(
        fmt::format("the token file {} cannot be read: {}", file.string(), std::strerror(errno)),
        errno);
  }
  constexpr mode_t kOthers = S_IRWXO;
  constexpr unsigned kMode = 07777;
  if ((status.st_mode & kOthers) != 0) {
    return failure(
        fmt::format("the token file {} is open to all users of this host (mode {:04o}): "
                    "chmod 600 {}",
                    file.string(), status.st_mode & kMode, file.string()));
  }
  auto text = SystemFileReader().read(file, kLongestToken);
  if (!text) {
    return failure("the token file " + text.error().message, text.error().code);
  }
  return text;
}

Result<std::string> read_text(const ManagementSettings& settings, std::string& where) {
  if (!settings.token_file.empty()) {
    where = "the token file " + settings.token_file.string();
    return read_token_file(settings.token_file);
  }
  if (settings.token_environment.empty()) {
    return failure("the management API has neither token-file nor token-env");
  }
  where = "the environment variable " + settings.token_environment;
  const char* const value = std::getenv(settings.token_environment.c_str());
  return value != nullptr ? Result<std::string>(value) : failure(where + " is not set");
}

}  // namespace

std::optional<std::int64_t> expiry_of_token(std::string_view token) {
  constexpr int kDeepestClaims = 8;
  constexpr std::size_t kParts = 3;
  constexpr double kLatest = 1e15;
  const auto parts = split_fields(token, '.');
  if (parts.size() != kParts) {
    return std::nullopt;
  }
  std::string_view claims_text = parts[1];
  while (claims_text.ends_with('=')) {
    claims_text.remove_suffix(1);
  }
  const auto bytes = from_base64url(claims_text);
  const auto claims = parse_bounded_json(bytes.value_or(""), kDeepestClaims);
  const auto exp = claims.is_object() ? claims.find("exp") : claims.end();
  if (!claims.is_object() || exp == claims.end() || !exp->is_number()) {
    return std::nullopt;
  }
  const auto seconds = exp->get<double>();
  return std::abs(seconds) < kLatest ? std::optional(static_cast<std::int64_t>(seconds))
                                     : std::nullopt;
}

Result<std::string> read_token(const ManagementSettings& settings, std::int64_t now_epoch) {
  std::string where;
  const auto text = read_text(settings, where);
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = std::min(text->find_first_not_of(kBlank), text->size());
  std::string token = text->substr(begin, text->find_last_not_of(kBlank) + 1 - begin);
  if (token.empty() || !std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; })) {
    return failure(where + " has no token: it takes one line without blanks");
  }
  if (const auto expiry = expiry_of_token(token); expiry && *expiry <= now_epoch) {
    return failure(fmt::format("the token of {} expired at {}: a new one is needed",
                               settings.url.empty() ? "the management API" : settings.url,
                               iso_time_text(WallTime(std::chrono::seconds(*expiry)))));
  }
  return token;
}

}  // namespace wemol::report::daily
