#pragma once

#include "clock.h"
#include "gatekeeper.h"
#include "login_guard.h"
#include "router.h"
#include "sessions.h"
#include "user_store.h"
#include "workers.h"

namespace wemol::hub {

/// POST /api/login, POST /api/logout, GET /api/session.
class LoginApi {
 public:
  struct Parts {
    Gatekeeper& gate;
    UserStore& users;
    Sessions& sessions;
    Workers& hashing;  ///< a password takes its time
    const Clock& clock;
    std::string cookie_path;
  };

  explicit LoginApi(Parts parts) : parts_(std::move(parts)) {}

  void add_to(serve::Router& router);

 private:
  void login(const serve::Request& request, const serve::Respond& respond);
  [[nodiscard]] serve::Response opened(const std::string& user, bool is_secure);
  [[nodiscard]] serve::Response logout(const serve::Request& request);
  [[nodiscard]] serve::Response session(const serve::Request& request);

  Parts parts_;
  LoginGuard guard_;
};

}  // namespace wemol::hub
