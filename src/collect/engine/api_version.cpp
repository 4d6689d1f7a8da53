#include "api_version.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text.h"

namespace wemol::engine {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "1.41"
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

std::string text_of(const ApiVersion& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::string name_of(const EngineVersion& engine) {
  return engine.release.empty() ? "it" : "version " + engine.release;
}

}  // namespace

std::string version_target() {
  return "/version";
}

Result<EngineVersion> parse_version(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  const auto newest =
      object.is_object() ? parse_api_version(text_of(object, "ApiVersion")) : std::nullopt;
  if (!newest) {
    return failure("asked for its version it says: " + printable(json.substr(0, 200)), kNoEngine);
  }
  return EngineVersion{.release = printable(text_of(object, "Version").substr(0, 40)),
                       .newest = *newest,
                       .oldest = parse_api_version(text_of(object, "MinAPIVersion"))};
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
