#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "event_loop.h"
#include "files.h"

namespace wemol::queue {

/// One command's connection: it asks in one line and gets one line. Whoever neither sends nor takes
/// anything for kPatience is dropped, unless it waits for its answer.
class ControlConnection {
 public:
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::size_t kMostRequestBytes = std::size_t{1} << 20;

  using Asked = std::function<void(std::string_view line)>;
  using Ended = std::function<void()>;

  /// `asked` is called once at most, `ended` once; this may be destroyed in `ended` only.
  ControlConnection(EventLoop& loop, UniqueFd socket, Asked asked, Ended ended);

  /// Without its end. Once.
  void answer(std::string line);

 private:
  void on_events(std::uint32_t events);
  void read_some();
  void write_some();
  void be_patient();
  void end();

  EventLoop& loop_;
  UniqueFd socket_;
  Asked asked_;
  Ended ended_;
  EventSource watch_;
  EventSource patience_;
  std::string input_;
  std::string output_;
  std::size_t written_ = 0;
  bool has_asked_ = false;
};

}  // namespace wemol::queue
