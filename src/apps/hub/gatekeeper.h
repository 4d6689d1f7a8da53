#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "clock.h"
#include "http_message.h"
#include "network.h"
#include "rate_limiter.h"
#include "sessions.h"
#include "token_store.h"
#include "user_store.h"

namespace wemol::hub {

/// Who may ask what. Each question gives what the client is told instead of an answer, or nothing.
class Gatekeeper {
 public:
  struct Rules {
    bool read_only_public = false;
    bool is_exposed = false;  ///< others than this host's users can ask
    serve::Networks legacy;
    std::vector<std::string> origins;
  };

  Gatekeeper(Rules rules, TokenStore& tokens, UserStore& users, Sessions& sessions,
             const Clock& clock);

  /// Where nobody has a password and only this host can ask: all. Else who is logged in, or
  /// everybody with --read-only-public.
  [[nodiscard]] std::optional<serve::Response> reading_refusal(const serve::Request& request);
  /// Who is logged in and sends the page's token along; without passwords this host's users, but
  /// no foreign page in their browser.
  [[nodiscard]] std::optional<serve::Response> change_refusal(const serve::Request& request);
  /// As reading, and whoever has an enrolled name and its token (HTTP Basic or Bearer).
  [[nodiscard]] std::optional<serve::Response> scrape_refusal(const serve::Request& request);
  /// An agent with its token; without one, a host of a legacy network. Before the body is read.
  [[nodiscard]] std::optional<serve::Response> report_refusal(const serve::Request& request);
  /// Whether it may be asked so often.
  [[nodiscard]] std::optional<serve::Response> rate_refusal(const serve::Request& request);

  /// Whose token a request brings; nothing when it brings none that is known.
  [[nodiscard]] std::optional<std::string> host_of_token(std::string_view token) const;
  [[nodiscard]] bool is_legacy(const std::string& client) const;
  /// Nothing when nobody is logged in there.
  [[nodiscard]] std::optional<std::string> user_of(const serve::Request& request);
  /// For the log: "alice from 192.0.2.7".
  [[nodiscard]] std::string who(const serve::Request& request);

 private:
  [[nodiscard]] bool is_foreign_page(const serve::Request& request) const;

  Rules rules_;
  TokenStore& tokens_;
  UserStore& users_;
  Sessions& sessions_;
  const Clock& clock_;
  serve::RateLimiter failures_;  ///< of each client: wrong tokens
  serve::RateLimiter requests_;  ///< of each client
};

/// 429 with Retry-After.
[[nodiscard]] serve::Response too_often(std::string_view why, std::chrono::seconds wait);

}  // namespace wemol::hub
