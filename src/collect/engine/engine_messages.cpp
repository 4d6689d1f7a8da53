#include "engine_messages.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "container_id.h"
#include "text.h"
#include "time_text.h"

namespace wemol::engine {

Result<std::string> socket_path(std::string_view docker_host) {
  constexpr std::string_view kScheme = "unix://";
  if (docker_host.empty()) {
    return "/var/run/docker.sock";
  }
  if (!docker_host.starts_with(kScheme) || docker_host.size() == kScheme.size()) {
    return failure(
        fmt::format("the source native takes a DOCKER_HOST of the form unix:///path, not "
                    "\"{}\": it reads the kernel of this host",
                    printable(docker_host)));
  }
  return std::string(docker_host.substr(kScheme.size()));
}

namespace {

using Json = nlohmann::json;

Result<Json> parse(std::string_view text, Json::value_t type) {
  Json json = Json::parse(text, nullptr, false);
  if (json.type() != type) {
    return failure("not the JSON that was expected: " + printable(text.substr(0, 200)));
  }
  return json;
}

/// The member when it is there and text, else empty.
std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) {
    return {};
  }
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& member(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) {
    return nothing;
  }
  const auto found = object.find(key);
  return found != object.end() ? *found : nothing;
}

std::optional<std::int64_t> whole_at(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_number_integer() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

std::optional<WallTime> time_at(const Json& object, const char* key) {
  return parse_moment(text_at(object, key));
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) {
    name.erase(0, 1);
  }
  return name;
}

/// Of several names those with a slash inside are what links call the container.
std::string own_name(const Json& names) {
  if (names.is_array()) {
    for (const Json& entry : names) {
      std::string name = entry.is_string() ? without_slash(entry.get<std::string>()) : "";
      if (!name.empty() && name.find('/') == std::string::npos) {
        return name;
      }
    }
  }
  return {};
}

/// In the year 2199; what is later is no time, and must not overflow when it is added to.
constexpr std::int64_t kLastMomentNs = 7'258'118'400'000'000'000;

Event::Kind kind_of(std::string_view action) {
  if (action == "start") {
    return Event::Kind::start;
  }
  if (action == "die") {
    return Event::Kind::die;
  }
  if (action == "rename") {
    return Event::Kind::rename;
  }
  if (action == "update") {
    return Event::Kind::update;
  }
  return action == "oom" ? Event::Kind::oom : Event::Kind::other;
}

}  // namespace

std::string version_target() {
  return "/version";
}

std::string list_target() {
  return "/containers/json";
}

std::string inspect_target(std::string_view container_id) {
  return fmt::format("/containers/{}/json", container_id);
}

std::string events_target(std::optional<WallTime> since) {
  // {"type":["container"],"event":["start","die","rename","oom","update"]}
  const std::string target =
      "/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22start%22%2C"
      "%22die%22%2C%22rename%22%2C%22oom%22%2C%22update%22%5D%7D";
  return since ? target + "&since=" + unix_time_text(*since) : target;
}

std::optional<WallTime> parse_moment(std::string_view text) {
  return text.starts_with("0001-") ? std::nullopt : parse_iso_time(text);
}

std::string unix_time_text(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const std::chrono::nanoseconds rest = time.time_since_epoch() - seconds;
  return fmt::format("{}.{:09}", seconds.count(), rest.count());
}

Result<EngineVersion> parse_version(std::string_view json) {
  constexpr std::size_t kReleaseBytes = 40;
  const auto object = parse(json, Json::value_t::object);
  const auto newest = object ? parse_api_version(text_at(*object, "ApiVersion")) : std::nullopt;
  if (!newest) {
    return failure("asked for its version it says: " + printable(json.substr(0, 200)), kNoEngine);
  }
  return EngineVersion{.release = printable(text_at(*object, "Version").substr(0, kReleaseBytes)),
                       .newest = *newest,
                       .oldest = parse_api_version(text_at(*object, "MinAPIVersion"))};
}

Result<std::vector<ListedContainer>> parse_list(std::string_view json) {
  const auto list = parse(json, Json::value_t::array);
  if (!list) {
    return tl::make_unexpected(list.error());
  }
  std::vector<ListedContainer> containers;
  for (const Json& entry : *list) {
    ListedContainer container{.id = text_at(entry, "Id"), .name = own_name(member(entry, "Names"))};
    if (!is_container_id(container.id) || container.name.empty()) {
      // The entry itself is not written out: that goes as deep as the entry is nested.
      return failure(fmt::format("container {} of the list has no id or no name: {}",
                                 containers.size() + 1, printable(json.substr(0, 200))));
    }
    containers.push_back(std::move(container));
  }
  return containers;
}

Result<InspectedContainer> parse_inspect(std::string_view json) {
  const auto object = parse(json, Json::value_t::object);
  if (!object) {
    return tl::make_unexpected(object.error());
  }
  const Json& state = member(*object, "State");
  const Json& was_killed = member(state, "OOMKilled");
  InspectedContainer container{
      .id = text_at(*object, "Id"),
      .name = without_slash(text_at(*object, "Name")),
      .pid = whole_at(state, "Pid").value_or(0),
      .network_mode = text_at(member(*object, "HostConfig"), "NetworkMode"),
      .started_at = time_at(state, "StartedAt")};
  if (container.pid == 0) {
    container.finished_at = time_at(state, "FinishedAt");
    container.exit_code = whole_at(state, "ExitCode");
  }
  if (was_killed.is_boolean()) {
    container.oom_killed = was_killed.get<bool>();
  }
  if (!is_container_id(container.id)) {
    return failure("a container without id: " + printable(json.substr(0, 200)));
  }
  return container;
}

Result<Event> parse_event(std::string_view json) {
  const auto object = parse(json, Json::value_t::object);
  if (!object) {
    return tl::make_unexpected(object.error());
  }
  Event event;
  if (text_at(*object, "Type") != "container") {
    return event;
  }
  const Json& actor = member(*object, "Actor");
  event.container_id = text_at(actor, "ID");
  const Json& attributes = member(actor, "Attributes");
  event.name = without_slash(text_at(attributes, "name"));
  event.exit_code = parse_number<std::int64_t>(text_at(attributes, "exitCode"));
  if (const auto at = whole_at(*object, "timeNano"); at && *at > 0 && *at <= kLastMomentNs) {
    event.at = WallTime(std::chrono::nanoseconds(*at));
  }
  if (is_container_id(event.container_id)) {
    event.kind = kind_of(text_at(*object, "Action"));
  }
  return event;
}

std::string error_text(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  const std::string message = text_at(object, "message");
  return printable(message.empty() ? json.substr(0, 200) : std::string_view(message));
}

}  // namespace wemol::engine
