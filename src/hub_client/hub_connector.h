#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <wemol/result.h>

#include "hub_stream.h"
#include "hub_url.h"

namespace wemol::hub_client {

/// How the hub is reached.
struct HubAccess {
  HubUrl url;
  /// Whose certificates count; empty: the system's.
  std::filesystem::path ca_file;
  /// The token, asked for with each connection: it may be changed meanwhile. An empty one is none.
  std::function<Result<std::string>()> read_token;
  std::string hostname;    ///< under which this host is enrolled
  std::string user_agent;  ///< "wemol-agent/0.1.0"
};

/// Opens connections, one at a time: name, TCP, TLS. Nobody waits for any of it; each step has an
/// end. To destroy it calls no handler.
class HubConnector {
 public:
  using Handler = std::function<void(Result<HubStream>)>;

  struct Patience {
    std::chrono::milliseconds name{10000};
    std::chrono::milliseconds connect{5000};  ///< for each address
    std::chrono::milliseconds handshake{10000};
  };

  HubConnector(boost::asio::io_context& context, const HubAccess& access, Patience patience);
  ~HubConnector();
  HubConnector(const HubConnector&) = delete;
  HubConnector& operator=(const HubConnector&) = delete;

  /// `handler` is called in the thread of the io_context, once, never from within.
  void connect(Handler handler);

 private:
  class Work;
  std::shared_ptr<Work> work_;
};

}  // namespace wemol::hub_client
