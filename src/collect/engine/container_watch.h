#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/condition.h>

#include "backoff.h"
#include "engine_messages.h"
#include "event_loop.h"
#include "http_client.h"

namespace wemol::engine {

/// Knows which containers run, without asking again: it lists them once when the connection to the
/// engine stands, and hears of every change from then on by the engine's stream of events. When the
/// engine goes away it tries again until it is back, and forgets nobody meanwhile: what runs goes
/// on running without the engine.
class ContainerWatch {
 public:
  /// A container as the engine knows it.
  struct Known {
    std::string name;
  };

  struct Handlers {
    /// Whether the first process of a container of this name is asked for.
    std::function<bool(std::string_view name)> is_wanted;
    /// Whether the run of this container that goes on is known to the last, so that the engine has
    /// nothing to add when it is listed again.
    std::function<bool(const std::string& id)> is_followed = [](const std::string& /*id*/) {
      return false;
    };
    /// A wanted container was started a moment ago; more is unknown of it yet.
    std::function<void(const Event&)> starting = [](const Event& /*event*/) {};
    /// A wanted container runs. Called for every run, for the same run perhaps more than once.
    std::function<void(const InspectedContainer&)> running;
    /// A wanted container was started, and had ended before it could be looked at.
    std::function<void(const std::string& id, const std::string& name)> missed;
    /// The engine has seen the end of a run of a wanted container.
    std::function<void(const Event&)> died;
    /// The kernel has killed a process of the container since its memory was used up.
    std::function<void(const std::string& id)> out_of_memory;
    /// The limits of a wanted container were changed.
    std::function<void(const std::string& id)> updated = [](const std::string& /*id*/) {};
  };

  ContainerWatch(HttpClient& http, EventLoop& loop, Handlers handlers);

  /// Connects. To be called once; events since then are wanted too, if the engine still has them.
  /// After a lost connection those since the last event are.
  void start(std::optional<WallTime> events_since);

  /// True when every container that runs has been handed to the handlers or could not be inspected,
  /// or when the engine could not be reached. Before that there is something to wait for.
  [[nodiscard]] bool is_settled() const { return is_settled_; }

  /// The same, while the connection stands and the engine has answered the last question.
  [[nodiscard]] bool is_complete() const { return has_asked_all() && has_answered_; }

  /// Up to there the engine's events have been handed to the handlers.
  [[nodiscard]] std::optional<WallTime> heard_until() const { return heard_until_; }

  /// Asks what the engine still knows of a container that may not run any more: nothing when it has
  /// been removed. There is no answer when the engine does not give one.
  void ask_about_past(const std::string& id,
                      std::function<void(const std::optional<InspectedContainer>&)> answer);

  /// Who is wanted has changed. Those that run, are wanted and are not followed are handed to
  /// the handlers once more.
  void list_again();

  /// By id.
  [[nodiscard]] const std::map<std::string, Known, std::less<>>& known() const { return known_; }

  /// What is wrong with the connection, and with single containers.
  [[nodiscard]] Conditions conditions() const;

 private:
  /// A container that is to be inspected. It waits here and not in the HTTP client, so that
  /// thousands of them cost little and other questions need not wait behind them.
  struct Question {
    explicit Question(std::string container_name);
    std::string name;
    bool has_just_started = false;
    bool is_sent = false;
    bool is_to_be_repeated = false;  ///< its state has changed since the question was sent
    std::string trouble;             ///< why it could not be inspected; empty: it was not tried yet
    Backoff pause;                   ///< before the next try
  };

  void connect();
  void disconnect(const Error& error);
  void list();
  void take_list(const Result<HttpAnswer>& answer);
  void receive(std::string_view chunk);
  void take_event(const Event& event);
  /// What the event changes in what is known.
  void note(const Event& event);
  void inspect(const std::string& id, const std::string& name, bool has_just_started);
  void send_questions();
  void take_inspection(const std::string& id, const Result<HttpAnswer>& answer);
  void retry_later(const std::string& id, Question& question, const std::string& why);
  void set_inspection_timer();
  void send_those_due();
  void forget_questions();
  /// Every container of the list has been inspected, or could not be.
  [[nodiscard]] bool has_asked_all() const { return is_listed_ && questions_.size() == failing_; }
  [[nodiscard]] Conditions conditions_of_inspections() const;
  void settle_if_done();

  HttpClient& http_;
  EventLoop& loop_;
  Handlers handlers_;
  EventSource retry_timer_;
  Backoff pause_;  ///< before the next try
  std::map<std::string, Known, std::less<>> known_;
  std::map<std::string, Question> questions_;             ///< by container id
  std::deque<std::string> to_send_;                       ///< container ids
  std::multimap<SteadyTime, std::string> to_send_later_;  ///< container ids
  EventSource inspection_timer_;
  std::size_t sent_ = 0;     ///< of the questions
  std::size_t failing_ = 0;  ///< of the questions
  std::string half_line_;
  /// Since the connection stands. The engine may have written the list before they happened.
  std::vector<Event> before_list_;
  std::string trouble_;  ///< why there is no connection; empty: there is one
  std::optional<WallTime> heard_until_;
  bool is_listed_ = false;
  bool is_settled_ = false;
  bool has_answered_ = false;  ///< the last question, whatever it said
};

}  // namespace wemol::engine
