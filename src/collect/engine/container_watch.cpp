#include "container_watch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api_version.h"
#include "text.h"

namespace wemol::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPause = 250ms;
constexpr auto kLongestPause = 2s;
/// A container that the engine cannot inspect now may hold up its answer for long.
constexpr auto kLongestInspectionPause = 10s;
/// As many as the HTTP client has connections for.
constexpr std::size_t kInspectedAtOnce = 3;
constexpr std::chrono::milliseconds kTimerAccuracy{10};
constexpr std::size_t kLineCapBytes = std::size_t{1} << 20;
constexpr long kStatusNotFound = 404;

/// The text of a good answer.
Result<std::string_view> body_of(const Result<HttpAnswer>& answer) {
  if (!answer) {
    return tl::make_unexpected(answer.error());
  }
  if (answer->status != kHttpOk) {
    return failure(fmt::format("HTTP status {}: {}", answer->status, error_text(answer->body)));
  }
  return std::string_view(answer->body);
}

}  // namespace

ContainerWatch::Question::Question(std::string container_name)
    : name(std::move(container_name)), pause(kFirstPause, kLongestInspectionPause) {}

ContainerWatch::ContainerWatch(HttpClient& http, EventLoop& loop, Handlers handlers)
    : http_(http),
      loop_(loop),
      handlers_(std::move(handlers)),
      pause_(kFirstPause, kLongestPause) {}

void ContainerWatch::start(std::optional<WallTime> events_since) {
  heard_until_ = events_since;
  connect();
}

/// The events first, so that nothing falls between them and the list.
void ContainerWatch::connect() {
  half_line_.clear();
  before_list_.clear();
  http_.stream(events_target(heard_until_),
               {.opened = [this] { list(); },
                .received = [this](std::string_view chunk) { receive(chunk); },
                .closed = [this](const Error& error) { disconnect(error); }});
}

void ContainerWatch::disconnect(const Error& error) {
  http_.cancel_all();
  forget_questions();
  is_listed_ = false;
  is_settled_ = true;
  const bool answers = error.code == kNoEngine || error.code == kNoCommonVersion;
  trouble_ =
      (answers ? "the docker engine cannot be used: " : "the docker engine does not answer: ") +
      printable(error.message);
  const SteadyTime now = loop_.now();
  pause_.failed(now);
  retry_timer_ = loop_.call_at(
      now + pause_.left(now), [this] { connect(); }, kTimerAccuracy);
}

void ContainerWatch::list_again() {
  if (is_listed_) {  // else a list is on its way, or comes with the next connection
    is_listed_ = false;
    list();
  }
}

void ContainerWatch::list() {
  http_.get(list_target(), [this](const Result<HttpAnswer>& answer) { take_list(answer); });
}

void ContainerWatch::take_list(const Result<HttpAnswer>& answer) {
  const auto body = body_of(answer);
  const auto listed = body ? parse_list(*body) : tl::make_unexpected(body.error());
  if (!listed) {
    disconnect({"the containers cannot be listed: " + listed.error().message});
    return;
  }
  has_answered_ = true;
  known_.clear();
  for (const ListedContainer& container : *listed) {
    known_[container.id].name = container.name;
  }
  for (const Event& event : std::exchange(before_list_, {})) {
    note(event);
  }
  for (const auto& [id, container] : known_) {
    // A question that waits or is on its way comes from an event, and stands for this one too.
    if (handlers_.is_wanted(container.name) && !questions_.contains(id) &&
        !handlers_.is_followed(id)) {
      inspect(id, container.name, false);
    }
  }
  is_listed_ = true;
  trouble_.clear();
  settle_if_done();
}

void ContainerWatch::receive(std::string_view chunk) {
  const std::size_t searched = half_line_.size();
  half_line_ += chunk;
  std::size_t begin = 0;
  for (std::size_t end = half_line_.find('\n', searched); end != std::string::npos;
       end = half_line_.find('\n', begin)) {
    // What cannot be read is no event that matters here.
    if (const auto event = parse_event(std::string_view(half_line_).substr(begin, end - begin))) {
      take_event(*event);
    }
    begin = end + 1;
  }
  half_line_.erase(0, begin);
  if (half_line_.size() > kLineCapBytes) {
    disconnect({"the engine's stream of events has a line without an end"});
  }
}

void ContainerWatch::take_event(const Event& event) {
  const std::string& id = event.container_id;
  note(event);
  if (event.at) {
    heard_until_ = *event.at + 1ns;
  }
  if (!is_listed_) {
    before_list_.push_back(event);
  }
  switch (event.kind) {
    case Event::Kind::start:
      if (handlers_.is_wanted(event.name)) {
        handlers_.starting(event);
        inspect(id, event.name, true);
      }
      break;
    case Event::Kind::die:
      if (handlers_.is_wanted(event.name)) {
        handlers_.died(event);
      }
      break;
    case Event::Kind::rename:
      if (known_.contains(id) && handlers_.is_wanted(event.name)) {
        inspect(id, event.name, false);
      }
      break;
    case Event::Kind::oom:
      if (handlers_.is_wanted(event.name)) {
        handlers_.out_of_memory(id);
      }
      break;
    case Event::Kind::update:
      if (handlers_.is_wanted(event.name)) {
        handlers_.updated(id);
      }
      break;
    case Event::Kind::other:
      break;
  }
}

void ContainerWatch::note(const Event& event) {
  const std::string& id = event.container_id;
  if (event.kind == Event::Kind::die) {
    known_.erase(id);
  } else if (event.kind == Event::Kind::start ||
             (event.kind == Event::Kind::rename && known_.contains(id))) {
    known_[id].name = event.name;
  }
}

void ContainerWatch::inspect(const std::string& id, const std::string& name,
                             bool has_just_started) {
  const auto [entry, is_new] = questions_.try_emplace(id, name);
  Question& question = entry->second;
  question.name = name;
  question.has_just_started |= has_just_started;
  question.is_to_be_repeated = question.is_sent;
  if (is_new && has_just_started) {
    to_send_.push_front(id);  // it may be over soon
  } else if (is_new) {
    to_send_.push_back(id);
  }
  send_questions();
}

/// Only a few are on their way at a time: the HTTP client measures the time of an answer from then
/// on, and the engine has others to serve.
void ContainerWatch::send_questions() {
  while (sent_ < kInspectedAtOnce && !to_send_.empty()) {
    const std::string id = std::move(to_send_.front());
    to_send_.pop_front();
    questions_.at(id).is_sent = true;
    ++sent_;
    http_.get(inspect_target(id),
              [this, id](const Result<HttpAnswer>& answer) { take_inspection(id, answer); });
  }
}

void ContainerWatch::take_inspection(const std::string& id, const Result<HttpAnswer>& answer) {
  --sent_;
  has_answered_ = answer.has_value();
  const bool is_gone = answer && answer->status == kStatusNotFound;
  const auto body = body_of(answer);
  const auto container = body ? parse_inspect(*body) : tl::make_unexpected(body.error());
  if (!container && !is_gone) {
    retry_later(id, questions_.at(id), container.error().message);
  } else {
    const auto node = questions_.extract(id);
    const Question& question = node.mapped();
    failing_ -= question.trouble.empty() ? 0U : 1U;
    if (question.is_to_be_repeated) {
      inspect(id, question.name, question.has_just_started);
    }
    if (container && container->pid > 0) {
      handlers_.running(*container);
    } else if (question.has_just_started) {
      handlers_.missed(id, question.name);
    }
  }
  send_questions();
  settle_if_done();
}

/// One container that the engine cannot inspect is no reason to ask about the others again.
void ContainerWatch::retry_later(const std::string& id, Question& question,
                                 const std::string& why) {
  failing_ += question.trouble.empty() ? 1U : 0U;
  question.trouble = printable(why);
  question.is_sent = false;
  question.is_to_be_repeated = false;
  const SteadyTime now = loop_.now();
  question.pause.failed(now);
  to_send_later_.emplace(now + question.pause.left(now), id);
  set_inspection_timer();
}

void ContainerWatch::set_inspection_timer() {
  inspection_timer_.reset();
  if (to_send_later_.empty()) {
    return;
  }
  inspection_timer_ = loop_.call_at(
      to_send_later_.begin()->first, [this] { send_those_due(); }, kTimerAccuracy);
}

void ContainerWatch::send_those_due() {
  const auto end = to_send_later_.upper_bound(loop_.now());
  for (auto it = to_send_later_.begin(); it != end; ++it) {
    to_send_.push_back(std::move(it->second));
  }
  to_send_later_.erase(to_send_later_.begin(), end);
  set_inspection_timer();
  send_questions();
}

void ContainerWatch::forget_questions() {
  questions_.clear();
  to_send_.clear();
  to_send_later_.clear();
  inspection_timer_.reset();
  sent_ = 0;
  failing_ = 0;
  has_answered_ = false;
}

void ContainerWatch::ask_about_past(
    const std::string& id, std::function<void(const std::optional<InspectedContainer>&)> answer) {
  http_.get(inspect_target(id), [answer = std::move(answer)](const Result<HttpAnswer>& response) {
    const auto body = body_of(response);
    const auto container = body ? parse_inspect(*body) : tl::make_unexpected(body.error());
    const bool is_gone = response && response->status == kStatusNotFound;
    if (container || is_gone) {
      answer(container ? std::optional(*container) : std::nullopt);
    }
  });
}

void ContainerWatch::settle_if_done() {
  if (has_asked_all()) {
    is_settled_ = true;
    pause_.succeeded();
  }
}

Conditions ContainerWatch::conditions() const {
  if (trouble_.empty()) {
    return conditions_of_inspections();
  }
  return {{.key = "docker engine",
           .severity = Severity::error,
           .message = trouble_ +
                      "; containers that run are still recorded, those that start are not seen"}};
}

Conditions ContainerWatch::conditions_of_inspections() const {
  const auto first = std::ranges::find_if(
      questions_, [](const auto& entry) { return !entry.second.trouble.empty(); });
  if (first == questions_.end()) {
    return {};
  }
  const Question& question = first->second;
  const std::string which =
      failing_ == 1 ? fmt::format("container {} cannot be inspected", question.name)
                    : fmt::format("{} containers cannot be inspected, {} is one of them", failing_,
                                  question.name);
  return {{.key = "inspections",
           .severity = Severity::error,
           .message = fmt::format("{}: {}; the engine is asked again", which, question.trouble)}};
}

}  // namespace wemol::engine
