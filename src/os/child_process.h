#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "event_loop.h"
#include "files.h"

namespace wemol {

enum class StandardInput {
  empty,
  pipe,  ///< whoever started it writes to it
};

/// A started program: leader of its own process group, both outputs on pipes that do not block, all
/// signals at their defaults, at most 1024 open files (a huge limit makes nvidia-smi slow). It is
/// killed when this process dies.
///
/// It begins by vfork(): the memory of a process that is big, or that a device reads, is not
/// copied, and nobody's fork handlers run.
struct ChildProcess {
  pid_t pid = -1;
  UniqueFd standard_input;  ///< only with StandardInput::pipe; does not block
  UniqueFd standard_output;
  UniqueFd standard_error;
};

/// Starts argv[0], looked up on PATH. The error is the errno of what failed, also inside the
/// child (ENOENT: no such program).
[[nodiscard]] tl::expected<ChildProcess, int> start_child(
    const std::vector<std::string>& argv, StandardInput input = StandardInput::empty);

/// What an event loop watches of a child. An output at its end has to be given up by its owner.
struct ChildWatch {
  EventSource standard_output;
  EventSource standard_error;
  EventSource exit;
};

struct ChildCallbacks {
  std::function<void()> output_is_readable;
  std::function<void()> error_output_is_readable;
  /// It is reaped then. An si_pid of 0: somebody else has, and how it ended is unknown.
  std::function<void(const siginfo_t&)> ended;
};

/// All three or none.
[[nodiscard]] Result<ChildWatch> watch(EventLoop& loop, const ChildProcess& child,
                                       ChildCallbacks callbacks);

}  // namespace wemol
