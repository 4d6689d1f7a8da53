#include "progress_line.h"

#include <algorithm>

#include <fmt/format.h>

#include "figure_text.h"

namespace wemol::report {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstAfter = 1s;
constexpr auto kThenEvery = 200ms;
constexpr const char* kEraseLine = "\r\x1b[K";

}  // namespace

std::optional<std::string> ProgressLine::next(std::uint64_t done, std::uint64_t in_all, Time now) {
  if (now - shown_at_ < (is_shown_ ? kThenEvery : kFirstAfter)) {
    return std::nullopt;
  }
  shown_at_ = now;
  is_shown_ = true;
  const std::uint64_t percent = in_all > 0 ? std::min<std::uint64_t>(100, done * 100 / in_all) : 0;
  return fmt::format("{}reading {}: {} %", kEraseLine, bytes_text(static_cast<double>(in_all)),
                     percent);
}

std::string ProgressLine::wiped() const {
  return is_shown_ ? kEraseLine : "";
}

}  // namespace wemol::report
