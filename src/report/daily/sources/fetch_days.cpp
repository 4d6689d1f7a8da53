#include "fetch_days.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "management_source.h"
#include "netdata_source.h"
#include "prometheus_source.h"
#include "web_client.h"

namespace wemol::report::daily {
namespace {

/// All that is asked for, by one thread: it waits nearly all the time.
class Fetcher {
 public:
  explicit Fetcher(const FetchPlan& plan)
      : plan_(plan),
        limits_{plan.settings.timeout, plan.settings.points, plan.now_epoch},
        nodes_client_(context_, {.user_agent = "wemol-report"}) {
    for (const Day& day : plan.days) {
      days_.push_back({.day = day, .nodes = std::vector<NodeDay>(plan.settings.nodes.size())});
    }
    for (std::size_t i = 0; i < plan.settings.nodes.size(); ++i) {
      for (FetchedDay& day : days_) {
        day.nodes[i].node = plan.settings.nodes[i].name;
      }
      waiting_.push_back(i);
    }
  }

  std::vector<FetchedDay> run() {
    begin_management();
    if (plan_.is_asking_figures) {
      begin_nodes();
    }
    context_.run();
    join_tasks();
    return std::move(days_);
  }

 private:
  void begin_nodes() {
    while (!waiting_.empty() && running_ < std::max(plan_.jobs, 1U)) {
      const std::size_t node = waiting_.front();
      waiting_.pop_front();
      ++running_;
      fetch(node, [this, node](std::vector<NodeDay> days) {
        for (std::size_t i = 0; i < days.size(); ++i) {
          days_[i].nodes[node] = std::move(days[i]);
        }
        --running_;
        begin_nodes();
      });
    }
  }

  void fetch(std::size_t node_number, const NodeDaysDone& done) {
    const NodeSettings& node = plan_.settings.nodes[node_number];
    switch (node.source) {
      case SourceKind::netdata:
        fetch_netdata_days(nodes_client_, node, plan_.days, limits_, done);
        break;
      case SourceKind::prometheus:
        fetch_prometheus_days(nodes_client_, node, plan_.days, limits_, done);
        break;
      case SourceKind::recorder:
        boost::asio::post(context_, [this, &node, done] { done(recorded_days(node)); });
        break;
    }
  }

  [[nodiscard]] std::vector<NodeDay> recorded_days(const NodeSettings& node) const {
    std::vector<NodeDay> days;
    for (const Day& day : plan_.days) {
      days.push_back(
          plan_.read_recorded_day
              ? plan_.read_recorded_day(node, day)
              : NodeDay{.node = node.name, .failure = "own data cannot be read by this program"});
    }
    return days;
  }

  void begin_management() {
    const auto& management = plan_.settings.management;
    if (!plan_.is_asking_management || !management || days_.empty()) {
      return;
    }
    management_client_.emplace(context_, web::ClientSettings{.user_agent = "wemol-report",
                                                             .ca_file = management->ca_file});
    ask_management(0);
  }

  /// Day by day, so that an API that is away costs one timeout.
  void ask_management(std::size_t day_number) {
    if (day_number == days_.size()) {
      return;
    }
    fetch_tasks(*management_client_, *plan_.settings.management, plan_.settings.nodes,
                days_[day_number].day, limits_,
                [this, day_number](Result<ManagementAnswer> answer) {
                  if (answer || answer.error().code == 0) {
                    tasks_.push_back(std::move(answer));
                    ask_management(day_number + 1);
                  } else {
                    tasks_.resize(days_.size(), answer);
                  }
                });
  }

  void join_tasks() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      FetchedDay& day = days_[i];
      if (!tasks_[i]) {
        day.warnings.push_back(tasks_[i].error().message);
        note_users_failure(tasks_[i].error().message, day);
        continue;
      }
      day.warnings = std::move(tasks_[i]->warnings);
      for (std::size_t n = 0; n < day.nodes.size(); ++n) {
        give_tasks(std::move(tasks_[i]->by_node[plan_.settings.nodes[n].name]),
                   plan_.settings.nodes[n], day, day.nodes[n]);
      }
    }
  }

  void note_users_failure(const std::string& why, FetchedDay& day) const {
    for (std::size_t n = 0; n < day.nodes.size(); ++n) {
      if (plan_.settings.nodes[n].source != SourceKind::recorder) {
        day.nodes[n].users_failure = why;
      }
    }
  }

  static void give_tasks(std::vector<TaskUse> tasks, const NodeSettings& settings, FetchedDay& day,
                         NodeDay& node) {
    if (settings.cards.empty() && !node.cards.empty()) {
      drop_indices_beyond(std::size_t{node.cards.back().index} + 1, node.node, tasks, day.warnings);
    }
    // Own data knows its users itself.
    if (settings.source != SourceKind::recorder || !tasks.empty()) {
      node.tasks = std::move(tasks);
    }
  }

  const FetchPlan& plan_;
  const FetchLimits limits_;
  boost::asio::io_context context_;
  web::Client nodes_client_;
  std::optional<web::Client> management_client_;
  std::vector<FetchedDay> days_;
  std::vector<Result<ManagementAnswer>> tasks_;  ///< of the days, in their order
  std::deque<std::size_t> waiting_;              ///< nodes, by their place in the settings
  unsigned running_ = 0;
};

}  // namespace

std::vector<FetchedDay> fetch_days(const FetchPlan& plan) {
  return Fetcher(plan).run();
}

}  // namespace wemol::report::daily
