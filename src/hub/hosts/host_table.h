#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "report.h"

namespace wemol::hub {

/// A host as it is known now.
struct Host {
  std::string name;
  std::string address;  ///< of the connection that brought the newest report
  std::shared_ptr<const Report> report;
  SteadyTime received_at;
  WallTime received_wall;
  std::uint64_t reports = 0;
  std::uint64_t revision = 0;  ///< of its last change
  bool is_online = true;
  bool has_token = true;  ///< false: an old collector's report, let in by its network
  /// The spans between the newest reports; 0: none yet.
  std::array<SteadyTime::duration, 5> gaps{};

  /// Its own, as it says or as its reports show; nothing after a single report.
  [[nodiscard]] std::optional<SteadyTime::duration> interval() const;
  /// Until when it is online without another report.
  [[nodiscard]] SteadyTime online_until() const;
};

/// How a report came.
struct Arrival {
  Moment moment;
  std::string address;
  bool has_token = true;
};

/// Which hosts a client does not know yet.
struct HostChanges {
  std::uint64_t revision = 0;  ///< ask from here the next time
  /// The client knows none: `changed` is all hosts, and those that it has beyond them are gone.
  bool is_everything = false;
  std::vector<const Host*> changed;  ///< good until the table changes
  std::vector<std::string> removed;
};

struct HostTotals {
  std::uint64_t hosts = 0;
  std::uint64_t online = 0;
  std::uint64_t gpus = 0;          ///< of hosts that are online
  std::uint64_t reports = 0;       ///< taken since the start
  std::uint64_t report_bytes = 0;  ///< of the texts that are kept
};

inline constexpr std::size_t kMostHosts = 1'000;

/// The present state of all hosts. A host appears by its first report, goes offline when its
/// reports fail to come, and stays until it is removed.
///
/// Each change has a revision, one more than the one before; what is derived from the table may be
/// kept for as long as the revision is the same.
class HostTable {
 public:
  explicit HostTable(std::size_t most_hosts = kMostHosts) : most_hosts_(most_hosts) {}

  /// An error when there is no place for another host.
  [[nodiscard]] Result<void> take(Report report, const Arrival& arrival);
  /// False when there is none of that name.
  bool remove(std::string_view name);
  /// Those whose time is over go offline. Returns their names.
  std::vector<std::string> refresh(SteadyTime now);
  /// When refresh() will have something to do; nothing while all are offline.
  [[nodiscard]] std::optional<SteadyTime> next_refresh() const;

  [[nodiscard]] const Host* find(std::string_view name) const;
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  /// What has changed since a revision. With one that is unknown (0, from before this table, too
  /// long ago): everything.
  [[nodiscard]] HostChanges changes_since(std::uint64_t revision) const;
  [[nodiscard]] HostTotals totals() const;
  /// In the order of their names.
  void for_each(const std::function<void(const Host&)>& visit) const;

 private:
  struct Removed {
    std::uint64_t revision = 0;
    std::string name;
  };

  std::size_t most_hosts_;
  std::map<std::string, Host, std::less<>> hosts_;
  std::vector<Removed> removed_;           ///< the newest ones, oldest first
  std::uint64_t removed_known_since_ = 0;  ///< older removals are forgotten
  std::uint64_t revision_ = 0;
  std::uint64_t reports_ = 0;
};

}  // namespace wemol::hub
