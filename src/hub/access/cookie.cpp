#include "cookie.h"

#include <fmt/format.h>

#include "text.h"

namespace wemol::hub {

std::string session_cookie(std::string_view id, std::string_view path, bool is_secure) {
  return fmt::format("{}={}; Path={}; HttpOnly; SameSite=Strict{}{}", kSessionCookie, id, path,
                     is_secure ? "; Secure" : "", id.empty() ? "; Max-Age=0" : "");
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  std::string_view value;
  bool was_found = false;
  for (const std::string_view field : split_fields(header, ';')) {
    const std::string_view pair = trimmed(field);
    const std::size_t end = pair.find('=');
    if (end == std::string_view::npos || pair.substr(0, end) != name) {
      continue;
    }
    if (was_found) {
      return {};
    }
    was_found = true;
    value = pair.substr(end + 1);
  }
  return value;
}

}  // namespace wemol::hub
