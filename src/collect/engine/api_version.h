#pragma once

#include <cerrno>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

namespace wemol::engine {

/// A version of the engine's API, as in "/v1.41/containers/json".
struct ApiVersion {
  int major = 0;
  int minor = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): it means the 0 in what the compiler makes of this
  [[nodiscard]] auto operator<=>(const ApiVersion&) const = default;
};

/// The versions whose answers are known here: of the engine 20.10, and of the newest one so far.
constexpr ApiVersion kOldestKnown{1, 41};
constexpr ApiVersion kNewestKnown{1, 55};

/// Codes of errors, beside those of the socket: what answers is no engine, or one that speaks no
/// version that is known here.
constexpr int kNoEngine = EPROTO;
constexpr int kNoCommonVersion = EPROTONOSUPPORT;

/// What an engine says of itself.
struct EngineVersion {
  std::string release;               ///< "20.10.24"; empty when it does not tell
  ApiVersion newest;                 ///< of those that it speaks
  std::optional<ApiVersion> oldest;  ///< nothing: it refuses none for its age
};

/// "1.41"
[[nodiscard]] std::optional<ApiVersion> parse_api_version(std::string_view text);
/// The newest version that both sides know. The error has the code kNoCommonVersion and says what
/// to do.
[[nodiscard]] Result<ApiVersion> common_version(const EngineVersion& engine);
/// "/v1.41", which goes before each target.
[[nodiscard]] std::string prefix_of(const ApiVersion& version);

}  // namespace wemol::engine
