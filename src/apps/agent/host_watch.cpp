#include "host_watch.h"

#include <algorithm>

#include <fmt/format.h>

#include "text.h"

namespace wemol::agent {

void HostWatch::set_live(bool is_live, SteadyTime now) {
  const auto wanted = is_live ? std::min<std::chrono::nanoseconds>(usual_interval_, kLiveInterval)
                              : usual_interval_;
  if (wanted != interval_) {
    interval_ = wanted;
    since_ = now;
    host_.set_interval(wanted);
  }
}

std::optional<std::string> HostWatch::problem(SteadyTime now) const {
  constexpr int kIntervals = 3;
  constexpr std::chrono::seconds kLeast{10};
  const HostSource::Sample newest = host_.newest();
  const SteadyTime last = newest ? std::max(newest->measured_at, since_) : since_;
  if (now - last <= std::max<std::chrono::nanoseconds>(kIntervals * interval_, kLeast)) {
    return std::nullopt;
  }
  std::string text = fmt::format("no sample of this host for {:.0f} s",
                                 std::chrono::duration<double>(now - last).count());
  for (const Condition& condition : newest ? newest->conditions : Conditions()) {
    if (condition.severity == Severity::error) {
      text += "; " + printable(condition.message);
    }
  }
  return text;
}

}  // namespace wemol::agent
