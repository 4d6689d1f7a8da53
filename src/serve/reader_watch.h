#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "time_points.h"

namespace wemol::serve {

/// Whether a WebSocket client still reads. It is asked every `ping_every`; one that reads answers.
/// One that has said nothing for `silence`, or has not taken a message off our hands for as long,
/// does not. Nor is it waited for one that talks without end.
class ReaderWatch {
 public:
  struct Rules {
    std::chrono::milliseconds ping_every{20000};
    std::chrono::milliseconds silence{30000};
    std::size_t frames_per_second = 50;  ///< that it may send, over ten seconds
  };
  enum class Verdict { fine, ping, drop };

  ReaderWatch(Rules rules, SteadyTime now) : rules_(rules), heard_(now), pinged_(now) {}

  /// It has sent a frame. False: too many of them.
  [[nodiscard]] bool heard(SteadyTime now) {
    constexpr int kSeconds = 10;
    heard_ = now;
    if (now - counted_since_ >= std::chrono::seconds(kSeconds)) {
      counted_since_ = now;
      frames_ = 0;
    }
    return ++frames_ <= rules_.frames_per_second * kSeconds;
  }
  void sending_begins(SteadyTime now) { sending_since_ = now; }
  void sending_ended() { sending_since_.reset(); }

  /// To be asked about once a second.
  [[nodiscard]] Verdict look(SteadyTime now) {
    if (now - heard_ > rules_.silence ||
        (sending_since_ && now - *sending_since_ > rules_.silence)) {
      return Verdict::drop;
    }
    if (now - pinged_ < rules_.ping_every) {
      return Verdict::fine;
    }
    pinged_ = now;
    return Verdict::ping;
  }

 private:
  Rules rules_;
  SteadyTime heard_;
  SteadyTime pinged_;
  SteadyTime counted_since_{};
  std::size_t frames_ = 0;
  std::optional<SteadyTime> sending_since_;
};

}  // namespace wemol::serve
