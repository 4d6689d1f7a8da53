#include "curl_http_client.h"

#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace wemol {
namespace {

constexpr std::size_t kAnswerCapBytes = std::size_t{64} << 20;
/// More would wait within libcurl, for a connection, and their time would run meanwhile.
constexpr std::size_t kQuestionsAtOnce = 3;
// And one for the stream.
constexpr long kConnectionsAtMost = kQuestionsAtOnce + 1;
constexpr std::chrono::milliseconds kTimerAccuracy{1};

std::uint32_t epoll_events_of(int what) {
  return (what & CURL_POLL_IN ? std::uint32_t{EPOLLIN} : 0U) |
         (what & CURL_POLL_OUT ? std::uint32_t{EPOLLOUT} : 0U);
}

int curl_events_of(std::uint32_t events) {
  return ((events & EPOLLIN) != 0U ? CURL_CSELECT_IN : 0) |
         ((events & EPOLLOUT) != 0U ? CURL_CSELECT_OUT : 0) |
         ((events & (EPOLLERR | EPOLLHUP)) != 0U ? CURL_CSELECT_ERR : 0);
}

}  // namespace

struct CurlHttpClient::Transfer {
  struct CleanUp {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  std::unique_ptr<CURL, CleanUp> handle;
  std::array<char, CURL_ERROR_SIZE> message{};
  std::string body;  ///< of a stream: what has not been handed on
  Done done;
  StreamHandlers handlers;
  EventSource opening_deadline;  ///< of a stream
  bool is_stream = false;
  bool was_opened = false;

  /// Libcurl's words for a failed connection name a host and a port, which a socket has not.
  [[nodiscard]] Error error(CURLcode result, const std::string& socket_path) const {
    long code = 0;
    const bool has_code = result == CURLE_COULDNT_CONNECT &&
                          curl_easy_getinfo(handle.get(), CURLINFO_OS_ERRNO, &code) == CURLE_OK &&
                          code != 0;
    const int number = has_code ? static_cast<int>(code) : 0;
    const std::string_view in_words =
        message.front() != '\0' ? message.data() : curl_easy_strerror(result);
    return {fmt::format("{}: {}", socket_path, has_code ? strerror(number) : in_words), number};
  }

  [[nodiscard]] long status() const {
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
};

CurlHttpClient::CurlHttpClient(EventLoop& loop, std::string socket_path,
                               std::chrono::milliseconds timeout)
    : loop_(loop), socket_path_(std::move(socket_path)), timeout_(timeout) {
  // No TLS: the server is on this host.
  if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
    throw std::runtime_error("libcurl cannot be set up");
  }
  multi_.reset(curl_multi_init());
  if (!multi_) {
    throw std::runtime_error("libcurl cannot be set up");
  }
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, on_timeout_change);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsAtMost);
}

CurlHttpClient::~CurlHttpClient() {
  CurlHttpClient::cancel_all();
  multi_.reset();  // it calls back as it goes
  curl_global_cleanup();
}

CurlHttpClient::Transfer& CurlHttpClient::add(const std::string& target) {
  auto transfer = std::make_unique<Transfer>();
  transfer->handle.reset(curl_easy_init());
  CURL* const handle = transfer->handle.get();
  if (handle == nullptr) {
    throw std::bad_alloc();
  }
  curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
  curl_easy_setopt(handle, CURLOPT_URL, ("http://localhost" + target).c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer->message.data());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer.get());
  return *transfers_.emplace(handle, std::move(transfer)).first->second;
}

void CurlHttpClient::get(const std::string& target, Done done) {
  questions_.push_back({target, std::move(done)});
  send_questions();
}

void CurlHttpClient::send_questions() {
  while (sent_ < kQuestionsAtOnce && !questions_.empty()) {
    Question question = std::move(questions_.front());
    questions_.pop_front();
    ++sent_;
    Transfer& transfer = add(question.target);
    transfer.done = std::move(question.done);
    curl_easy_setopt(transfer.handle.get(), CURLOPT_TIMEOUT_MS,
                     static_cast<long>(timeout_.count()));
    curl_multi_add_handle(multi_.get(), transfer.handle.get());
  }
}

void CurlHttpClient::stream(const std::string& target, StreamHandlers handlers) {
  Transfer& transfer = add(target);
  transfer.handlers = std::move(handlers);
  transfer.is_stream = true;
  transfer.opening_deadline = loop_.call_at(
      loop_.now() + timeout_, [this, handle = transfer.handle.get()] { give_up_opening(handle); },
      kTimerAccuracy);
  curl_multi_add_handle(multi_.get(), transfer.handle.get());
}

/// Libcurl has no limit for the time until an answer begins that ends when it has begun.
void CurlHttpClient::give_up_opening(CURL* handle) {
  const auto node = transfers_.extract(handle);
  curl_multi_remove_handle(multi_.get(), handle);
  node.mapped()->handlers.closed({fmt::format("{}: no answer for {:.1f} s", socket_path_,
                                              std::chrono::duration<double>(timeout_).count())});
}

void CurlHttpClient::cancel_all() {
  for (const auto& [handle, transfer] : transfers_) {
    curl_multi_remove_handle(multi_.get(), handle);
  }
  transfers_.clear();
  questions_.clear();
  sent_ = 0;
}

std::size_t CurlHttpClient::take_body(char* data, std::size_t size, std::size_t count,
                                      void* transfer_pointer) {
  auto& transfer = *static_cast<Transfer*>(transfer_pointer);
  if (transfer.body.size() + size * count > kAnswerCapBytes) {
    return 0;  // ends the transfer
  }
  transfer.body.append(data, size * count);
  return size * count;
}

void CurlHttpClient::act_on(curl_socket_t socket, int what) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, what, &running);
  deliver();
}

/// Calls back outside of libcurl's own callbacks, in which nothing new may be asked for. A callback
/// may cancel everything, so each step looks anew at what there is.
void CurlHttpClient::deliver() {
  std::vector<CURL*> streams;
  for (const auto& [handle, transfer] : transfers_) {
    if (transfer->is_stream) {
      streams.push_back(handle);
    }
  }
  const auto still = [&](CURL* handle) -> Transfer* {
    const auto found = transfers_.find(handle);
    return found == transfers_.end() ? nullptr : found->second.get();
  };
  for (CURL* const handle : streams) {
    if (Transfer* transfer = still(handle);
        transfer != nullptr && !transfer->was_opened && transfer->status() == kHttpOk) {
      transfer->was_opened = true;
      transfer->opening_deadline.reset();
      const auto opened = transfer->handlers.opened;
      opened();
    }
    if (Transfer* transfer = still(handle);
        transfer != nullptr && transfer->was_opened && !transfer->body.empty()) {
      const auto received = transfer->handlers.received;
      received(std::exchange(transfer->body, {}));
    }
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) {
      finish(message->easy_handle, message->data.result);
    }
  }
}

void CurlHttpClient::finish(CURL* handle, CURLcode result) {
  const auto node = transfers_.extract(handle);
  if (node.empty()) {
    return;
  }
  curl_multi_remove_handle(multi_.get(), handle);
  Transfer& transfer = *node.mapped();
  const long status = transfer.status();
  if (!transfer.is_stream) {
    --sent_;
    send_questions();  // in the order in which they were asked: before what the callback asks
    transfer.done(result == CURLE_OK
                      ? Result<HttpAnswer>(HttpAnswer{status, std::move(transfer.body)})
                      : tl::make_unexpected(transfer.error(result, socket_path_)));
  } else if (result != CURLE_OK) {
    transfer.handlers.closed(transfer.error(result, socket_path_));
  } else if (status != kHttpOk) {
    transfer.handlers.closed(
        {fmt::format("{}: HTTP status {}: {}", socket_path_, status, transfer.body)});
  } else {
    transfer.handlers.closed({fmt::format("{}: the other side closed the stream", socket_path_)});
  }
}

int CurlHttpClient::on_socket(CURL* /*handle*/, curl_socket_t socket, int what, void* self,
                              void* /*unused*/) {
  static_cast<CurlHttpClient*>(self)->watch_socket(socket, what);
  return 0;
}

void CurlHttpClient::watch_socket(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    sockets_.erase(socket);
    return;
  }
  const std::uint32_t events = epoll_events_of(what);
  if (const auto found = sockets_.find(socket); found != sockets_.end()) {
    EventLoop::set_epoll_events(found->second, events);
    return;
  }
  auto source = loop_.watch_fd(
      socket, events, [this, socket](std::uint32_t now) { act_on(socket, curl_events_of(now)); });
  if (source) {
    sockets_.emplace(socket, std::move(*source));
  }
}

int CurlHttpClient::on_timeout_change(CURLM* /*multi*/, long timeout_ms, void* self) {
  static_cast<CurlHttpClient*>(self)->set_timer(timeout_ms);
  return 0;
}

void CurlHttpClient::set_timer(long timeout_ms) {
  timer_.reset();
  if (timeout_ms < 0) {
    return;
  }
  timer_ = loop_.call_at(
      loop_.now() + std::chrono::milliseconds(timeout_ms),
      [this] { act_on(CURL_SOCKET_TIMEOUT, 0); }, kTimerAccuracy);
}

}  // namespace wemol
