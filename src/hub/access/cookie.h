#pragma once

#include <string>
#include <string_view>

namespace wemol::hub {

inline constexpr std::string_view kSessionCookie = "wemol_hub_session";

/// The Set-Cookie of a session: HttpOnly, SameSite=Strict, for the path of the page ("/", or the
/// base path behind a proxy). `is_secure` where the browser came by TLS. An empty id takes it away.
[[nodiscard]] std::string session_cookie(std::string_view id, std::string_view path,
                                         bool is_secure);

/// The value that a Cookie header has for a name; empty when it has none or several.
[[nodiscard]] std::string_view cookie_value(std::string_view header, std::string_view name);

}  // namespace wemol::hub
