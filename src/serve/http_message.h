#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "request_target.h"

namespace wemol::serve {

/// A text that many clients get: made once, never changed.
using Text = std::shared_ptr<const std::string>;

[[nodiscard]] inline Text make_text(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  RequestTarget target;
  Headers headers;
  std::string body;
  std::string peer;  ///< the connection's address; "unix" where it has none
  /// Who asks: the peer or, where that is a proxy that is believed, the address that it names.
  std::string client;
  std::string host;        ///< by which name the client asks, with the port that it names
  bool is_secure = false;  ///< the client came by TLS
  /// Parts of the path by the names in the route's: "/api/hosts/{name}".
  std::map<std::string, std::string, std::less<>> parameters;

  /// The first header of that name, in any letter case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  Text body;  ///< null: none
  std::string content_type = "application/json";
  Headers headers;
  /// With its quotes: who has the answer of that tag is told so (304). Empty: none.
  std::string etag;
  Text gzip;    ///< the body once more, compressed; null: not
  Text brotli;  ///< as well
  /// Others get it compressed, even where this one has no such form: caches have to know.
  bool has_codings = false;
};

/// In any letter case.
[[nodiscard]] bool is_same_header(std::string_view one, std::string_view other);

/// The token of "Authorization: Bearer …", the scheme in any letter case; empty: none.
[[nodiscard]] std::string_view bearer_token(const Request& request);

/// Whether an Origin is that of the pages of `host`, by http or https.
[[nodiscard]] bool is_own_origin(std::string_view origin, std::string_view host);

/// Whether an If-None-Match has the tag.
[[nodiscard]] bool has_entity_tag(std::string_view if_none_match, std::string_view etag);

[[nodiscard]] Response json_response(std::string body);

/// `{"status":"error","message":"…"}`
[[nodiscard]] Response error_response(unsigned status, std::string_view message);

}  // namespace wemol::serve
