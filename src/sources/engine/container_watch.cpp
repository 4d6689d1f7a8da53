#include "container_watch.h"

#include <utility>

#include <fmt/format.h>

#include "printable.h"

namespace wemol::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPause = 250ms;
constexpr auto kLongestPause = 2s;
constexpr std::uint64_t kTimerAccuracyUsec = 10'000;
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
                .closed = [this](const Error& error) { disconnect(error.message); }});
}

void ContainerWatch::disconnect(const std::string& reason) {
  http_.cancel_all();
  being_inspected_.clear();
  is_listed_ = false;
  is_settled_ = true;
  trouble_ = printable(reason);
  const auto retry = [](sd_event_source* /*source*/, std::uint64_t /*usec*/, void* self) {
    static_cast<ContainerWatch*>(self)->connect();
    return 0;
  };
  const SteadyTime now = loop_.now();
  pause_.failed(now);
  sd_event_source* source = nullptr;
  if (sd_event_add_time(loop_.native(), &source, CLOCK_MONOTONIC,
                        to_monotonic_usec(now + pause_.left(now)), kTimerAccuracyUsec, retry,
                        this) >= 0) {
    retry_timer_.reset(source);
  }
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
    disconnect("the containers cannot be listed: " + listed.error().message);
    return;
  }
  known_.clear();
  for (const ListedContainer& container : *listed) {
    known_[container.id].name = container.name;
  }
  for (const Event& event : std::exchange(before_list_, {})) {
    note(event);
  }
  for (const auto& [id, container] : known_) {
    if (handlers_.is_wanted(container.name)) {
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
    disconnect("the engine's stream of events has a line without an end");
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
  being_inspected_.insert(id);
  http_.get(inspect_target(id),
            [this, id, name, has_just_started](const Result<HttpAnswer>& answer) {
              take_inspection(id, name, has_just_started, answer);
            });
}

void ContainerWatch::take_inspection(const std::string& id, const std::string& name,
                                     bool has_just_started, const Result<HttpAnswer>& answer) {
  being_inspected_.erase(id);
  const bool is_gone = answer && answer->status == kStatusNotFound;
  const auto body = body_of(answer);
  const auto container = body ? parse_inspect(*body) : tl::make_unexpected(body.error());
  if (container && container->pid > 0) {
    handlers_.running(*container);
  } else if (container || is_gone) {
    if (has_just_started) {
      handlers_.missed(id, name);
    }
  } else {
    // A new list is a new try for each container.
    disconnect(fmt::format("container {} cannot be inspected: {}", id, container.error().message));
    return;
  }
  settle_if_done();
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
  if (is_complete()) {
    is_settled_ = true;
    pause_.succeeded();
  }
}

Conditions ContainerWatch::conditions() const {
  if (trouble_.empty()) {
    return {};
  }
  return {{.key = "docker engine",
           .severity = Severity::error,
           .message = "the docker engine does not answer: " + trouble_ +
                      "; containers that run are still recorded, those that start are not seen"}};
}

}  // namespace wemol::engine
