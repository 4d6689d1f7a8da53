#pragma once

#include <functional>
#include <string>

#include <tl/expected.hpp>

#include "event_loop.h"
#include "options.h"
#include "service_manager.h"
#include "supervisor.h"

namespace wemol {

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
