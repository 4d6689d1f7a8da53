#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backoff.h"
#include "event_loop.h"
#include "gpu_message.h"

namespace wemol::nvml {

class HelperProcess;

/// The command that starts this same program as its own helper.
[[nodiscard]] std::vector<std::string> own_helper_command();

struct HelperTiming {
  /// A helper that does not answer for so long is killed.
  std::chrono::milliseconds answer = std::chrono::seconds(10);
  /// The same for its first answer: opening the driver takes half a minute on some machines.
  std::chrono::milliseconds first_answer = std::chrono::seconds(60);
  /// An answer that comes in a later round counts for that round when it was asked for no longer
  /// ago than this.
  std::chrono::milliseconds fresh = std::chrono::seconds(1);
  /// After a failure the next one is started after this, then after twice that, up to 60 s.
  std::chrono::milliseconds first_pause = std::chrono::seconds(1);
  /// The same where there is no NVML, up to 10 minutes: it may be installed meanwhile.
  std::chrono::milliseconds first_library_pause = std::chrono::seconds(60);
};

/// Reads the GPUs through NVML in a helper process, since a call can hang in the driver: then the
/// helper hangs, and not the round. One helper at most: while one lives that cannot be killed, no
/// other is started.
class NvmlClient : public DriverReader {
 public:
  NvmlClient(EventLoop& loop, std::vector<std::string> helper_command, HelperTiming timing,
             Detail detail = Detail::of_tasks);
  ~NvmlClient() override;

  void set_answer_timeout(std::chrono::milliseconds timeout) override { timing_.answer = timeout; }

  /// Asks the helper, and starts it where there is none. While an earlier request is not answered
  /// there is no other; its answer counts for this round when it is fresh, else it is thrown away.
  void begin() override;
  /// Nothing when the host has no NVML; why_no_library() then says why.
  [[nodiscard]] std::optional<GpuReadings> finish(const GpuReadingsDue& due) override;

  /// The helper ends, by itself or, when it does not answer, killed.
  void let_go() override;
  [[nodiscard]] bool has_let_go() override;
  [[nodiscard]] const std::string& why_no_library() const override { return why_no_library_; }

 private:
  struct Killed {
    SteadyTime at;
    std::string why;
  };

  void start_helper(SteadyTime now);
  void ask(SteadyTime now);
  void on_line(std::string_view line);
  void kill_helper(std::string why);
  /// Sees to a helper that has ended.
  void reap();
  void set_timer(SteadyTime due);
  [[nodiscard]] std::string state_in_words(SteadyTime now) const;

  EventLoop& loop_;
  std::vector<std::string> helper_command_;
  HelperTiming timing_;
  Detail detail_;
  Backoff restart_pause_;
  Backoff library_pause_;
  std::unique_ptr<HelperProcess> helper_;
  EventSource timer_;
  std::optional<SteadyTime> asked_at_;  ///< of the request that has no answer yet
  std::optional<Killed> killed_;        ///< set while a killed helper still lives
  bool has_answered_ = false;           ///< this helper has, at least once
  bool ending_ = false;                 ///< let_go() was called, the helper still lives
  bool wanted_ = false;                 ///< an answer now belongs to the round that began last
  std::optional<Answer> answer_;
  std::string why_no_library_;
  std::string last_failure_;
};

}  // namespace wemol::nvml
