#include "api_version.h"
#include "container_id.h"
#include "engine_messages.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_list(std::string_view input) {
  const auto list = engine::parse_list(input);
  if (!list) {
    require(is_clean_line(list.error().message), "why there is no list is a clean line");
    return;
  }
  for (const auto& container : *list) {
    require(is_container_id(container.id), "a listed container has an id");
    require(!container.name.empty() && container.name.find('/') == std::string::npos,
            "a listed container has a name");
  }
}

void check_inspect(std::string_view input) {
  const auto container = engine::parse_inspect(input);
  require(container ? is_container_id(container->id) : is_clean_line(container.error().message),
          "a container that is looked at has an id, or there is a clean line");
}

void check_event(std::string_view input) {
  const auto event = engine::parse_event(input);
  if (!event) {
    require(is_clean_line(event.error().message), "why there is no event is a clean line");
  } else if (event->kind != engine::Event::Kind::other) {
    require(is_container_id(event->container_id), "an event that matters has an id");
  }
}

void check_version(std::string_view input) {
  const auto engine = engine::parse_version(input);
  if (!engine) {
    require(is_clean_line(engine.error().message), "why there is no version is a clean line");
    return;
  }
  require(is_clean_line(engine->release), "the name of a release is a clean line");
  const auto version = engine::common_version(*engine);
  require(version ? *version >= engine::kOldestKnown && *version <= engine::kNewestKnown &&
                        *version <= engine->newest
                  : is_clean_line(version.error().message),
          "a version that is spoken is known to both sides");
}

const Target engine_answers_target("engine_answers", [](std::string_view input) {
  check_list(input);
  check_inspect(input);
  check_event(input);
  check_version(input);
  require(is_clean_line(engine::error_text(input)), "what the engine says is a clean line");
});

}  // namespace
}  // namespace wemol::fuzz
