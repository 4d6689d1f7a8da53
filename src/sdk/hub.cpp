#include "hub.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "process_generation.h"

namespace wemol::sdk {

Hub::~Hub() {
  shut_down();
}

std::shared_ptr<Hub::Lease> Hub::lease(std::chrono::nanoseconds interval, OnMoment on_moment) {
  auto want = std::make_shared<Want>(Want{.interval = interval, .on_moment = std::move(on_moment)});
  auto lease = make_at_home<Lease>(shared_from_this(), want);
  const std::lock_guard lock(feed_mutex_);
  {
    const std::lock_guard wants_lock(wants_mutex_);
    wants_.push_back(std::move(want));
  }
  adjust_feed();
  return lease;
}

void Hub::release(const std::shared_ptr<Want>& want) {
  const std::lock_guard lock(feed_mutex_);
  {
    const std::lock_guard wants_lock(wants_mutex_);
    std::erase(wants_, want);
  }
  adjust_feed();
}

void Hub::adjust_feed() {
  std::chrono::nanoseconds interval{};
  {
    const std::lock_guard wants_lock(wants_mutex_);
    const auto shortest = std::ranges::min_element(
        wants_, {}, [](const std::shared_ptr<Want>& want) { return want->interval; });
    interval = shortest == wants_.end() ? interval : (*shortest)->interval;
    feed_interval_ = interval;
  }
  if (interval == interval.zero() || is_shut_down_) {
    feed_.reset();
    const std::lock_guard newest_lock(newest_mutex_);
    newest_.reset();
    problem_ = is_shut_down_ ? "the host is not sampled: the process ends" : "";
    came_.notify_all();
  } else if (feed_) {
    feed_->set_interval(interval);
  } else {
    start_feed(interval);
  }
}

void Hub::start_feed(std::chrono::nanoseconds interval) {
  {
    const std::lock_guard newest_lock(newest_mutex_);
    fed_since_ = std::chrono::steady_clock::now();
  }
  std::string problem;
  try {
    feed_ = host_.start_feed(
        interval, [this](const std::shared_ptr<const HostSample>& sample) { on_sample(sample); });
  } catch (const std::exception& error) {
    problem = std::string("the host is not sampled: ") + error.what();
  }
  const std::lock_guard newest_lock(newest_mutex_);
  problem_ = std::move(problem);
  came_.notify_all();
}

void Hub::on_sample(const std::shared_ptr<const HostSample>& sample) {
  MomentPtr moment;
  try {
    moment = make_moment(sample);
  } catch (const std::exception&) {
    return;  // no memory: there is the next sample
  }
  {
    // What is replaced goes behind the lock.
    MomentPtr before = moment;
    const std::lock_guard lock(newest_mutex_);
    newest_.swap(before);
    came_.notify_all();
  }
  const std::lock_guard lock(wants_mutex_);
  // A sample comes a little early or late, but the one before the one that is due does not count.
  const auto due_after = [this](std::chrono::nanoseconds interval) {
    return interval - std::min(interval / 10, feed_interval_ / 2);
  };
  for (const std::shared_ptr<Want>& want : wants_) {
    if (want->on_moment &&
        (!want->told_at || sample->measured_at - *want->told_at >= due_after(want->interval))) {
      want->told_at = sample->measured_at;
      want->on_moment(moment);
    }
  }
}

MomentPtr Hub::newest() const {
  const std::lock_guard lock(newest_mutex_);
  return newest_;
}

FiguresPtr Hub::figures_at_once(FiguresPtr known) const {
  const std::unique_lock lock(newest_mutex_, std::try_to_lock);
  if (lock) {
    // `known` is its caller's as well: nothing goes with the lock held.
    known = newest_ ? newest_->figures : nullptr;
  }
  return known;
}

MomentPtr Hub::wait_for_newest(std::chrono::nanoseconds patience) const {
  std::unique_lock lock(newest_mutex_);
  came_.wait_for(lock, patience, [this] { return newest_ != nullptr || !problem_.empty(); });
  return newest_;
}

MomentPtr Hub::wait_for_gpus(std::chrono::nanoseconds patience) const {
  std::unique_lock lock(newest_mutex_);
  came_.wait_until(lock, fed_since_ + patience, [this] {
    return (newest_ != nullptr && newest_->sample->gpus) || !problem_.empty();
  });
  return newest_;
}

const SystemInfo& Hub::system_info() {
  std::call_once(system_info_read_, [this] { system_info_ = host_.read_system_info(); });
  return system_info_;
}

std::string Hub::problem() const {
  const std::lock_guard lock(newest_mutex_);
  return problem_;
}

void Hub::shut_down() {
  const std::lock_guard lock(feed_mutex_);
  is_shut_down_ = true;
  adjust_feed();
}

}  // namespace wemol::sdk
