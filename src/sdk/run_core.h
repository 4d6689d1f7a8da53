#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wemol/monitor.h>

#include "dispatcher.h"
#include "hub.h"
#include "run_log.h"

namespace wemol::sdk {

struct RunSettings {
  std::string project;
  std::string id;
  std::string node_id;
  std::filesystem::path folder;  ///< of all projects
};

[[nodiscard]] std::filesystem::path run_path(const RunSettings& settings);

/// Groups of figures, by what their names begin with.
[[nodiscard]] std::span<const std::string_view> all_figures();
[[nodiscard]] std::span<const std::string_view> gpu_figures();
[[nodiscard]] std::span<const std::string_view> cpu_figures();
[[nodiscard]] std::span<const std::string_view> memory_figures();

/// One run in the process that made it: its lines, its monitor, its callbacks.
class RunCore {
 public:
  RunCore(std::shared_ptr<Hub> hub, RunSettings settings);
  RunCore(const RunCore&) = delete;
  RunCore& operator=(const RunCore&) = delete;
  ~RunCore() { finish(); }

  [[nodiscard]] RunLog& lines() { return record_->lines; }

  /// Samples from now on, at this interval. A second time only the interval changes.
  void start(std::chrono::nanoseconds interval);
  void stop() noexcept;
  [[nodiscard]] bool is_running() const { return is_running_; }

  /// 0: it is never called, since there can be no thread for it; status() says so.
  std::uint64_t add_callback(std::function<void(const monitor::Record&)> callback);
  /// Something that happened to the run's callbacks.
  void tell_of(const std::string& what) noexcept { record_->callback_failed(what); }
  void remove_callback(std::uint64_t id) noexcept { dispatcher_.remove(id); }
  /// The monitor stops for good, and callbacks are gone; lines may still be written.
  void forget_monitor() noexcept;
  void finish() noexcept;

  [[nodiscard]] const RunSettings& settings() const { return settings_; }
  [[nodiscard]] const std::shared_ptr<Hub>& hub() const { return hub_; }
  [[nodiscard]] monitor::RunStatus status() const;

 private:
  /// Shared with a callback that was left to itself.
  struct Record {
    Record(std::filesystem::path path, RunLog::NewestFigures newest_figures)
        : lines(std::move(path), std::move(newest_figures)) {}
    void callback_failed(const std::string& what) noexcept;

    RunLog lines;
    std::mutex errors_mutex;
    std::vector<std::string> callback_errors;
  };

  const std::shared_ptr<Hub> hub_;
  const RunSettings settings_;
  std::atomic<bool> is_running_ = false;
  const std::shared_ptr<Record> record_;
  Dispatcher dispatcher_;

  std::mutex lease_mutex_;
  std::chrono::nanoseconds interval_{};
  std::shared_ptr<Hub::Lease> lease_;  ///< goes first: it gives moments to the dispatcher
};

}  // namespace wemol::sdk
