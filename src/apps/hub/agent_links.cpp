#include "agent_links.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "bounded_json.h"
#include "report.h"
#include "text.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;
using serve::Talk;

constexpr int kDeepestMessage = 8;
constexpr unsigned kPolicyError = 1008;
constexpr std::chrono::seconds kTimeToRegister{10};

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<KillOutcome> all_unknown(const std::vector<std::uint64_t>& pids) {
  std::vector<KillOutcome> outcomes;
  outcomes.reserve(pids.size());
  for (const std::uint64_t pid : pids) {
    outcomes.push_back({pid, "unknown", fmt::format("没有收到进程 {} 的结果", pid)});
  }
  return outcomes;
}

}  // namespace

std::string kill_message(const KillOrder& order, std::uint64_t id) {
  Json json{{"type", "kill_processes"},
            {"pids", order.pids},
            {"id", id},
            {"requested_by", order.requested_by}};
  json["create_times"] = Json::object();
  for (const auto& [pid, time] : order.create_times) {
    json["create_times"][std::to_string(pid)] = time;
  }
  return compact(json);
}

std::vector<KillOutcome> read_kill_results(std::string_view message,
                                           const std::vector<std::uint64_t>& pids) {
  std::vector<KillOutcome> outcomes = all_unknown(pids);
  const Json json = parse_bounded_json(message, kDeepestMessage);
  const auto results = json.is_object() ? json.find("results") : json.end();
  if (!json.is_object() || results == json.end() || !results->is_array()) {
    return outcomes;
  }
  for (const Json& result : *results) {
    const auto pid = result.is_object() ? result.find("pid") : result.end();
    if (!result.is_object() || pid == result.end() || !pid->is_number_unsigned()) {
      continue;
    }
    const auto own = std::ranges::find(outcomes, pid->get<std::uint64_t>(), &KillOutcome::pid);
    const std::string status = text_in(result, "status");
    if (own != outcomes.end() && (status == "success" || status == "error")) {
      own->status = status;
      own->message = printable(text_in(result, "message"));
    }
  }
  return outcomes;
}

/// What outlives the links while their clients are still there.
class AgentLinks::Hub : public std::enable_shared_from_this<Hub> {
 public:
  struct Pending {
    std::string host;
    std::vector<std::uint64_t> pids;
    Done done;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  Hub(boost::asio::io_context& io, Judge judges, std::chrono::milliseconds waits)
      : context(io), judge(std::move(judges)), patience(waits) {}

  void finish(std::uint64_t id, std::vector<KillOutcome> outcomes) {
    const auto found = pending.find(id);
    if (found == pending.end()) {
      return;
    }
    auto entry = pending.extract(found);
    entry.mapped().timer->cancel();
    entry.mapped().done(std::move(outcomes));
  }
  void give_up(const std::string& host) {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, entry] : pending) {
      if (entry.host == host) {
        ids.push_back(id);
      }
    }
    for (const std::uint64_t id : ids) {
      finish(id, all_unknown(pending.at(id).pids));
    }
  }

  boost::asio::io_context& context;
  Judge judge;
  std::chrono::milliseconds patience;
  std::map<std::string, Link*, std::less<>> links;
  std::map<std::uint64_t, Pending> pending;
  std::uint64_t next_id = 1;
};

/// One agent's connection.
class AgentLinks::Link : public serve::Dialog, public std::enable_shared_from_this<Link> {
 public:
  Link(std::shared_ptr<Hub> hub, std::string client)
      : hub_(std::move(hub)), client_(std::move(client)), registers_(hub_->context) {}

  void begun(Talk& talk) override {
    talk_ = &talk;
    registers_.expires_after(kTimeToRegister);
    registers_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
      const auto self = weak.lock();
      if (!cancelled && self && self->talk_ != nullptr && self->host_.empty()) {
        self->talk_->hang_up(kPolicyError, "no register came");
      }
    });
  }

  void heard(std::string_view message) override {
    constexpr std::size_t kLongestBefore = 4096;  // a token's place
    if (host_.empty() && message.size() > kLongestBefore) {
      talk_->hang_up(kPolicyError, "register first");
      return;
    }
    const Json json = parse_bounded_json(message, kDeepestMessage);
    const std::string type = json.is_object() ? text_in(json, "type") : std::string();
    if (type == "register") {
      take_register(json);
    } else if (type == "kill_process_result" && !host_.empty()) {
      take_result(json, message);
    }  // else it is of a version that says more than this one knows
  }

  void ended() override {
    talk_ = nullptr;
    registers_.cancel();
    const auto own = hub_->links.find(host_);
    // A newer connection of the host may have its place.
    if (own != hub_->links.end() && own->second == this) {
      hub_->links.erase(own);
      spdlog::info("{} has disconnected", host_);
      hub_->give_up(host_);
    }
  }

  [[nodiscard]] bool is_still_accepted() const {
    return hub_->judge(host_, token_, client_).is_accepted;
  }
  [[nodiscard]] bool has_token() const { return has_token_; }
  void say(std::string text) { talk_->say(serve::make_text(std::move(text))); }
  void hang_up(const std::string& why) {
    if (talk_ != nullptr) {
      talk_->hang_up(kPolicyError, why);
    }
  }

 private:
  void take_register(const Json& json) {
    const std::string host = text_in(json, "hostname");
    const Standing standing =
        is_host_name(host) ? hub_->judge(host, text_in(json, "token"), client_) : Standing{};
    if (!standing.is_accepted || (!host_.empty() && host != host_)) {
      spdlog::warn("{} may not register as {}", client_, printable(host));
      say(compact({{"type", "register_response"},
                   {"status", "error"},
                   {"message", "the token is not that of this host"}}));
      hang_up("not registered");
      return;
    }
    host_ = host;
    token_ = text_in(json, "token");
    has_token_ = standing.has_token;
    registers_.cancel();
    Link*& place = hub_->links[host];
    Link* const before = std::exchange(place, this);
    say(compact({{"type", "register_response"}, {"status", "success"}}));
    if (before == this) {
      return;
    }
    spdlog::info("{} has connected from {}", host_, client_);
    if (before != nullptr) {
      spdlog::warn(
          "{} was connected from {} already, which ends: unless it was the same agent, two "
          "have this name",
          host_, before->client_);
      before->hang_up("the host has connected anew");
    }
  }

  void take_result(const Json& json, std::string_view message) {
    const auto id = json.find("id");
    // The old collector does not give it back, and answers in order.
    const auto found = std::ranges::find_if(hub_->pending, [&](const auto& entry) {
      return entry.second.host == host_ &&
             (id == json.end() || (id->is_number_unsigned() && *id == entry.first));
    });
    if (found != hub_->pending.end()) {
      hub_->finish(found->first, read_kill_results(message, found->second.pids));
    }
  }

  std::shared_ptr<Hub> hub_;
  std::string client_;
  boost::asio::steady_timer registers_;
  Talk* talk_ = nullptr;
  std::string host_;  ///< empty: not registered
  std::string token_;
  bool has_token_ = false;
};

AgentLinks::AgentLinks(boost::asio::io_context& context, Judge judge,
                       std::chrono::milliseconds patience)
    : hub_(std::make_shared<Hub>(context, std::move(judge), patience)) {}

AgentLinks::~AgentLinks() = default;

tl::expected<serve::Subscription, serve::Response> AgentLinks::subscribe(
    const serve::Request& request) {
  return serve::Subscription{.topic = nullptr,
                             .greeting = nullptr,
                             .dialog = std::make_shared<Link>(hub_, request.client)};
}

AgentLinks::Reach AgentLinks::reach(const std::string& host) const {
  const auto found = hub_->links.find(host);
  if (found == hub_->links.end()) {
    return Reach::away;
  }
  return found->second->has_token() ? Reach::connected : Reach::without_token;
}

std::size_t AgentLinks::connected() const {
  return hub_->links.size();
}

void AgentLinks::look() {
  std::vector<Link*> void_links;
  for (const auto& [host, link] : hub_->links) {
    if (!link->is_still_accepted()) {
      void_links.push_back(link);
    }
  }
  for (Link* const link : void_links) {
    link->hang_up("the token is void");
  }
}

void AgentLinks::disconnect(const std::string& host) {
  if (const auto found = hub_->links.find(host); found != hub_->links.end()) {
    found->second->hang_up("the host was removed");
  }
}

void AgentLinks::kill(const KillOrder& order, Done done) {
  const std::uint64_t id = hub_->next_id++;
  auto timer = std::make_unique<boost::asio::steady_timer>(hub_->context);
  timer->expires_after(hub_->patience);
  timer->async_wait([weak = std::weak_ptr(hub_), id](boost::system::error_code cancelled) {
    if (const auto hub = weak.lock(); hub && !cancelled && hub->pending.contains(id)) {
      hub->finish(id, all_unknown(hub->pending.at(id).pids));
    }
  });
  hub_->pending.emplace(id,
                        Hub::Pending{order.host, order.pids, std::move(done), std::move(timer)});
  hub_->links.at(order.host)->say(kill_message(order, id));
}

}  // namespace wemol::hub
