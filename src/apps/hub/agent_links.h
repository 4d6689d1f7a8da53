#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router.h"

namespace wemol::hub {

/// What became of one process.
struct KillOutcome {
  std::uint64_t pid = 0;
  std::string status;   ///< "success", "error"; "unknown": the host has not said
  std::string message;  ///< one clean line
};

/// Processes that a host is asked to end.
struct KillOrder {
  std::string host;
  std::vector<std::uint64_t> pids;
  std::map<std::uint64_t, double> create_times;
  std::string requested_by;
};

/// The agents that are connected: /ws. Here hosts are asked to end processes.
class AgentLinks {
 public:
  using Done = std::function<void(std::vector<KillOutcome>)>;
  /// Whose token it is, or that a client without one may register as this host; an error else.
  struct Standing {
    bool is_accepted = false;
    bool has_token = false;
  };
  using Judge = std::function<Standing(const std::string& host, const std::string& token,
                                       const std::string& client)>;

  enum class Reach { connected, without_token, away };

  AgentLinks(boost::asio::io_context& context, Judge judge, std::chrono::milliseconds patience);
  ~AgentLinks();
  AgentLinks(const AgentLinks&) = delete;
  AgentLinks& operator=(const AgentLinks&) = delete;

  [[nodiscard]] tl::expected<serve::Subscription, serve::Response> subscribe(
      const serve::Request& request);
  [[nodiscard]] Reach reach(const std::string& host) const;
  [[nodiscard]] std::size_t connected() const;
  /// Asks the host, which is connected. `done` is called once, after the patience at the latest.
  void kill(const KillOrder& order, Done done);
  /// To be called now and then: hangs up on those whose token is another one by now.
  void look();
  /// The host was removed.
  void disconnect(const std::string& host);

 private:
  class Link;
  class Hub;
  std::shared_ptr<Hub> hub_;
};

/// {"type":"kill_processes",…}, as agents of both kinds read it.
[[nodiscard]] std::string kill_message(const KillOrder& order, std::uint64_t id);

/// For each pid what the host's `results` say of it.
[[nodiscard]] std::vector<KillOutcome> read_kill_results(std::string_view message,
                                                         const std::vector<std::uint64_t>& pids);

}  // namespace wemol::hub
