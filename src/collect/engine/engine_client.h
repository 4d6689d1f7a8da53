#pragma once

#include <deque>
#include <optional>
#include <string>

#include "http_client.h"

namespace wemol::engine {

/// The engine's API in the newest version that both sides know. The engine is asked for its version
/// before the first question, and anew after cancel_all(), for it may be another one then. Targets
/// are without a version. When there is none in common, or what answers is no engine, all questions
/// that wait fail with that.
class EngineClient : public HttpClient {
 public:
  explicit EngineClient(HttpClient& http) : http_(http) {}

  void get(const std::string& target, Done done) override;
  void stream(const std::string& target, StreamHandlers handlers) override;
  void cancel_all() override;

 private:
  void ask(Question question);
  void send(Question question);
  void take_version(const Result<HttpAnswer>& answer);
  void fail_all(const Error& error);

  HttpClient& http_;
  std::optional<std::string> prefix_;  ///< of the version; nothing: the engine was not asked yet
  bool is_version_asked_ = false;
  std::deque<Question> waiting_;  ///< for the version
  std::deque<Question> failing_;  ///< to be told that there is none
};

}  // namespace wemol::engine
