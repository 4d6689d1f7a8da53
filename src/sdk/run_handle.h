#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/monitor.h>

#include "hub.h"
#include "process_generation.h"
#include "run_core.h"

namespace wemol::monitor::detail {

/// A run as its users hold it, in the process that began it and in children of that.
class RunHandle : public std::enable_shared_from_this<RunHandle> {
 public:
  RunHandle(sdk::RunSettings settings, std::chrono::nanoseconds interval);

  /// Of this process; a child makes one of its own, which samples where the parent's did.
  [[nodiscard]] std::shared_ptr<sdk::RunCore> core() { return core_.get(); }

  void start();
  void stop() noexcept;
  void set_interval(std::chrono::nanoseconds interval);
  [[nodiscard]] bool wants_monitor() const { return wants_monitor_; }

  void finish();
  /// As forget_monitor() of the core.
  void forget_monitor() noexcept;
  [[nodiscard]] bool is_finished() const { return is_finished_; }
  [[nodiscard]] RunStatus status();

  [[nodiscard]] const sdk::RunSettings& settings() const { return settings_; }

 private:
  std::shared_ptr<sdk::RunCore> make_core();

  const sdk::RunSettings settings_;
  std::atomic<std::chrono::nanoseconds> interval_;
  std::atomic<bool> wants_monitor_ = false;
  std::atomic<bool> is_finished_ = false;
  sdk::PerGeneration<sdk::RunCore> core_;
};

}  // namespace wemol::monitor::detail

namespace wemol::sdk {

using monitor::detail::RunHandle;

/// The runs that are open in this process.
class Runs {
 public:
  /// The one of this project and id, or a new one.
  [[nodiscard]] std::shared_ptr<RunHandle> open(const RunSettings& settings,
                                                std::chrono::nanoseconds interval);
  /// The one that was opened last under this id, in whichever project; null: there is none.
  [[nodiscard]] std::shared_ptr<RunHandle> find(std::string_view id) const;
  /// Takes in a run of the parent; one that is there under its name stays.
  void adopt(const std::shared_ptr<RunHandle>& run);
  void forget(const RunHandle& run);
  /// Takes out those of this id, in this project or in all.
  [[nodiscard]] std::vector<std::shared_ptr<RunHandle>> take(
      std::string_view id, std::optional<std::string_view> project);
  [[nodiscard]] std::vector<std::shared_ptr<RunHandle>> all() const;

 private:
  struct Open {
    std::uint64_t number = 0;
    std::shared_ptr<RunHandle> run;
  };
  using Key = std::pair<std::string, std::string>;  ///< id, project

  mutable std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::map<Key, Open, std::less<>> open_;
};

/// All that the library has in one process.
struct Context {
  explicit Context(HostAccess host) : hub(make_at_home<Hub>(std::move(host))) {}
  std::shared_ptr<Hub> hub;
  Runs runs;
};

/// Of this process.
[[nodiscard]] std::shared_ptr<Context> context();
/// Null: nothing was asked for in this process yet.
[[nodiscard]] std::shared_ptr<Context> context_if_made();
/// For tests: what the next context has for a host. The present one ends, with all its runs.
void set_host_access(HostAccess host);

/// Runs end in order; the file of each is closed.
void finish_all() noexcept;

}  // namespace wemol::sdk
