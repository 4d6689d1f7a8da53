#include "token_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "files.h"

namespace wemol::agent {
namespace {

constexpr std::size_t kShortest = 16;
constexpr std::size_t kLongest = 1024;

bool is_visible(char c) {
  return c > ' ' && c <= '~';
}

}  // namespace

Result<std::string> read_token(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    return failure(
        fmt::format("the token file {} cannot be read: {}", file.string(), strerror(errno)), errno);
  }
  constexpr mode_t kOthers = S_IRWXO;
  if (S_ISREG(status.st_mode) && (status.st_mode & kOthers) != 0) {
    return failure(
        fmt::format("the token file {} is open to all users of this host (mode {:04o}): "
                    "chmod 640 {}",
                    file.string(), status.st_mode & 07777U, file.string()));
  }
  const auto text = SystemFileReader().read(file, kLongest + 1);
  if (!text) {
    return failure("the token file " + text.error().message, text.error().code);
  }
  // A second line leaves a line's end in the middle, which no token has.
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = std::min(text->find_first_not_of(kBlank), text->size());
  const std::string token = text->substr(begin, text->find_last_not_of(kBlank) + 1 - begin);
  if (token.size() < kShortest || !std::ranges::all_of(token, is_visible)) {
    return failure(
        fmt::format("the token file {} has no token: it takes one line of {} or more "
                    "letters and digits, such as `openssl rand -hex 32` prints",
                    file.string(), kShortest));
  }
  return token;
}

}  // namespace wemol::agent
