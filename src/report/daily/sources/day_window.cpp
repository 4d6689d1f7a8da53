#include "day_window.h"

#include <algorithm>

namespace wemol::report::daily {
namespace {

std::int64_t floor_to(std::int64_t time, std::int64_t step) {
  return time / step * step;
}

std::int64_t ceil_to(std::int64_t time, std::int64_t step) {
  return floor_to(time + step - 1, step);
}

}  // namespace

DayWindow day_window(const Day& day, const FetchLimits& limits) {
  const std::int64_t step = bucket_seconds(limits.points);
  DayWindow window{.bucket_seconds = step};
  if (limits.now_epoch <= day.begin_epoch || day.begin_epoch < 0) {
    return window;
  }
  const std::int64_t begin = floor_to(day.begin_epoch, step);
  const std::int64_t end = ceil_to(std::min(day.end_epoch, limits.now_epoch), step);
  window.points = (end - begin) / step;
  window.before_epoch = std::min(end, limits.now_epoch);
  window.after_epoch = window.before_epoch - window.points * step;
  window.expected_buckets = (std::min(end, floor_to(day.end_epoch, step)) - begin) / step;
  return window;
}

}  // namespace wemol::report::daily
