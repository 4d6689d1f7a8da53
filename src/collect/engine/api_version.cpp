#include "api_version.h"

#include <algorithm>

#include <fmt/format.h>

#include "text.h"

namespace wemol::engine {
namespace {

std::string text_of(const ApiVersion& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::string name_of(const EngineVersion& engine) {
  return engine.release.empty() ? "it" : "version " + engine.release;
}

}  // namespace

std::optional<ApiVersion> parse_api_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const auto major = parse_number<int>(text.substr(0, dot));
  const auto minor = parse_number<int>(text.substr(dot + 1));
  if (!major || !minor || *major < 0 || *minor < 0) {
    return std::nullopt;
  }
  return ApiVersion{*major, *minor};
}

Result<ApiVersion> common_version(const EngineVersion& engine) {
  const ApiVersion version = std::min(engine.newest, kNewestKnown);
  if (version < kOldestKnown) {
    return failure(
        fmt::format("{} speaks no newer API than {}, and {} is the oldest that this "
                    "recorder knows: update the engine to 20.10 or later, or record with "
                    "--source docker-cli",
                    name_of(engine), text_of(engine.newest), text_of(kOldestKnown)),
        kNoCommonVersion);
  }
  if (engine.oldest && *engine.oldest > version) {
    return failure(fmt::format("{} speaks no older API than {}, and {} is the newest that this "
                               "recorder knows: update wemol-recorder, or record with --source "
                               "docker-cli",
                               name_of(engine), text_of(*engine.oldest), text_of(kNewestKnown)),
                   kNoCommonVersion);
  }
  return version;
}

std::string prefix_of(const ApiVersion& version) {
  return "/v" + text_of(version);
}

}  // namespace wemol::engine
