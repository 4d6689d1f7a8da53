#include "snapshot_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bounded_json.h"
#include "snapshot_json.h"
#include "text.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

bool is_list_of_objects(const Json& json) {
  return json.is_array() &&
         std::ranges::all_of(json, [](const Json& entry) { return entry.is_object(); });
}

}  // namespace

Result<std::variant<PublishedTasks, LostRounds>> read_snapshot_line(std::string_view line) {
  // Snapshots are four levels deep. What is far deeper is left out: it is written by recursion.
  constexpr int kDeepest = 32;
  const Json json = parse_bounded_json(line, kDeepest);
  if (!json.is_object()) {
    return failure("what the recorder's socket says is no JSON object");
  }
  const auto version = json.find("version");
  if (version == json.end() || *version != kSnapshotJsonVersion) {
    return failure(fmt::format(
        "the recorder speaks version {} of its snapshots, this program {}: "
        "install the same version of both",
        version == json.end() ? "?" : printable(version->dump()), kSnapshotJsonVersion));
  }
  if (json.value("type", Json()) == "lost" && json.value("rounds", Json()).is_number_unsigned()) {
    return LostRounds{json["rounds"].get<std::uint64_t>()};
  }
  const auto tasks = json.find("tasks");
  const auto taken_at = json.find("taken_at");
  if (json.value("type", Json()) != "snapshot" || tasks == json.end() ||
      !is_list_of_objects(*tasks) || taken_at == json.end() || !taken_at->is_string()) {
    return failure("what the recorder's socket says is no snapshot");
  }
  return PublishedTasks{taken_at->get<std::string>(),
                        tasks->dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace wemol
