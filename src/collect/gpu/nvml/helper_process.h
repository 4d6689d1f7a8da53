#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "child_process.h"
#include "event_loop.h"

namespace wemol::nvml {

/// A child that answers lines with lines, driven by the event loop. As it goes, the child is killed
/// and waited for, half a second at most; one that cannot be ended in that time is left behind.
class HelperProcess {
 public:
  /// Gets each whole line that the child prints, without its end.
  using OnLine = std::function<void(std::string_view)>;

  /// argv[0] is looked up on PATH. The error says why there is no child now.
  [[nodiscard]] static Result<std::unique_ptr<HelperProcess>> start(
      EventLoop& loop, const std::vector<std::string>& argv, OnLine on_line);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();

  /// Sends one line. A child that does not read has ended or hangs, which shows elsewhere.
  void send(std::string_view line);
  /// Lets it end by itself: its standard input is at its end.
  void close_input() { child_.standard_input.reset(); }
  void kill();

  [[nodiscard]] pid_t pid() const { return child_.pid; }
  /// It has ended and is reaped.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] SteadyTime ended_at() const { return ended_at_; }
  /// In words: "was killed by signal 6 (Aborted): what it said last". Empty until it has ended.
  [[nodiscard]] const std::string& how_it_ended() const { return how_it_ended_; }

 private:
  HelperProcess(EventLoop& loop, ChildProcess child, OnLine on_line);

  [[nodiscard]] Result<void> watch();
  void note_exit(const siginfo_t& info);
  [[nodiscard]] bool read_output();
  [[nodiscard]] bool read_error_output();
  void pass_on_lines();

  EventLoop& loop_;
  ChildProcess child_;
  OnLine on_line_;
  ChildWatch watch_;
  std::string output_;  ///< what is not passed on yet
  std::string error_output_;
  std::string how_it_ended_;
  bool ended_ = false;
  SteadyTime ended_at_;
};

}  // namespace wemol::nvml
