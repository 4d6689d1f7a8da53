#include "alert_engine.h"

#include <algorithm>
#include <utility>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kSilence = 10min;

/// Whether "gpu.3.temp" is of "gpu.*.temp".
bool is_of_pattern(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == name;
  }
  const std::string_view before = pattern.substr(0, star);
  const std::string_view behind = pattern.substr(star + 1);
  if (name.size() <= before.size() + behind.size() || !name.starts_with(before) ||
      !name.ends_with(behind)) {
    return false;
  }
  const std::string_view middle =
      name.substr(before.size(), name.size() - before.size() - behind.size());
  return middle.find('.') == std::string_view::npos;
}

}  // namespace

std::vector<AlertNotice> AlertEngine::evaluate(const std::vector<WatchedHost>& hosts, Moment now) {
  Observations observations;
  for (const WatchedHost& host : hosts) {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (matches_host(rules_[rule].hosts, host.name)) {
        observe(rule, host, observations);
      }
    }
  }
  std::vector<AlertNotice> notices;
  for (const auto& [subject, observed] : observations) {
    take(subject, observed, now, notices);
  }
  take_silence(hosts, observations, now, notices);
  return notices;
}

void AlertEngine::observe(std::size_t rule, const WatchedHost& host,
                          Observations& observations) const {
  const AlertRule& of = rules_[rule];
  AlertSubject subject{rule, std::string(host.name), of.metric};
  if (of.is_offline) {
    observations[std::move(subject)] = {host.is_online ? Finding::good : Finding::bad, {}};
    return;
  }
  if (!host.is_online || host.figures == nullptr) {
    return;
  }
  // The figures are in order: those of a pattern lie together.
  const std::string_view before = std::string_view(of.metric).substr(0, of.metric.find('*'));
  auto figure = std::ranges::lower_bound(*host.figures, before, {}, &Figure::name);
  for (; figure != host.figures->end() && figure->name.starts_with(before); ++figure) {
    if (is_of_pattern(of.metric, figure->name)) {
      subject.metric = figure->name;
      observe_figure(of, subject, *figure, observations);
    }
  }
}

void AlertEngine::observe_figure(const AlertRule& rule, AlertSubject subject, const Figure& figure,
                                 Observations& observations) {
  const bool is_bad = rule.is_below ? figure.value < rule.threshold : figure.value > rule.threshold;
  observations[std::move(subject)] = {is_bad ? Finding::bad : Finding::good, figure.value};
}

void AlertEngine::take(const AlertSubject& subject, const Observed& observed, Moment now,
                       std::vector<AlertNotice>& notices) {
  const AlertRule& rule = rules_[subject.rule];
  const auto found = alerts_.find(subject);
  if (observed.finding == Finding::good) {
    if (found != alerts_.end()) {
      found->second.value = observed.value;
      if (found->second.state == AlertState::pending ||
          is_resolved(subject, found->second, now, rule.resolve_after, notices)) {
        alerts_.erase(found);
      }
    }
    return;
  }
  Alert& alert =
      found != alerts_.end()
          ? found->second
          : alerts_.emplace(subject, Alert{.began_at = now.steady, .began_wall = now.wall})
                .first->second;
  alert.value = observed.value;
  alert.good_since.reset();
  if (alert.state == AlertState::pending) {
    if (now.steady - alert.began_at >= rule.duration) {
      alert.state = AlertState::firing;
      alert.said_at = now.steady;
      notices.push_back({AlertEvent::firing, subject, alert});
    }
    return;
  }
  if (rule.repeat > 0s && now.steady - alert.said_at >= rule.repeat) {
    alert.said_at = now.steady;
    notices.push_back({AlertEvent::repeated, subject, alert});
  }
}

void AlertEngine::take_silence(const std::vector<WatchedHost>& hosts,
                               const Observations& observations, Moment now,
                               std::vector<AlertNotice>& notices) {
  std::map<std::string_view, bool> online;
  for (const WatchedHost& host : hosts) {
    online.emplace(host.name, host.is_online);
  }
  const auto is_over = [&](const AlertSubject& subject, Alert& alert) {
    if (observations.contains(subject)) {
      return false;
    }
    if (alert.state == AlertState::pending) {
      return true;
    }
    const auto host = online.find(subject.host);
    if (host == online.end()) {
      return is_resolved(subject, alert, now, 0s, notices);
    }
    if (!host->second) {
      alert.good_since.reset();
      return false;
    }
    return is_resolved(subject, alert, now, kSilence, notices);
  };
  // Not std::erase_if(), which shows the entries as const.
  for (auto entry = alerts_.begin(); entry != alerts_.end();) {
    entry = is_over(entry->first, entry->second) ? alerts_.erase(entry) : std::next(entry);
  }
}

bool AlertEngine::is_resolved(const AlertSubject& subject, Alert& alert, Moment now,
                              std::chrono::seconds after, std::vector<AlertNotice>& notices) {
  alert.good_since = alert.good_since.value_or(now.steady);
  if (now.steady - *alert.good_since < after) {
    return false;
  }
  notices.push_back({AlertEvent::resolved, subject, alert});
  return true;
}

}  // namespace wemol::hub
