#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "clock.h"
#include "event_loop.h"
#include "options.h"
#include "service_manager.h"

namespace wemol {

/// How the recording went so far.
struct Progress {
  struct Overrun {
    std::uint64_t round = 0;
    std::chrono::nanoseconds took{};
  };
  std::uint64_t rounds = 0;
  std::size_t tasks = 0;         ///< in the last round
  std::size_t silent_tasks = 0;  ///< of these, without a valid reading for some rounds
  std::int64_t skipped = 0;
  std::optional<Overrun> last_overrun;
};

/// Whoever runs the recorder: hears how it goes, and may change its interval between two rounds.
class Supervisor {
 public:
  Supervisor() = default;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  virtual ~Supervisor() = default;

  virtual void round_done(const Progress& progress, SteadyTime ended) = 0;
  /// Asked after each round and whenever a wait has ended. Nothing: the interval stays.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> new_interval() = 0;
  /// There is no further round.
  virtual void stopping() = 0;
};

/// What reading the settings again while the recorder runs comes to.
struct Reload {
  Options options;                         ///< that hold from now on
  std::vector<std::string> changed;        ///< one text for each: "interval is now 5, was 10"
  std::vector<std::string> needs_restart;  ///< the same for those that cannot change now
};

/// `read` is what was read just now, `current` what holds.
[[nodiscard]] Reload reload(const Options& current, const Options& read);

/// Stands between the recorder and who runs it as a service: tells the service manager how it goes,
/// and reads the settings again when SIGHUP asks for it.
class ServiceSupervisor : public Supervisor {
 public:
  using ReadOptions = std::function<tl::expected<Options, EarlyExit>()>;
  /// Takes over the settings that hold from now on.
  using Apply = std::function<void(const Options&)>;

  ServiceSupervisor(EventLoop& loop, const ServiceManager& manager, Options options,
                    ReadOptions read, Apply apply);

  /// The recorder is able to record.
  void ready();

  /// At most once a second, for rounds may be short. The watchdog is fed here and nowhere else.
  void round_done(const Progress& progress, SteadyTime ended) override;
  [[nodiscard]] std::optional<std::chrono::nanoseconds> new_interval() override;
  void stopping() override;

 private:
  void read_settings_again();
  void tell(const std::string& assignments, std::chrono::milliseconds patience);
  [[nodiscard]] std::string ready_assignments() const;

  EventLoop& loop_;
  const ServiceManager& manager_;
  Options options_;
  ReadOptions read_;
  Apply apply_;
  SteadyTime last_told_ = SteadyTime::min();
  bool has_failed_ = false;
};

/// The longest time between the ends of two rounds with which all is well.
[[nodiscard]] std::chrono::nanoseconds longest_silence(const Options& options);

}  // namespace wemol
