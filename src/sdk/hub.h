#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wemol/host_facts.h>
#include <wemol/host_sample.h>

#include "moment.h"

namespace wemol::sdk {

/// What samples the host, as SamplerThread does. It ends with its owner.
class Feed {
 public:
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  virtual ~Feed() = default;
  virtual void set_interval(std::chrono::nanoseconds interval) = 0;
};

/// The border to the host.
struct HostAccess {
  using OnSample = std::function<void(const std::shared_ptr<const HostSample>&)>;
  std::function<std::unique_ptr<Feed>(std::chrono::nanoseconds interval, OnSample on_sample)>
      start_feed;
  std::function<SystemInfo()> read_system_info;
};

/// One sampling thread for all who want samples in this process; there is one while anybody does.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  /// Called in the sampling thread; must not throw, wait, or call the hub.
  using OnMoment = std::function<void(const MomentPtr&)>;

  /// Somebody's wish for samples. It ends with its owner: then `on_moment` does not run any more.
  class Lease;

  explicit Hub(HostAccess host) : host_(std::move(host)) {}
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;
  ~Hub();

  /// `on_moment` is called at `interval`, or as seldom as samples come. Never throws for a sampler
  /// that cannot be started; problem() says so.
  [[nodiscard]] std::shared_ptr<Lease> lease(std::chrono::nanoseconds interval,
                                             OnMoment on_moment = {});

  /// Null: there is none yet, or nobody wants any.
  [[nodiscard]] MomentPtr newest() const;
  /// Those of the newest one, or `known` where it would have to be waited for.
  [[nodiscard]] FiguresPtr figures_at_once(FiguresPtr known) const;
  /// Waits for the first one, while anybody wants samples.
  [[nodiscard]] MomentPtr wait_for_newest(std::chrono::nanoseconds patience) const;
  /// The same, and waits for the first one that has GPUs, until sampling has gone on for
  /// `patience`.
  [[nodiscard]] MomentPtr wait_for_gpus(std::chrono::nanoseconds patience) const;

  [[nodiscard]] const SystemInfo& system_info();
  [[nodiscard]] std::string problem() const;

  /// No sampling any more, for whoever wants it: the process ends.
  void shut_down();

 private:
  struct Want;

  void release(const std::shared_ptr<Want>& want);
  void on_sample(const std::shared_ptr<const HostSample>& sample);
  /// With feed_mutex_ held: starts, sets or ends the feed as those who are left want it.
  void adjust_feed();
  void start_feed(std::chrono::nanoseconds interval);

  const HostAccess host_;

  std::mutex feed_mutex_;  ///< also held while a feed ends
  std::unique_ptr<Feed> feed_;
  bool is_shut_down_ = false;

  std::mutex wants_mutex_;  ///< held while they are told
  std::vector<std::shared_ptr<Want>> wants_;
  std::chrono::nanoseconds feed_interval_{};

  mutable std::mutex newest_mutex_;  ///< held for moments only
  mutable std::condition_variable came_;
  MomentPtr newest_;
  std::chrono::steady_clock::time_point fed_since_;
  std::string problem_;

  std::once_flag system_info_read_;
  SystemInfo system_info_;
};

struct Hub::Want {
  std::chrono::nanoseconds interval{};
  OnMoment on_moment;
  std::optional<std::chrono::steady_clock::time_point> told_at;
};

class Hub::Lease {
 public:
  Lease(std::shared_ptr<Hub> hub, std::shared_ptr<Want> want)
      : hub_(std::move(hub)), want_(std::move(want)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { hub_->release(want_); }

 private:
  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Want> want_;
};

}  // namespace wemol::sdk
