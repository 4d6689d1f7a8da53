#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "event_loop.h"
#include "http_client.h"

namespace wemol {

/// HTTP over a Unix socket by libcurl, which the event loop drives.
class CurlHttpClient : public HttpClient {
 public:
  /// `timeout` bounds each whole answer, from when the question is sent: a few are on their way at
  /// a time, the others wait for their turn. A stream has no bound. Throws std::runtime_error when
  /// libcurl cannot be set up.
  CurlHttpClient(EventLoop& loop, std::string socket_path, std::chrono::milliseconds timeout);
  ~CurlHttpClient() override;

  /// For what is sent from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }

  void get(const std::string& target, Done done) override;
  void stream(const std::string& target, StreamHandlers handlers) override;
  void cancel_all() override;

 private:
  struct Transfer;
  struct Question {
    std::string target;
    Done done;
  };
  struct CleanUpMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  Transfer& add(const std::string& target);
  void send_questions();
  void act_on(curl_socket_t socket, int what);
  void give_up_opening(CURL* handle);
  void deliver();
  void finish(CURL* handle, CURLcode result);
  void watch_socket(curl_socket_t socket, int what);
  void set_timer(long timeout_ms);

  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* transfer);
  static int on_socket(CURL* handle, curl_socket_t socket, int what, void* self, void* unused);
  static int on_timeout_change(CURLM* multi, long timeout_ms, void* self);

  EventLoop& loop_;
  std::string socket_path_;
  std::chrono::milliseconds timeout_;
  std::unordered_map<curl_socket_t, EventSource> sockets_;
  EventSource timer_;
  std::unique_ptr<CURLM, CleanUpMulti> multi_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::deque<Question> questions_;  ///< not sent yet
  std::size_t sent_ = 0;            ///< questions whose answer is not there yet
};

}  // namespace wemol
