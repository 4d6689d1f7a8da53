#include "engine_client.h"

#include <utility>

#include <fmt/format.h>

#include "api_version.h"
#include "engine_messages.h"

namespace wemol::engine {
namespace {

Result<EngineVersion> version_in(const Result<HttpAnswer>& answer) {
  if (!answer) {
    return tl::make_unexpected(answer.error());
  }
  if (answer->status != kHttpOk) {
    return failure(fmt::format("asked for its version it says: HTTP status {}: {}", answer->status,
                               error_text(answer->body)),
                   kNoEngine);
  }
  return parse_version(answer->body);
}

}  // namespace

void EngineClient::get(const std::string& target, Done done) {
  ask({.target = target, .done = std::move(done), .stream = {}});
}

void EngineClient::stream(const std::string& target, StreamHandlers handlers) {
  ask({.target = target, .done = {}, .stream = std::move(handlers)});
}

void EngineClient::cancel_all() {
  http_.cancel_all();
  waiting_.clear();
  failing_.clear();
  prefix_.reset();
  is_version_asked_ = false;
}

void EngineClient::ask(Question question) {
  if (prefix_) {
    send(std::move(question));
    return;
  }
  waiting_.push_back(std::move(question));
  if (!std::exchange(is_version_asked_, true)) {
    http_.get(version_target(), [this](const Result<HttpAnswer>& answer) { take_version(answer); });
  }
}

void EngineClient::send(Question question) {
  const std::string target = *prefix_ + question.target;
  if (question.stream) {
    http_.stream(target, std::move(*question.stream));
  } else {
    http_.get(target, std::move(question.done));
  }
}

void EngineClient::take_version(const Result<HttpAnswer>& answer) {
  is_version_asked_ = false;
  const auto engine = version_in(answer);
  const auto version = engine ? common_version(*engine) : tl::make_unexpected(engine.error());
  if (!version) {
    fail_all(version.error());
    return;
  }
  prefix_ = prefix_of(*version);
  for (Question& question : std::exchange(waiting_, {})) {
    send(std::move(question));
  }
}

/// Whoever is told may ask again, which is another try, or cancel those that are left.
void EngineClient::fail_all(const Error& error) {
  failing_ = std::exchange(waiting_, {});
  while (!failing_.empty()) {
    const Question question = std::move(failing_.front());
    failing_.pop_front();
    if (question.stream) {
      question.stream->closed(error);
    } else {
      question.done(tl::make_unexpected(error));
    }
  }
}

}  // namespace wemol::engine
