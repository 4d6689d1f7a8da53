#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

namespace wemol::hub {

/// Threads for what takes longer than the server's only one may: hashing passwords, compressing,
/// reading the recorder's files. What waits for them is bounded.
class Workers {
 public:
  Workers(boost::asio::io_context& context, std::size_t threads, std::size_t most_waiting)
      : context_(context), pool_(threads), most_waiting_(most_waiting) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// What has not begun is left out.
  ~Workers() { end(); }

  /// Waits for those that run. Nothing begins after that.
  void end() {
    pool_.stop();
    pool_.join();
  }

  /// Runs `job` in a thread, then `done` with its value in that of the io_context; with nothing
  /// when it has thrown. `done` ends in that of the io_context, too: the last reference to a
  /// connection may be in it. False: too much waits already, and nothing will run.
  template <typename Job, typename Done>
  [[nodiscard]] bool run(Job job, Done done) {
    if (waiting_ >= most_waiting_) {
      return false;
    }
    ++waiting_;
    // Not moved itself, as captures that are const would be copied.
    auto kept = std::make_shared<Done>(std::move(done));
    boost::asio::post(pool_, [this, job = std::move(job), kept = std::move(kept)]() mutable {
      using Value = decltype(job());
      auto value = std::make_shared<std::optional<Value>>();
      try {
        value->emplace(job());
      } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
      }
      boost::asio::post(context_, [this, value, kept = std::move(kept)] {
        --waiting_;
        (*kept)(std::move(*value));
      });
    });
    return true;
  }

 private:
  boost::asio::io_context& context_;
  boost::asio::thread_pool pool_;
  std::size_t most_waiting_;
  std::size_t waiting_ = 0;
};

}  // namespace wemol::hub
