#include "web_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

/// OpenSSL itself compares the name, and then says so.
bool set_expected_name(SSL* ssl, const std::string& host) {
  error_code no_address;
  asio::ip::make_address(host, no_address);
  if (!no_address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  std::string name = host;
  // What the macro SSL_set_tlsext_host_name stands for.
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1 &&
         SSL_set1_host(ssl, name.c_str()) == 1;
}

std::string handshake_fault(SSL* ssl, const error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  ERR_clear_error();
  return verdict == X509_V_OK ? "no TLS: " + printable(error.message())
                              : fmt::format("its certificate is not accepted: {}",
                                            X509_verify_cert_error_string(verdict));
}

std::string seconds_text(std::chrono::milliseconds time) {
  return fmt::format("{} s", std::chrono::duration<double>(time).count());
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> make_tls(const std::filesystem::path& ca_file) {
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  tls->set_options(asio::ssl::context::default_workarounds, error);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  tls->set_verify_mode(asio::ssl::verify_peer, error);
  if (ca_file.empty()) {
    tls->set_default_verify_paths(error);
    if (error) {
      return failure("the system's certificates: " + printable(error.message()));
    }
    return tls;
  }
  tls->load_verify_file(ca_file.string(), error);
  if (error) {
    return failure(fmt::format("{} is no file of certificates (PEM) that can be read: {}",
                               ca_file.string(), printable(error.message())));
  }
  return tls;
}

Connection::Connection(asio::io_context& context, std::shared_ptr<asio::ssl::context> tls, Url url)
    : context_(context),
      tls_(std::move(tls)),
      url_(std::move(url)),
      plain_(context),
      timer_(context) {}

template <typename Then>
auto Connection::in_this_exchange(Then then) {
  return [self = shared_from_this(), exchange = exchange_, then = std::move(then)](
             const error_code& error, const auto&... /*details*/) {
    if (exchange == self->exchange_) {
      then(*self, error);
    }
  };
}

void Connection::exchange(Call call, Bounds bounds, Heard heard) {
  ++exchange_;
  call_ = std::move(call);
  bounds_ = bounds;
  heard_ = std::move(heard);
  was_open_ = is_open_;
  parser_.emplace();
  parser_->body_limit(bounds.answer_bytes);
  timer_.expires_after(bounds.patience);
  timer_.async_wait(in_this_exchange([](Connection& self, const error_code& /*error*/) {
    self.finish({failure(fmt::format("{}: no answer within {}", self.url_.authority(),
                                     seconds_text(self.bounds_.patience)),
                         ETIMEDOUT)});
  }));
  if (is_open_) {
    talk();
  } else {
    look_up();
  }
}

void Connection::look_up() {
  error_code no_address;
  const auto address = asio::ip::make_address(url_.host, no_address);
  const auto port = parse_number<std::uint16_t>(url_.port);
  if (!no_address && port) {
    endpoints_ = {asio::ip::tcp::endpoint(address, *port)};
    connect();
    return;
  }
  const auto found = [weak = weak_from_this(), exchange = exchange_](Result<Endpoints> endpoints) {
    const auto self = weak.lock();
    if (!self || exchange != self->exchange_) {
      return;
    }
    if (!endpoints) {
      self->finish({tl::make_unexpected(std::move(endpoints.error()))});
      return;
    }
    self->endpoints_ = std::move(*endpoints);
    self->connect();
  };
  lookup_.emplace(context_, url_.host, url_.port, found);
}

void Connection::connect() {
  plain_.async_connect(endpoints_, in_this_exchange([](Connection& self, const error_code& error) {
                         if (error) {
                           self.fail(error, "no connection");
                           return;
                         }
                         self.lookup_.reset();
                         error_code ignored;
                         self.plain_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
                         self.url_.is_tls ? self.shake_hands() : self.talk();
                       }));
}

void Connection::shake_hands() {
  secure_.emplace(plain_, *tls_);
  if (!set_expected_name(secure_->native_handle(), url_.host)) {
    finish({failure(url_.authority() + ": OpenSSL takes no such name")});
    return;
  }
  secure_->async_handshake(
      asio::ssl::stream_base::client,
      in_this_exchange([](Connection& self, const error_code& error) {
        if (error) {
          self.finish({failure(self.url_.authority() + ": " +
                               handshake_fault(self.secure_->native_handle(), error))});
        } else {
          self.talk();
        }
      }));
}

void Connection::talk() {
  is_open_ = true;
  if (secure_) {
    talk_over(*secure_);
  } else {
    talk_over(plain_);
  }
}

template <typename Stream>
void Connection::talk_over(Stream& stream) {
  http::async_write(
      stream, call_, in_this_exchange([&stream](Connection& writer, const error_code& unsent) {
        if (unsent) {
          writer.fail(unsent, "the request cannot be sent");
          return;
        }
        http::async_read(stream, writer.buffer_, *writer.parser_,
                         writer.in_this_exchange([](Connection& reader, const error_code& unread) {
                           if (unread) {
                             reader.fail(unread, "no answer");
                           } else {
                             reader.take_answer();
                           }
                         }));
      }));
}

void Connection::take_answer() {
  auto& message = parser_->get();
  Answer answer{.status = message.result_int(),
                .location = std::string(message[http::field::location]),
                .body = std::move(message.body())};
  const bool may_stay = message.keep_alive() && buffer_.size() == 0;
  if (!may_stay) {
    is_open_ = false;
    plain_.close();
  }
  finish({std::move(answer)});
}

void Connection::fail(const error_code& error, std::string_view doing) {
  if (error == http::error::body_limit) {
    finish({failure(fmt::format("{}: the answer has more than {} bytes", url_.authority(),
                                bounds_.answer_bytes),
                    EMSGSIZE)});
    return;
  }
  const bool is_stale = was_open_ && !parser_->got_some();
  finish({failure(fmt::format("{}: {}: {}", url_.authority(), doing, printable(error.message())),
                  error.category() == boost::system::system_category() ? error.value() : 0),
          is_stale});
}

void Connection::finish(Outcome outcome) {
  ++exchange_;
  timer_.cancel();
  if (!outcome.answer) {
    close();
  }
  if (const Heard heard = std::exchange(heard_, nullptr)) {
    heard(std::move(outcome));
  }
}

void Connection::close() {
  ++exchange_;
  is_open_ = false;
  timer_.cancel();
  lookup_.reset();
  plain_.close();
  // Whoever called this has taken `heard_` out, or does not want it any more.
}

}  // namespace wemol::web
