#pragma once

#include <algorithm>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "http_client.h"

namespace wemol::test {

/// Remembers what was asked for; the test answers in its own time.
class FakeHttpClient : public HttpClient {
 public:
  /// All targets, in the order in which they were asked for.
  std::vector<std::string> targets;

  void get(const std::string& target, Done done) override {
    targets.push_back(target);
    waiting_.push_back({target, std::move(done)});
  }
  void stream(const std::string& target, StreamHandlers handlers) override {
    targets.push_back(target);
    ++streams_;
    stream_ = std::move(handlers);
  }
  void cancel_all() override {
    waiting_.clear();
    stream_ = {};
  }

  /// Answers the oldest question for this target; false when nobody waits for one.
  bool answer(const std::string& target, Result<HttpAnswer> with) {
    const auto found = std::ranges::find(waiting_, target, &Waiting::target);
    if (found == waiting_.end()) {
      return false;
    }
    const Done done = std::move(found->done);
    waiting_.erase(found);
    done(std::move(with));
    return true;
  }
  bool answer(const std::string& target, std::string body, long status = 200) {
    return answer(target, HttpAnswer{status, std::move(body)});
  }

  void open_stream() const {
    const auto opened = stream_.opened;
    opened();
  }
  void feed(std::string_view chunk) const {
    const auto received = stream_.received;
    received(chunk);
  }
  void close_stream(const std::string& reason) {
    const auto closed = std::exchange(stream_, {}).closed;
    closed({reason});
  }

  [[nodiscard]] bool has_stream() const { return static_cast<bool>(stream_.closed); }
  [[nodiscard]] int streams() const { return streams_; }
  /// The targets that nobody has answered yet.
  [[nodiscard]] std::vector<std::string> waiting_for() const {
    std::vector<std::string> all;
    for (const Waiting& waiting : waiting_) {
      all.push_back(waiting.target);
    }
    return all;
  }
  [[nodiscard]] bool is_asked(const std::string& target) const {
    return std::ranges::find(waiting_, target, &Waiting::target) != waiting_.end();
  }

 private:
  struct Waiting {
    std::string target;
    Done done;
  };

  std::list<Waiting> waiting_;
  StreamHandlers stream_;
  int streams_ = 0;
};

}  // namespace wemol::test
