#include "alert_dispatcher.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "alert_sender.h"
#include "event_loop.h"
#include "system_command_runner.h"
#include "web_client.h"

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto kCommandTimeout = 60s;
/// How late a notice may be sent, and a stop be noticed.
constexpr auto kBetweenLooks = 250ms;

Result<void> outcome_of(const Result<web::Answer>& answer) {
  if (!answer) {
    return tl::make_unexpected(answer.error());
  }
  return answer->is_success() ? Result<void>()
                              : failure(fmt::format("it answers with status {}", answer->status));
}

}  // namespace

class AlertDispatcher::Thread : public std::enable_shared_from_this<Thread> {
 public:
  explicit Thread(boost::asio::io_context& context) : context_(context) {}

  void start() {
    thread_ = std::thread([this] { work(); });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    thread_.join();
  }
  void send(const AlertNotice& notice, const AlertRule& rule) {
    leave([notice, rule](AlertSender& sender) {
      sender.send(notice, rule, std::chrono::steady_clock::now());
    });
  }
  Conditions conditions() {
    const std::lock_guard lock(mutex_);
    return conditions_;
  }

 private:
  using Errand = std::function<void(AlertSender&)>;

  void leave(Errand errand) {
    const std::lock_guard lock(mutex_);
    errands_.push_back(std::move(errand));
  }
  std::deque<Errand> taken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(errands_, {});
  }
  bool is_stopping() {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
  }

  void work() {
    EventLoop loop(EventLoop::Host::somebody_elses);
    SystemCommandRunner runner(loop, kCommandTimeout);
    AlertSender sender(
        [this](const std::string& url, std::string json, std::function<void(Result<void>)> done) {
          post(url, std::move(json), std::move(done));
        },
        runner);
    while (!is_stopping()) {
      for (const Errand& errand : taken()) {
        errand(sender);
      }
      sender.work(loop.now());
      {
        const std::lock_guard lock(mutex_);
        conditions_ = sender.conditions();
      }
      (void)loop.wait_until(loop.now() + kBetweenLooks);
    }
  }

  /// The question is asked in the io_context's thread, the answer is heard in this one.
  void post(const std::string& url, std::string json, std::function<void(Result<void>)> done) {
    boost::asio::post(context_, [self = shared_from_this(), url, json = std::move(json),
                                 done = std::move(done)]() mutable {
      const auto heard = [self, done = std::move(done)](const Result<web::Answer>& answer) {
        self->leave(
            [done, outcome = outcome_of(answer)](AlertSender& /*sender*/) { done(outcome); });
      };
      web::ask_once(self->context_, {.user_agent = "wemol-hub"},
                    {.method = web::Method::post,
                     .url = url,
                     .headers = {{"Content-Type", "application/json"}},
                     .body = std::move(json)},
                    {}, heard);
    });
  }

  boost::asio::io_context& context_;
  std::thread thread_;
  std::mutex mutex_;
  std::deque<Errand> errands_;
  Conditions conditions_;
  bool is_stopping_ = false;
};

AlertDispatcher::AlertDispatcher(boost::asio::io_context& context)
    : thread_(std::make_shared<Thread>(context)) {
  thread_->start();
}

AlertDispatcher::~AlertDispatcher() {
  thread_->stop();
}

void AlertDispatcher::send(const AlertNotice& notice, const AlertRule& rule) {
  thread_->send(notice, rule);
}

Conditions AlertDispatcher::conditions() const {
  return thread_->conditions();
}

}  // namespace wemol::hub
