#include "host_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime::duration kShortestOnline = 10s;
constexpr int kIntervalsOnline = 3;
/// An old collector that reports less often than this cannot be told from one that has stopped.
constexpr SteadyTime::duration kLongestMeasuredInterval = 10min;
constexpr std::size_t kRemovedKept = 1'000;

}  // namespace

std::optional<SteadyTime::duration> Host::interval() const {
  if (report && report->interval) {
    return report->interval;
  }
  // The shortest one: an outage is no interval.
  std::optional<SteadyTime::duration> shortest;
  for (const SteadyTime::duration gap : gaps) {
    if (gap > 0s && (!shortest || gap < *shortest)) {
      shortest = gap;
    }
  }
  return shortest ? std::optional(std::min(*shortest, kLongestMeasuredInterval)) : std::nullopt;
}

SteadyTime Host::online_until() const {
  return received_at + std::max(kShortestOnline, kIntervalsOnline * interval().value_or(0s));
}

Result<void> HostTable::take(Report report, const Arrival& arrival) {
  auto found = hosts_.find(report.hostname);
  if (found == hosts_.end()) {
    if (hosts_.size() >= most_hosts_) {
      return failure(
          fmt::format("there are {} hosts already: remove one that is gone", most_hosts_));
    }
    found = hosts_.emplace(report.hostname, Host{.name = report.hostname}).first;
  } else {
    Host& host = found->second;
    std::shift_right(host.gaps.begin(), host.gaps.end(), 1);
    host.gaps.front() = arrival.moment.steady - host.received_at;
  }
  Host& host = found->second;
  host.address = arrival.address;
  host.has_token = arrival.has_token;
  host.received_at = arrival.moment.steady;
  host.received_wall = arrival.moment.wall;
  host.is_online = true;
  host.report = std::make_shared<const Report>(std::move(report));
  host.revision = ++revision_;
  ++host.reports;
  ++reports_;
  return {};
}

bool HostTable::remove(std::string_view name) {
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) {
    return false;
  }
  hosts_.erase(found);
  removed_.push_back({++revision_, std::string(name)});
  if (removed_.size() > kRemovedKept) {
    removed_known_since_ = removed_.front().revision;
    removed_.erase(removed_.begin());
  }
  return true;
}

std::vector<std::string> HostTable::refresh(SteadyTime now) {
  std::vector<std::string> gone;
  for (auto& [name, host] : hosts_) {
    if (host.is_online && now > host.online_until()) {
      host.is_online = false;
      host.revision = ++revision_;
      gone.push_back(name);
    }
  }
  return gone;
}

std::optional<SteadyTime> HostTable::next_refresh() const {
  std::optional<SteadyTime> next;
  for (const auto& [name, host] : hosts_) {
    // A moment later: at its last one a host is still online.
    const SteadyTime due = host.online_until() + 1ms;
    if (host.is_online && (!next || due < *next)) {
      next = due;
    }
  }
  return next;
}

const Host* HostTable::find(std::string_view name) const {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : &found->second;
}

HostChanges HostTable::changes_since(std::uint64_t revision) const {
  HostChanges changes;
  changes.revision = revision_;
  changes.is_everything = revision == 0 || revision > revision_ || revision < removed_known_since_;
  for (const auto& [name, host] : hosts_) {
    if (changes.is_everything || host.revision > revision) {
      changes.changed.push_back(&host);
    }
  }
  if (changes.is_everything) {
    return changes;
  }
  for (const Removed& removed : removed_) {
    // One that has come again is no longer gone.
    if (removed.revision > revision && !hosts_.contains(removed.name)) {
      changes.removed.push_back(removed.name);
    }
  }
  return changes;
}

HostTotals HostTable::totals() const {
  HostTotals totals;
  totals.hosts = hosts_.size();
  totals.reports = reports_;
  for (const auto& [name, host] : hosts_) {
    totals.report_bytes += host.report->json.size();
    if (host.is_online) {
      ++totals.online;
      totals.gpus += host.report->gpu_count;
    }
  }
  return totals;
}

void HostTable::for_each(const std::function<void(const Host&)>& visit) const {
  for (const auto& [name, host] : hosts_) {
    visit(host);
  }
}

}  // namespace wemol::hub
