#include "hub_connector.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "blocking_worker.h"

namespace wemol::hub_client {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Endpoints = std::vector<asio::ip::tcp::endpoint>;

constexpr std::size_t kMostAddresses = 4;

/// Asks the system, which may take as long as it likes.
Result<Endpoints> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
    return failure(fmt::format("{} cannot be looked up: {}", host,
                               code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code)));
  }
  Endpoints endpoints;
  for (const addrinfo* it = found; it != nullptr && endpoints.size() < kMostAddresses;
       it = it->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (it->ai_addrlen <= endpoint.capacity()) {
      endpoint.resize(it->ai_addrlen);
      std::memcpy(endpoint.data(), it->ai_addr, it->ai_addrlen);
      endpoint.port(port);
      endpoints.push_back(endpoint);
    }
  }
  freeaddrinfo(found);
  return endpoints;
}

/// How an answer gets from the thread of a lookup, which nobody may wait for, into the io_context,
/// which may be gone by then.
struct Mailbox {
  std::mutex mutex;
  asio::io_context* context = nullptr;

  template <typename Action>
  void post(Action action) {
    const std::lock_guard lock(mutex);
    if (context != nullptr) {
      asio::post(*context, std::move(action));
    }
  }
  void close() {
    const std::lock_guard lock(mutex);
    context = nullptr;
  }
};

Result<void> configure(asio::ssl::context& tls, const std::filesystem::path& ca_file) {
  error_code error;
  tls.set_options(asio::ssl::context::default_workarounds);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(tls.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (ca_file.empty()) {
    tls.set_default_verify_paths(error);
    return error ? Result<void>(failure("the system's certificates: " + error.message()))
                 : Result<void>();
  }
  tls.load_verify_file(ca_file.string(), error);
  if (error) {
    return failure(fmt::format("{} is no file of certificates (PEM) that can be read: {}",
                               ca_file.string(), error.message()));
  }
  return {};
}

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

std::string handshake_fault(HubStream::Tls& tls, const error_code& error, const HubAccess& access) {
  const long verdict = SSL_get_verify_result(tls.native_handle());
  if (verdict == X509_V_OK) {
    return fmt::format("no TLS with {}: {}", access.url.authority(), error.message());
  }
  return fmt::format("the certificate of {} is not accepted: {}{}", access.url.authority(),
                     X509_verify_cert_error_string(verdict),
                     access.ca_file.empty() && verdict != X509_V_ERR_HOSTNAME_MISMATCH
                         ? " (hub-ca names the file of a CA of your own)"
                         : "");
}

}  // namespace

/// Outlives the connector while its callbacks are on their way.
class HubConnector::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(asio::io_context& context, HubAccess access, Patience patience)
      : context_(context),
        access_(std::move(access)),
        patience_(patience),
        timer_(context),
        mailbox_(std::make_shared<Mailbox>()) {
    mailbox_->context = &context;
  }

  void connect(Handler handler) {
    handler_ = std::move(handler);
    ++attempt_;
    error_code no_address;
    const auto address = asio::ip::make_address(access_.url.host, no_address);
    if (!no_address) {
      asio::post(context_, [self = shared_from_this(), attempt = attempt_,
                            endpoint = asio::ip::tcp::endpoint(address, access_.url.port)] {
        if (attempt == self->attempt_) {
          self->take_addresses(Endpoints{endpoint});
        }
      });
      return;
    }
    look_up_name();
  }

  void end() {
    handler_ = nullptr;
    is_waiting_for_name_ = false;
    ++attempt_;
    timer_.cancel();
    mailbox_->close();
    drop_stream();
  }

 private:
  void look_up_name() {
    is_waiting_for_name_ = true;
    // While the one before hangs there is no other: its answer is as good.
    (void)lookup_.start([weak = weak_from_this(), mailbox = mailbox_, host = access_.url.host,
                         port = access_.url.port] {
      mailbox->post([weak, found = look_up(host, port)]() mutable {
        const auto self = weak.lock();
        if (self && self->is_waiting_for_name_) {
          self->take_addresses(std::move(found));
        }
      });
    });
    timer_.expires_after(patience_.name);
    timer_.async_wait([self = shared_from_this(), attempt = attempt_](error_code cancelled) {
      if (!cancelled && attempt == self->attempt_ && self->is_waiting_for_name_) {
        self->fail(fmt::format("{} cannot be looked up: no answer", self->access_.url.host));
      }
    });
  }

  void take_addresses(Result<Endpoints> found) {
    is_waiting_for_name_ = false;
    timer_.cancel();
    if (!found) {
      fail(std::move(found.error().message));
      return;
    }
    endpoints_ = std::move(*found);
    next_address_ = 0;
    try_next_address({});
  }

  void try_next_address(const error_code& error) {
    if (next_address_ == endpoints_.size()) {
      fail(fmt::format("no connection to {}: {}", access_.url.authority(),
                       error ? error.message() : "it has no address"));
      return;
    }
    stream_ = std::make_shared<HubStream>(context_);
    stream_->next_layer().expires_after(patience_.connect);
    stream_->next_layer().async_connect(
        endpoints_[next_address_++],
        [self = shared_from_this(), attempt = attempt_, kept = stream_](error_code failed) {
          if (attempt != self->attempt_) {
            return;
          }
          if (failed) {
            self->try_next_address(failed);
          } else {
            self->connected();
          }
        });
  }

  void connected() {
    error_code ignored;
    stream_->next_layer().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    if (!access_.url.is_tls) {
      succeed();
      return;
    }
    asio::ssl::context context(asio::ssl::context::tls_client);
    if (auto configured = configure(context, access_.ca_file); !configured) {
      fail(std::move(configured.error().message));
      return;
    }
    HubStream::Tls& tls = stream_->add_tls(context);
    if (!set_expected_name(tls.native_handle(), access_.url.host)) {
      fail("OpenSSL takes no such name: " + access_.url.host);
      return;
    }
    stream_->next_layer().expires_after(patience_.handshake);
    tls.async_handshake(
        asio::ssl::stream_base::client,
        [self = shared_from_this(), attempt = attempt_, kept = stream_, &tls](error_code failed) {
          if (attempt != self->attempt_) {
            return;
          }
          if (failed) {
            self->fail(handshake_fault(tls, failed, self->access_));
          } else {
            self->succeed();
          }
        });
  }

  void succeed() {
    stream_->next_layer().expires_never();
    HubStream stream = std::move(*stream_);
    stream_.reset();
    ++attempt_;
    std::exchange(handler_, nullptr)(std::move(stream));
  }

  void drop_stream() {
    if (stream_) {
      stream_->next_layer().close();  // what is under way ends now
      stream_.reset();
    }
  }

  void fail(std::string why) {
    drop_stream();
    is_waiting_for_name_ = false;
    ++attempt_;
    ERR_clear_error();
    std::exchange(handler_, nullptr)(failure(std::move(why)));
  }

  asio::io_context& context_;
  const HubAccess access_;
  Patience patience_;
  asio::steady_timer timer_;
  std::shared_ptr<Mailbox> mailbox_;
  BlockingWorker lookup_;
  Endpoints endpoints_;
  std::size_t next_address_ = 0;
  std::shared_ptr<HubStream> stream_;
  Handler handler_;
  bool is_waiting_for_name_ = false;
  std::uint64_t attempt_ = 0;  ///< what belongs to another one is late
};

HubConnector::HubConnector(asio::io_context& context, const HubAccess& access, Patience patience)
    : work_(std::make_shared<Work>(context, access, patience)) {}

HubConnector::~HubConnector() {
  work_->end();
}

void HubConnector::connect(Handler handler) {
  work_->connect(std::move(handler));
}

}  // namespace wemol::hub_client
