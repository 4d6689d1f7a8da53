#include "name_lookup.h"

#include <netdb.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::web {
namespace {

namespace asio = boost::asio;

Result<Endpoints> addresses_of(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
    return failure(fmt::format("{} cannot be looked up: {}", printable(host),
                               code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code)));
  }
  Endpoints endpoints;
  for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (it->ai_addrlen <= endpoint.capacity()) {
      endpoint.resize(it->ai_addrlen);
      std::memcpy(endpoint.data(), it->ai_addr, it->ai_addrlen);
      endpoints.push_back(endpoint);
    }
  }
  freeaddrinfo(found);
  return endpoints;
}

}  // namespace

/// How the addresses get into the io_context, which may be gone by then.
struct NameLookup::Mailbox {
  std::mutex mutex;
  asio::io_context* context = nullptr;  ///< none: nobody waits any more
  Done done;                            ///< the io_context's thread's alone

  static void deliver(const std::shared_ptr<Mailbox>& mailbox, Result<Endpoints> found) {
    const std::lock_guard lock(mailbox->mutex);
    if (mailbox->context == nullptr) {
      return;
    }
    asio::post(*mailbox->context, [mailbox, found = std::move(found)]() mutable {
      if (const Done waiting = std::exchange(mailbox->done, nullptr)) {
        waiting(std::move(found));
      }
    });
  }
};

NameLookup::NameLookup(asio::io_context& context, const std::string& host, const std::string& port,
                       Done done)
    : mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->context = &context;
  mailbox_->done = std::move(done);
  (void)worker_.start([mailbox = mailbox_, host, port] {  // the first job is always taken
    Mailbox::deliver(mailbox, addresses_of(host, port));
  });
}

NameLookup::~NameLookup() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->context = nullptr;
  mailbox_->done = nullptr;
}

}  // namespace wemol::web
