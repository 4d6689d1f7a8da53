#include "state_folder.h"

#include <cstdlib>
#include <system_error>

namespace wemol::queue {
namespace {

constexpr const char* kBesideConfig = "logs";
constexpr const char* kName = "wemol-queue";

/// The XDG specification: what is no absolute path does not count.
std::filesystem::path folder_of(const char* variable) {
  const char* const value = std::getenv(variable);
  std::filesystem::path folder = value == nullptr ? "" : value;
  return folder.is_absolute() ? folder : std::filesystem::path();
}

}  // namespace

std::filesystem::path default_state_folder(const std::filesystem::path& config) {
  std::error_code error;
  if (std::filesystem::exists(config, error)) {
    return config.parent_path() / kBesideConfig;
  }
  if (const auto state = folder_of("XDG_STATE_HOME"); !state.empty()) {
    return state / kName;
  }
  if (const auto home = folder_of("HOME"); !home.empty()) {
    return home / ".local/state" / kName;
  }
  return config.parent_path() / kBesideConfig;
}

}  // namespace wemol::queue
