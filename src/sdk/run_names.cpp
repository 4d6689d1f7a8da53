#include "run_names.h"

#include <sys/random.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "json_text.h"

namespace wemol::sdk {
namespace {

/// With its ending and number a name has to fit the 255 bytes that file systems allow.
constexpr std::size_t kLongestName = 230;
/// What is left of a longer one: with a number it is none that is too long.
constexpr std::size_t kCutName = 200;

bool may_stand(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '+' || c == '=' || c == '@' || c == ',';
}

/// FNV-1a: the same in every process and version.
std::uint32_t number_of(std::string_view name) {
  std::uint32_t number = 2166136261U;
  for (const char c : name) {
    number = (number ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return number;
}

std::string setting(const std::string& given, const char* variable, const char* otherwise) {
  if (!given.empty()) {
    return given;
  }
  const char* const value = secure_getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

/// Up to `longest` bytes, or a letter more.
std::string changed_to_stand(std::string_view name, std::size_t longest) {
  std::string made;
  for (std::string_view rest = name; !rest.empty() && made.size() < longest;) {
    const bool is_letter = static_cast<unsigned char>(rest.front()) >= 0x80;
    const std::size_t length = is_letter ? utf8_length(rest) : 1;
    if (length > 1 || (length == 1 && may_stand(rest.front()))) {
      made += rest.substr(0, length);
    } else {
      made += '_';
    }
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  if (made.empty() || made.front() == '.') {
    made.insert(made.begin(), '_');
  }
  return made;
}

}  // namespace

std::string file_name(std::string_view name) {
  if (name.size() <= kLongestName && changed_to_stand(name, kLongestName) == name) {
    return std::string(name);
  }
  return changed_to_stand(name, kCutName) + fmt::format("-{:08x}", number_of(name));
}

std::string new_run_id() {
  std::uint32_t chance = 0;
  if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance) {
    chance = static_cast<std::uint32_t>(getpid()) * 2654435761U;
  }
  // Not by localtime_r(), nor gmtime_r(): their lock stays locked in the child of a fork() beside a
  // thread that is in one of them.
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}-{:08x}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(), chance);
}

std::filesystem::path runs_folder(const std::string& dir) {
  std::filesystem::path folder = setting(dir, "WEMOL_DIR", "wemol-runs");
  std::error_code failed;
  std::filesystem::path absolute = std::filesystem::absolute(folder, failed);
  return failed ? folder : absolute.lexically_normal();
}

std::string node_name(const std::string& node_id) {
  return setting(node_id, "SLURM_NODEID", "localhost");
}

}  // namespace wemol::sdk
