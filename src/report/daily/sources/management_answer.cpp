#include "management_answer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "source_answer.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

/// Text or a whole number, as text.
std::string id_of(const Json& object, std::string_view member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  if (found != object.end() && found->is_number_integer()) {
    return found->dump();
  }
  return text_of(object, member);
}

std::optional<std::uint64_t> whole_of(const Json& object, std::string_view member) {
  constexpr double kMost = 1e15;
  const auto found = object.find(member);
  if (found == object.end()) {
    return std::nullopt;
  }
  if (found->is_string()) {
    return parse_number<std::uint64_t>(found->get_ref<const std::string&>());
  }
  const double number = found->is_number() ? found->get<double>() : -1;
  return number >= 0 && number < kMost ? std::optional(static_cast<std::uint64_t>(number))
                                       : std::nullopt;
}

std::optional<double> seconds_of(const Json& object, std::string_view member) {
  const auto found = object.find(member);
  const bool is_number = found != object.end() && found->is_number();
  return is_number && std::isfinite(found->get<double>()) && found->get<double>() >= 0
             ? std::optional(found->get<double>())
             : std::nullopt;
}

/// Of a card: false, null, "" and "disabled" are none; true, a profile or an instance is one.
bool is_mig(const Json& gpu) {
  const auto mig = gpu.find("mig");
  if (mig == gpu.end() || mig->is_null()) {
    return false;
  }
  if (mig->is_boolean()) {
    return mig->get<bool>();
  }
  if (mig->is_string()) {
    std::string text = mig->get<std::string>();
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 'a' - 'A') : c; });
    return !text.empty() && text != "disabled" && text != "n/a" && text != "none";
  }
  return mig->is_number() ? mig->get<double>() != 0 : !mig->empty();
}

class TaskReader {
 public:
  TaskReader(std::span<const NodeSettings> nodes, const Day& day) : nodes_(nodes), day_(day) {
    for (const NodeSettings& node : nodes) {
      answer_.by_node[node.name];
    }
  }

  void take(const std::string& key, const Json& entry) {
    if (!entry.is_object() || !entry.contains("hostname")) {
      warn(fmt::format("entry {} of the answer is no task", printable(key)));
      return;
    }
    const std::string host = text_of(entry, "hostname");
    const auto node = std::ranges::find(nodes_, host, &NodeSettings::name);
    if (node == nodes_.end()) {
      warn(fmt::format("tasks on host \"{}\", which is none of the nodes", host));
      return;
    }
    TaskUse task;
    task.user = text_of(entry, "username");
    if (task.user.empty()) {
      warn(fmt::format("task {} on {} has no user", text_of(entry, "uuid"), host));
      return;
    }
    describe(entry.value("task", Json()), task);
    if (!take_times(entry, host, task) || !touches_day(task)) {
      return;
    }
    for (const Json& gpu : entry.value("gpus", Json::array())) {
      if (gpu.is_object()) {
        task.cards.push_back(card_of(gpu, *node));
      }
    }
    answer_.by_node[host].push_back(std::move(task));
  }

  ManagementAnswer finish() {
    for (auto& [node, tasks] : answer_.by_node) {
      std::ranges::stable_sort(tasks, {}, &TaskUse::begin_epoch);
    }
    return std::move(answer_);
  }

 private:
  void warn(const std::string& text) {
    if (said_.insert(text).second) {
      answer_.warnings.push_back(text);
    }
  }

  static void describe(const Json& task, TaskUse& use) {
    use.type = text_of(task, "_type");
    use.project_uuid = text_of(task, "project_uuid");
    use.image = text_of(task, "image");
  }

  /// Not guessed: a task whose times cannot be read would stand at a wrong place.
  bool take_times(const Json& entry, const std::string& host, TaskUse& task) {
    const auto begin = parse_http_date(text_of(entry, "start"));
    task.total_seconds = seconds_of(entry, "total_seconds");
    const Json end = entry.value("end", Json());
    if (!end.is_null()) {
      task.end_epoch = end.is_string() ? parse_http_date(end.get<std::string>()) : std::nullopt;
    }
    if (begin && (end.is_null() || task.end_epoch)) {
      task.begin_epoch = *begin;
      return true;
    }
    warn(fmt::format("a task of {} on {} has no date that can be read as its {}: \"{}\"", task.user,
                     host, begin ? "end" : "start", text_of(entry, begin ? "end" : "start")));
    return false;
  }

  [[nodiscard]] bool touches_day(const TaskUse& task) const {
    return task.begin_epoch < day_.end_epoch &&
           task.end_epoch.value_or(std::numeric_limits<std::int64_t>::max()) >= day_.begin_epoch;
  }

  TaskUse::OnCard card_of(const Json& gpu, const NodeSettings& node) {
    TaskUse::OnCard card;
    card.id = id_of(gpu, "id");
    card.uuid = text_of(gpu, "uuid");
    card.name = text_of(gpu, "name");
    card.memory_mb = whole_of(gpu, "memory");
    card.is_mig = is_mig(gpu);
    card.index = index_of(card, node);
    return card;
  }

  std::optional<unsigned> index_of(const TaskUse::OnCard& card, const NodeSettings& node) {
    for (const std::string& name : {card.uuid, card.id}) {
      if (const auto found = node.ids.find(name); found != node.ids.end() && !name.empty()) {
        return found->second;
      }
    }
    if (!node.id_base) {
      warn(fmt::format("GPU {} ({}) of {}: its index cannot be told without id-base or ids",
                       card.id, card.uuid, node.name));
      return std::nullopt;
    }
    const auto id = parse_number<std::int64_t>(card.id);
    const std::int64_t most = node.cards.empty() ? std::numeric_limits<unsigned>::max()
                                                 : static_cast<std::int64_t>(node.cards.size());
    const std::int64_t index = id && *id > 0 ? *id - std::int64_t{*node.id_base} - 1 : -1;
    if (index < 0 || index >= most) {
      warn(fmt::format("GPU id {} is none of {} (id-base {}{})", card.id, node.name, *node.id_base,
                       node.cards.empty() ? "" : fmt::format(", {} cards", node.cards.size())));
      return std::nullopt;
    }
    return static_cast<unsigned>(index);
  }

  std::span<const NodeSettings> nodes_;
  const Day& day_;
  ManagementAnswer answer_;
  std::set<std::string> said_;
};

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t kParts = 6;  // "Fri,", "01", "Aug", "2025", "00:00:00", "GMT"
  const auto parts = split_fields(text, ' ');
  if (parts.size() != kParts || !parts[0].ends_with(',') ||
      (parts[5] != "GMT" && parts[5] != "UTC" && parts[5] != "+0000")) {
    return std::nullopt;
  }
  const auto day = parse_number<unsigned>(parts[1]);
  const auto month = std::ranges::find(kMonths, parts[2]);
  const auto year = parse_number<int>(parts[3]);
  const auto clock = split_fields(parts[4], ':');
  if (!day || month == kMonths.end() || !year || *year < 1970 || *year > 2199 ||
      clock.size() != 3) {
    return std::nullopt;
  }
  const auto hours = parse_number<unsigned>(clock[0]);
  const auto minutes = parse_number<unsigned>(clock[1]);
  const auto seconds = parse_number<unsigned>(clock[2]);
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(*day)};
  // The 60th second is one that was put in.
  if (!date.ok() || !hours || *hours > 23 || !minutes || *minutes > 59 || !seconds ||
      *seconds > 60) {
    return std::nullopt;
  }
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(*hours) +
                    std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
  return time.time_since_epoch() / std::chrono::seconds(1);
}

Result<ManagementAnswer> parse_tasks(std::string_view json_text,
                                     std::span<const NodeSettings> nodes, const Day& day) {
  const auto json = parse_source_json(json_text);
  if (!json) {
    return tl::make_unexpected(json.error());
  }
  if (!json->is_object()) {
    return failure("the answer is no object of tasks");
  }
  TaskReader reader(nodes, day);
  for (const auto& [key, entry] : json->items()) {
    reader.take(key, entry);
  }
  return reader.finish();
}

void drop_indices_beyond(std::size_t card_count, const std::string& node,
                         std::vector<TaskUse>& tasks, std::vector<std::string>& warnings) {
  for (TaskUse& task : tasks) {
    for (TaskUse::OnCard& card : task.cards) {
      if (!card.index || *card.index < card_count) {
        continue;
      }
      card.index.reset();
      auto text = fmt::format("GPU id {} is none of {}, which has {}", card.id, node,
                              counted(card_count, "card"));
      if (std::ranges::find(warnings, text) == warnings.end()) {
        warnings.push_back(std::move(text));
      }
    }
  }
}

}  // namespace wemol::report::daily
