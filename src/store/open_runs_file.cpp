#include "open_runs_file.h"

#include <cerrno>
#include <optional>

#include <nlohmann/json.hpp>

#include "container_id.h"
#include "files.h"

namespace wemol {
namespace {

using Json = nlohmann::json;
using Nanoseconds = std::chrono::nanoseconds;

constexpr std::size_t kCapBytes = std::size_t{16} << 20;

std::int64_t to_nanoseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<Nanoseconds>(time.time_since_epoch()).count();
}

std::optional<std::chrono::system_clock::time_point> time_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return std::chrono::system_clock::time_point(Nanoseconds(found->get<std::int64_t>()));
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<OpenRuns> parse(const std::string& text) {
  const Json object = Json::parse(text, nullptr, false);
  const auto until = object.is_object() ? time_at(object, "ends_stated_until_ns") : std::nullopt;
  if (!until || !object.contains("open_runs") || !object["open_runs"].is_array()) {
    return std::nullopt;
  }
  OpenRuns open{.runs = {}, .ends_stated_until = *until};
  for (const Json& entry : object["open_runs"]) {
    if (!entry.is_object()) {
      return std::nullopt;
    }
    OpenRun run{.container_id = text_at(entry, "container_id"),
                .container_name = text_at(entry, "container_name"),
                .started_at = time_at(entry, "started_at_ns"),
                .oom_killed = entry.value("oom_killed", Json()) == true};
    // They become arguments of commands.
    if (!is_container_id(run.container_id) || !is_container_name(run.container_name)) {
      return std::nullopt;
    }
    open.runs.push_back({std::move(run), text_at(entry, "module_name")});
  }
  return open;
}

std::string text_of(const OpenRuns& open) {
  Json runs = Json::array();
  for (const auto& [run, module_name] : open.runs) {
    Json entry{{"container_id", run.container_id},
               {"container_name", run.container_name},
               {"module_name", module_name},
               {"oom_killed", run.oom_killed}};
    if (run.started_at) {
      entry["started_at_ns"] = to_nanoseconds(*run.started_at);
    }
    runs.push_back(std::move(entry));
  }
  const Json object{{"ends_stated_until_ns", to_nanoseconds(open.ends_stated_until)},
                    {"open_runs", std::move(runs)}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

OpenRunsFile::OpenRunsFile(const std::filesystem::path& output_dir, SyncLevel sync)
    : path_(output_dir / ".wemol-recorder.open-runs.json"), sync_(sync) {}

Result<OpenRuns> OpenRunsFile::read() const {
  const auto text = SystemFileReader().read(path_, kCapBytes);
  if (!text && text.error().code == ENOENT) {
    return OpenRuns{.runs = {}, .ends_stated_until = std::chrono::system_clock::now()};
  }
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  auto open = parse(*text);
  if (!open) {
    return failure(path_.string() + ": it is not what a recorder has written");
  }
  return std::move(*open);
}

Result<void> OpenRunsFile::write(const OpenRuns& open) const {
  return replace_file(path_, text_of(open),
                      sync_ == SyncLevel::finished ? Durability::at_once : Durability::by_and_by);
}

}  // namespace wemol
