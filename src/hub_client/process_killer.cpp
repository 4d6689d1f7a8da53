#include "process_killer.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "files.h"

namespace wemol::hub_client {

namespace asio = boost::asio;
using boost::system::error_code;

struct ProcessKiller::Shared {
  asio::io_context& context;
  Rules rules;
  Self self;
  std::set<Round*> rounds;
};

/// The processes of one request.
class ProcessKiller::Round : public std::enable_shared_from_this<Round> {
 public:
  Round(std::shared_ptr<Shared> shared, std::string requested_by, Done done)
      : shared_(std::move(shared)),
        requested_by_(std::move(requested_by)),
        done_(std::move(done)),
        timer_(shared_->context) {
    shared_->rounds.insert(this);
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;
  ~Round() { shared_->rounds.erase(this); }

  void begin(const std::vector<KillTarget>& targets) {
    results_.reserve(targets.size());
    for (const KillTarget& target : targets) {
      results_.push_back({target.pid, terminate(target)});
    }
    if (held_.empty()) {
      asio::post(shared_->context, [self = shared_from_this()] { self->finish(); });
      return;
    }
    wait(shared_->rules.term_to_kill, &Round::kill_the_rest);
  }

  void cancel() {
    done_ = nullptr;
    finish();
  }

 private:
  struct Held {
    std::size_t at = 0;  ///< in the results
    KillTarget target;
    std::shared_ptr<asio::posix::stream_descriptor> pidfd;
  };

  void log(const KillTarget& target, std::string_view what) const {
    spdlog::warn("process {} ({}) of {}: {}; asked for by {}", target.pid, target.name, target.user,
                 what, requested_by_);
  }

  /// Until its end is seen the outcome is that it is alive.
  KillOutcome terminate(const KillTarget& target) {
    UniqueFd pidfd;
    if (target.pid > 1) {
      pidfd.reset(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(target.pid), 0)));
    }
    const int code = pidfd ? 0 : errno;
    const auto live = pidfd ? read_live_process(target.pid) : std::nullopt;
    if (!pidfd && target.pid > 1 && code != ESRCH) {
      log(target, fmt::format("it cannot be held: {}", strerror(code)));
      return KillOutcome::denied;
    }
    if (const auto outcome = objection(target, live, shared_->self)) {
      log(target, *outcome == KillOutcome::gone ? "it is gone" : "it may not be ended");
      return *outcome;
    }
    if (send(pidfd.get(), SIGTERM) != 0) {
      const bool is_gone = errno == ESRCH;
      log(target, is_gone ? "it is gone" : "this agent's user may not end it");
      return is_gone ? KillOutcome::gone : KillOutcome::denied;
    }
    log(target, "SIGTERM");
    hold(target, std::move(pidfd));
    return KillOutcome::alive;
  }

  static int send(int pidfd, int signal) {
    return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
  }

  void hold(const KillTarget& target, UniqueFd pidfd) {
    auto descriptor = std::make_shared<asio::posix::stream_descriptor>(shared_->context);
    descriptor->assign(pidfd.release());
    const std::size_t at = results_.size();
    held_.push_back({at, target, descriptor});
    descriptor->async_wait(asio::posix::descriptor_base::wait_read,
                           [self = shared_from_this(), at, descriptor](error_code cancelled) {
                             if (!cancelled) {
                               self->note_end(at);
                             }
                           });
  }

  void note_end(std::size_t at) {
    if (!done_) {
      return;  // it was on its way when the rest was given up
    }
    results_[at].outcome = KillOutcome::killed;
    std::erase_if(held_, [&](const Held& it) {
      if (it.at == at) {
        log(it.target, "it has ended");
      }
      return it.at == at;
    });
    if (held_.empty()) {
      finish();
    }
  }

  void wait(std::chrono::milliseconds pause, void (Round::*then)()) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this(), then](error_code cancelled) {
      if (!cancelled) {
        ((*self).*then)();
      }
    });
  }

  void kill_the_rest() {
    for (const Held& it : held_) {
      log(it.target, "SIGKILL");
      (void)send(it.pidfd->native_handle(), SIGKILL);
    }
    wait(shared_->rules.kill_to_giving_up, &Round::finish);
  }

  void finish() {
    timer_.cancel();
    for (const Held& it : held_) {
      log(it.target, "it is left alone, and still there");
      error_code ignored;
      it.pidfd->close(ignored);
    }
    held_.clear();
    if (const Done done = std::exchange(done_, nullptr)) {
      done(std::move(results_));
    }
  }

  std::shared_ptr<Shared> shared_;
  std::string requested_by_;
  Done done_;
  asio::steady_timer timer_;
  std::vector<KillResult> results_;
  std::vector<Held> held_;
};

ProcessKiller::ProcessKiller(asio::io_context& context, Rules rules, Self self)
    : shared_(std::make_shared<Shared>(Shared{context, rules, self, {}})) {}

ProcessKiller::~ProcessKiller() {
  const std::set<Round*> rounds = shared_->rounds;
  for (Round* const round : rounds) {
    round->cancel();
  }
}

void ProcessKiller::kill(const std::vector<KillTarget>& targets, const std::string& requested_by,
                         Done done) {
  std::make_shared<Round>(shared_, requested_by, std::move(done))->begin(targets);
}

}  // namespace wemol::hub_client
