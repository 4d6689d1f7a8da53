#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "alert_rule.h"
#include "clock.h"
#include "report.h"

namespace wemol::hub {

/// A host as the rules see it.
struct WatchedHost {
  std::string_view name;
  bool is_online = true;
  const Figures* figures = nullptr;  ///< of its newest report
};

/// What an alert is about.
struct AlertSubject {
  std::size_t rule = 0;  ///< in the list of rules
  std::string host;
  std::string metric;  ///< "gpu.3.temp"; "offline"

  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the comparison's own 0 for one
  friend auto operator<=>(const AlertSubject&, const AlertSubject&) = default;
};

enum class AlertState { pending, firing };

/// An alert that is on, or may come on.
struct Alert {
  AlertState state = AlertState::pending;
  SteadyTime began_at;  ///< the condition, on the hub's clock
  WallTime began_wall;
  std::optional<double> value;           ///< the newest; of "offline" none
  SteadyTime said_at;                    ///< when its notification was last made
  std::optional<SteadyTime> good_since;  ///< it fires, but the condition no longer holds
};

enum class AlertEvent { firing, repeated, resolved };

/// To be sent.
struct AlertNotice {
  AlertEvent event = AlertEvent::firing;
  AlertSubject subject;
  Alert alert;
};

/// Decides which alerts are on. Pure: time and hosts come from the caller.
///
/// pending while the condition holds for less than `for`; then firing; resolved when it has not
/// held for `resolve-after`. While a host is offline, or does not say the figure, nothing is known
/// of it: what is pending ends, what fires goes on, until the host is removed or has been silent of
/// that figure for ten minutes while it is online.
class AlertEngine {
 public:
  explicit AlertEngine(std::vector<AlertRule> rules) : rules_(std::move(rules)) {}

  /// To be called every few seconds with all hosts. Returns what is to be sent.
  [[nodiscard]] std::vector<AlertNotice> evaluate(const std::vector<WatchedHost>& hosts,
                                                  Moment now);

  [[nodiscard]] const std::vector<AlertRule>& rules() const { return rules_; }
  [[nodiscard]] const std::map<AlertSubject, Alert>& alerts() const { return alerts_; }

 private:
  enum class Finding { bad, good, unknown };
  struct Observed {
    Finding finding = Finding::unknown;
    std::optional<double> value;
  };
  using Observations = std::map<AlertSubject, Observed>;

  void observe(std::size_t rule, const WatchedHost& host, Observations& observations) const;
  static void observe_figure(const AlertRule& rule, AlertSubject subject, const Figure& figure,
                             Observations& observations);
  void take(const AlertSubject& subject, const Observed& observed, Moment now,
            std::vector<AlertNotice>& notices);
  /// What nothing was observed of in this round.
  void take_silence(const std::vector<WatchedHost>& hosts, const Observations& observations,
                    Moment now, std::vector<AlertNotice>& notices);
  /// True: it is over.
  [[nodiscard]] static bool is_resolved(const AlertSubject& subject, Alert& alert, Moment now,
                                        std::chrono::seconds after,
                                        std::vector<AlertNotice>& notices);

  std::vector<AlertRule> rules_;
  std::map<AlertSubject, Alert> alerts_;
};

}  // namespace wemol::hub
