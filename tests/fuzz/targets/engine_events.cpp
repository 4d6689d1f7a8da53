#include <map>
#include <optional>
#include <string>

#include "container_id.h"
#include "container_watch.h"
#include "fake_http_client.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

using Names = std::map<std::string, std::string>;

/// Gives the stream to a watch in pieces of one length.
Names names_after(std::string_view list, std::string_view stream, std::size_t piece_length) {
  static EventLoop loop;
  test::FakeHttpClient http;
  const auto check_id = [](const std::string& id) {
    require(is_container_id(id), "whoever is heard of has an id");
  };
  engine::ContainerWatch watch(
      http, loop,
      {.is_wanted = [](std::string_view name) { return name.starts_with('w'); },
       .running = [&](const engine::InspectedContainer& container) { check_id(container.id); },
       .missed = [&](const std::string& id, const std::string& /*name*/) { check_id(id); },
       .died = [&](const engine::Event& event) { check_id(event.container_id); },
       .out_of_memory = check_id});
  watch.start(std::nullopt);
  http.open_stream();
  (void)http.answer(engine::list_target(), std::string(list));
  while (!stream.empty() && http.has_stream()) {
    http.feed(stream.substr(0, piece_length));
    stream.remove_prefix(std::min(piece_length, stream.size()));
  }
  require_fit_for_log(watch.conditions());
  Names names;
  for (const auto& [id, container] : watch.known()) {
    check_id(id);
    names[id] = container.name;
  }
  return names;
}

/// The list of containers, then the stream of events.
void check_engine_events(std::string_view input) {
  constexpr std::size_t kShortPiece = 7;
  const auto [list, stream] = split_parts(input);
  require(names_after(list, stream, stream.size()) == names_after(list, stream, kShortPiece),
          "it does not matter in which pieces the events arrive");
}

const Target engine_events_target("engine_events", check_engine_events);

}  // namespace
}  // namespace wemol::fuzz
