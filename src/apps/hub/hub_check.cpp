#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "hub_program.h"
#include "hub_server.h"
#include "listener.h"
#include "page_files.h"
#include "secret.h"
#include "tls_context.h"
#include "token_store.h"
#include "user_store.h"

namespace wemol::hub {
namespace {

struct Finding {
  bool good = false;
  std::string text;  ///< what was found and, when it is not good, what to do about it
};

Finding check_listening(const HubOptions& options) {
  serve::ListenAddress address = options.listen;
  const auto fd = serve::listen_at(address);
  if (!fd) {
    // Most often the check is run beside the service.
    if (fd.error().code == EADDRINUSE && options.tls_cert.empty() &&
        serve::server_name_at(address).starts_with("wemol-hub/")) {
      return {true, fmt::format("a hub listens on {} already", address.text())};
    }
    return {false, fd.error().message};
  }
  if (address.is_unix()) {
    std::error_code ignored;
    std::filesystem::remove(address.path, ignored);
  }
  return {true, fmt::format("it can listen on {}", options.listen.text())};
}

Finding check_state(const HubOptions& options) {
  if (access(options.state_dir.c_str(), R_OK | W_OK | X_OK) != 0) {
    return {false, fmt::format("the state folder {} cannot be written: {}",
                               options.state_dir.string(), strerror(errno))};
  }
  return {true, fmt::format("the state folder {} can be written", options.state_dir.string())};
}

Finding check_access(const HubOptions& options) {
  TokenStore tokens(options.token_file());
  UserStore users(options.user_file());
  if (const auto read = tokens.refresh(); !read) {
    return {false, read.error().message};
  }
  if (const auto read = users.refresh(); !read) {
    return {false, read.error().message};
  }
  if (const auto allowed = check_exposure(options, users); !allowed) {
    return {false, allowed.error().message};
  }
  return {true, fmt::format("{} hosts have tokens; {}", tokens.hosts().size(),
                            users.empty() ? "nobody has a password" : "there are passwords")};
}

Finding check_certificate(const HubOptions& options) {
  const auto loaded = serve::load_tls(options.tls_cert, options.tls_key);
  return loaded ? Finding{true,
                          fmt::format("the certificate {} can be used", options.tls_cert.string())}
                : Finding{false, loaded.error().message};
}

Finding check_page() {
  return {!page_files().empty(), page_files().empty()
                                     ? "this hub was built without its page: only the API is there"
                                     : "the page is in the program"};
}

Finding check_records(const HubOptions& options) {
  if (access(options.record_dir.c_str(), R_OK | X_OK) != 0) {
    return {false, fmt::format("record-dir {} cannot be read: {}: the figures of modules will be "
                               "missing",
                               options.record_dir.string(), strerror(errno))};
  }
  return {true, fmt::format("record-dir {} can be read", options.record_dir.string())};
}

}  // namespace

int run_hub_check(const HubOptions& options) {
  begin_secrets();
  std::vector<Finding> findings{check_listening(options), check_state(options),
                                check_access(options), check_page()};
  if (!options.tls_cert.empty()) {
    findings.push_back(check_certificate(options));
  }
  if (!options.record_dir.empty()) {
    findings.push_back(check_records(options));
  }
  for (const Finding& finding : findings) {
    fmt::print("{} {}\n", finding.good ? "ok  " : "FAIL", finding.text);
  }
  return std::ranges::all_of(findings, &Finding::good) ? 0 : 1;
}

}  // namespace wemol::hub
