#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <wemol/result.h>

namespace wemol::web {

enum class Method { get, post };

struct Request {
  Method method = Method::get;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< name, value
  std::string body;
};

struct Answer {
  unsigned status = 0;
  std::string location;  ///< of a redirect; empty: none
  std::string body;

  [[nodiscard]] bool is_success() const;
  [[nodiscard]] bool is_redirect() const;
};

struct Bounds {
  std::chrono::milliseconds patience{10'000};  ///< for all of it, from the lookup to the last byte
  std::uint64_t answer_bytes = std::uint64_t{64} << 10;
};

struct ClientSettings {
  std::string user_agent = "wemol";
  std::filesystem::path ca_file;         ///< PEM; empty: the system's certificates
  std::size_t connections_per_host = 8;  ///< what is asked beyond that waits for its turn
};

using Done = std::function<void(Result<Answer>)>;

/// Asks by HTTP/1.1, with TLS or without, over connections that are kept for what is asked next.
///
/// A redirect is an answer like others and is never followed, so that no header (a token) goes
/// where it was not meant to go. A certificate that is not accepted is a failure; there is no way
/// around it. A failure's message names host and port, never a header or the target; its code is
/// ETIMEDOUT when time ran out.
///
/// All calls in the io_context's thread.
class Client {
 public:
  Client(boost::asio::io_context& context, ClientSettings settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// What is under way ends; its `done` is not called any more.
  ~Client();

  /// Calls `done` once, never before this returns. The patience begins when a connection is free.
  void ask(Request request, Bounds bounds, Done done);

 private:
  class Work;
  std::shared_ptr<Work> work_;
};

/// One question, over a connection that is closed behind it.
void ask_once(boost::asio::io_context& context, const ClientSettings& settings, Request request,
              Bounds bounds, Done done);

}  // namespace wemol::web
