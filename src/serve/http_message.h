#pragma once

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
  std::string peer;  ///< the client's address; "unix" where it has none

  /// The first header of that name, in any letter case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  Text body;  ///< null: none
  std::string content_type = "application/json";
  Headers headers;
};

[[nodiscard]] Response json_response(std::string body);

/// `{"status":"error","message":"…"}`
[[nodiscard]] Response error_response(unsigned status, std::string_view message);

}  // namespace wemol::serve
