#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wemol::serve {

/// Names and values of a query, decoded. Of a name that comes twice the first one counts.
using Query = std::map<std::string, std::string, std::less<>>;

struct RequestTarget {
  std::string path;  ///< decoded, begins with '/'
  Query query;
};

/// "/api/system/metrics?node_id=a%20b". Nothing when it is no absolute path, has a broken escape,
/// or a control character in it. "http://host/path" is taken as "/path", as HTTP wants it.
[[nodiscard]] std::optional<RequestTarget> parse_request_target(std::string_view text);

}  // namespace wemol::serve
