#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "event_loop.h"
#include "job.h"
#include "try_order.h"

namespace wemol::queue {

/// What the program is called with to be a keeper: `wemol-queue keep`. For main(), which then calls
/// keep() of keeper_program.h before it does anything else.
inline constexpr const char* kKeepSubcommand = "keep";

/// Starts a keeper: a process of its own that outlives this one, runs the try, holds the locks of
/// its cards and leaves the result in results/<uni_id>.json before it ends (result_file.h). Waits
/// for some milliseconds, until it has read its order. `program` is run with the argument `keep`;
/// it is this program itself where it is left out. `card_locks` stay the caller's, who closes them
/// then.
[[nodiscard]] Result<ProcessId> start_keeper(
    const TryOrder& order, std::span<const int> card_locks,
    const std::filesystem::path& program = "/proc/self/exe");

/// The keeper of a try, from the fork on, for a scheduler that has not noted it: whatever
/// environment the try's processes have.
[[nodiscard]] std::optional<ProcessId> find_keeper(const std::string& uni_id);

/// Tells the keeper to end all processes of its try: SIGTERM, and SIGKILL after the order's
/// ending_time. The second call kills at once. The result is there as always. The error's code is
/// ESRCH when the keeper has ended.
[[nodiscard]] Result<void> end_try(const ProcessId& keeper);

/// Watches a keeper, also one that another process has started (a scheduler before this one).
class WatchedTry {
 public:
  /// Calls `ended` once, within milliseconds of its end, from the loop. The error's code is ESRCH
  /// when it is over already: its result can be read.
  [[nodiscard]] static Result<WatchedTry> watch(EventLoop& loop, const ProcessId& keeper,
                                                std::function<void()> ended);

  WatchedTry(WatchedTry&&) noexcept;
  WatchedTry& operator=(WatchedTry&&) noexcept;
  /// May be inside `ended`.
  ~WatchedTry();

  [[nodiscard]] const ProcessId& keeper() const { return keeper_; }

 private:
  struct Watching;

  WatchedTry(const ProcessId& keeper, std::unique_ptr<Watching> watching);

  ProcessId keeper_;
  std::unique_ptr<Watching> watching_;
};

}  // namespace wemol::queue
