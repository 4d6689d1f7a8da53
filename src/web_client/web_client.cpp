#include "web_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "web_connection.h"
#include "web_url.h"

namespace wemol::web {
namespace {

namespace http = boost::beast::http;

bool has_control_character(std::string_view text) {
  constexpr char kFirstVisible = ' ';
  constexpr char kDelete = 0x7f;
  return std::ranges::any_of(
      text, [](char c) { return (c >= 0 && c < kFirstVisible && c != '\t') || c == kDelete; });
}

Result<Connection::Call> call_of(const Url& url, Request request, const std::string& user_agent,
                                 bool is_kept) {
  constexpr unsigned kHttp11 = 11;
  const auto verb = request.method == Method::get ? http::verb::get : http::verb::post;
  Connection::Call call(verb, url.target, kHttp11);
  call.set(http::field::host, url.authority());
  call.set(http::field::user_agent, user_agent);
  for (const auto& [name, value] : request.headers) {
    if (has_control_character(name) || has_control_character(value)) {
      return failure(url.authority() + ": a header with a control character is not sent");
    }
    call.set(name, value);
  }
  call.body() = std::move(request.body);
  call.prepare_payload();
  call.keep_alive(is_kept);
  if (is_kept) {
    call.set(http::field::connection, "keep-alive");  // Netdata closes without it
  }
  return call;
}

void post_failure(boost::asio::io_context& context, Error error, Done done) {
  boost::asio::post(context, [error = std::move(error), done = std::move(done)]() mutable {
    done(tl::make_unexpected(std::move(error)));
  });
}

}  // namespace

bool Answer::is_success() const {
  return status >= 200 && status < 300;  // NOLINT(readability-magic-numbers): as HTTP has it
}

bool Answer::is_redirect() const {
  return status >= 300 && status < 400;  // NOLINT(readability-magic-numbers): as HTTP has it
}

class Client::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(boost::asio::io_context& context, ClientSettings settings)
      : context_(context), settings_(std::move(settings)) {}

  void ask(Request request, Bounds bounds, Done done) {
    auto url = parse_url(request.url);
    if (!url) {
      post_failure(context_, std::move(url.error()), std::move(done));
      return;
    }
    if (url->is_tls && !tls_) {
      auto tls = make_tls(settings_.ca_file);
      if (!tls) {
        post_failure(context_, std::move(tls.error()), std::move(done));
        return;
      }
      tls_ = std::move(*tls);
    }
    auto call = call_of(*url, std::move(request), settings_.user_agent, true);
    if (!call) {
      post_failure(context_, std::move(call.error()), std::move(done));
      return;
    }
    Host& host = hosts_[url->origin()];
    host.waiting.push_back({std::move(*url), std::move(*call), bounds, std::move(done)});
    pump(host);
  }

  void end() {
    for (auto& [origin, host] : hosts_) {
      for (const auto& connection : host.busy) {
        connection->close();
      }
    }
    hosts_.clear();
  }

 private:
  using Pointer = std::shared_ptr<Connection>;
  struct Question {
    Url url;
    Connection::Call call;
    Bounds bounds;
    Done done;
  };
  struct Host {
    std::deque<Question> waiting;
    std::vector<Pointer> idle;
    std::set<Pointer> busy;
  };

  void pump(Host& host) {
    const std::size_t most = std::max<std::size_t>(settings_.connections_per_host, 1);
    while (!host.waiting.empty() && host.busy.size() < most) {
      Question question = std::move(host.waiting.front());
      host.waiting.pop_front();
      // What may be sent once only is not sent where the server may have gone meanwhile.
      if (question.call.method() == http::verb::get && !host.idle.empty()) {
        const Pointer connection = host.idle.back();
        host.idle.pop_back();
        begin(host, connection, std::move(question));
      } else {
        const Pointer connection = fresh(question.url);
        begin(host, connection, std::move(question));
      }
    }
  }

  [[nodiscard]] Pointer fresh(const Url& url) {
    return std::make_shared<Connection>(context_, tls_, url);
  }

  void begin(Host& host, const Pointer& connection, Question question) {
    host.busy.insert(connection);
    Connection::Call call = question.call;
    const Bounds bounds = question.bounds;
    const auto asked = std::make_shared<Question>(std::move(question));
    connection->exchange(std::move(call), bounds,
                         [weak = weak_from_this(), kept = std::weak_ptr(connection),
                          asked](Connection::Outcome outcome) {
                           const auto self = weak.lock();
                           const auto used = kept.lock();
                           if (self && used) {
                             self->take(used, std::move(*asked), std::move(outcome));
                           }
                         });
  }

  void take(const Pointer& connection, Question question, Connection::Outcome outcome) {
    Host& host = hosts_[question.url.origin()];
    host.busy.erase(connection);
    if (outcome.was_stale) {
      host.idle.clear();
      const Pointer other = fresh(question.url);
      begin(host, other, std::move(question));
      return;
    }
    if (connection->stays() && host.idle.size() < settings_.connections_per_host) {
      host.idle.push_back(connection);
    }
    pump(host);
    question.done(std::move(outcome.answer));
  }

  boost::asio::io_context& context_;
  const ClientSettings settings_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  std::map<std::string, Host> hosts_;
};

Client::Client(boost::asio::io_context& context, ClientSettings settings)
    : work_(std::make_shared<Work>(context, std::move(settings))) {}

Client::~Client() {
  work_->end();
}

void Client::ask(Request request, Bounds bounds, Done done) {
  work_->ask(std::move(request), bounds, std::move(done));
}

void ask_once(boost::asio::io_context& context, const ClientSettings& settings, Request request,
              Bounds bounds, Done done) {
  auto url = parse_url(request.url);
  if (!url) {
    post_failure(context, std::move(url.error()), std::move(done));
    return;
  }
  Result<std::shared_ptr<boost::asio::ssl::context>> tls(nullptr);
  if (url->is_tls) {
    tls = make_tls(settings.ca_file);
  }
  if (!tls) {
    post_failure(context, std::move(tls.error()), std::move(done));
    return;
  }
  auto call = call_of(*url, std::move(request), settings.user_agent, false);
  if (!call) {
    post_failure(context, std::move(call.error()), std::move(done));
    return;
  }
  std::make_shared<Connection>(context, std::move(*tls), std::move(*url))
      ->exchange(std::move(*call), bounds, [done = std::move(done)](Connection::Outcome outcome) {
        done(std::move(outcome.answer));
      });
}

}  // namespace wemol::web
