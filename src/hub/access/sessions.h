#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "time_points.h"

namespace wemol::hub {

/// What a browser gets for its password.
struct NewSession {
  std::string id;    ///< for the cookie
  std::string csrf;  ///< for the page, which sends it with whatever changes something
};

/// Who is logged in. In memory: after a restart everybody logs in again.
class Sessions {
 public:
  struct Limits {
    std::chrono::hours idle{24};
    std::chrono::hours longest{24 * 30};
    std::size_t most = 10'000;  ///< beyond, the one that has been idle longest goes
  };

  Sessions() : Sessions(Limits{}) {}
  explicit Sessions(Limits limits) : limits_(limits) {}

  [[nodiscard]] NewSession open(std::string user, SteadyTime now);
  /// Whose it is; nothing when there is none of that id or it has expired. Using it keeps it alive.
  [[nodiscard]] std::optional<std::string> user_of(std::string_view id, SteadyTime now);
  /// Whether the page of this session sends this. After user_of().
  [[nodiscard]] bool is_csrf_token(std::string_view id, std::string_view csrf) const;
  /// The page asks for it after it was loaded anew; empty when there is no session.
  [[nodiscard]] std::string csrf_token(std::string_view id) const;
  void close(std::string_view id);
  /// All of a user: the password is another one.
  void close_all(std::string_view user);
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::string user;
    std::string csrf;
    SteadyTime opened_at;
    SteadyTime used_at;
  };
  void drop_expired(SteadyTime now);
  [[nodiscard]] bool is_expired(const Session& session, SteadyTime now) const;

  Limits limits_;
  /// By the hash of the id: how long a look-up takes tells nothing of an id.
  std::map<std::string, Session, std::less<>> sessions_;
};

}  // namespace wemol::hub
