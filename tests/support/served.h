#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "server.h"

namespace wemol::test {

/// A server that runs in a thread of its own.
class Served {
 public:
  Served(serve::ServerSettings settings, serve::Router router,
         const std::string& address = "127.0.0.1:0")
      : server_(context_, std::move(settings), std::move(router)) {
    const auto parsed = serve::parse_listen_address(address);
    if (!parsed) {
      throw std::runtime_error(parsed.error().message);
    }
    if (const auto listening = server_.listen(*parsed); !listening) {
      throw std::runtime_error(listening.error().message);
    }
    thread_ = std::thread([this] { context_.run(); });
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { stop(); }

  [[nodiscard]] std::uint16_t port() const { return server_.address().port; }
  /// What `question` answers, asked in the server's thread.
  template <typename Answer>
  Answer ask(std::function<Answer()> question) {
    std::promise<Answer> promise;
    boost::asio::post(context_, [&] { promise.set_value(question()); });
    return promise.get_future().get();
  }
  void tell(std::function<void()> action) {
    ask<int>([&] {
      action();
      return 0;
    });
  }
  /// In the server's thread.
  void use_tls(serve::TlsContext context) { server_.use_tls(std::move(context)); }
  [[nodiscard]] std::size_t connections() {
    return ask<std::size_t>([this] { return server_.connections(); });
  }
  /// Returns when nothing of the server is left to be done.
  void stop() {
    if (thread_.joinable()) {
      boost::asio::post(context_, [this] { server_.stop(); });
      thread_.join();
    }
  }

 private:
  boost::asio::io_context context_{1};
  serve::Server server_;
  std::thread thread_;
};

}  // namespace wemol::test
