#include "recorder_source.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "device_history_reader.h"
#include "device_row.h"
#include "parallel_for.h"
#include "task_holds.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

using reading::DeviceInSpan;
using reading::DevicePart;
using reading::DeviceSpan;

/// A node's files with what they hold.
struct NodeFiles {
  std::string failure;  ///< empty: none
  std::vector<DeviceFile> files;
  std::vector<DevicePart> parts;  ///< one for each file
  std::string tasks_failure;      ///< empty: none, or none are wanted
  std::vector<reading::TaskHold> tasks;
};

std::vector<DeviceSpan> spans_of(const std::vector<Day>& days, std::int64_t piece_seconds) {
  std::vector<DeviceSpan> spans;
  spans.reserve(days.size());
  for (const Day& day : days) {
    spans.push_back({.begin_epoch = day.begin_epoch,
                     .end_epoch = day.end_epoch,
                     .piece_seconds = std::max<std::int64_t>(piece_seconds, 1)});
  }
  return spans;
}

unsigned side_by_side(const RecorderRules& rules) {
  return rules.threads != 0 ? rules.threads : std::max(1U, std::thread::hardware_concurrency());
}

void read_tasks(const NodeSettings& node, const std::vector<DeviceSpan>& spans, unsigned threads,
                NodeFiles& found) {
  if (node.tasks.empty() || spans.empty()) {
    return;
  }
  auto tasks = reading::read_task_holds(node.tasks, spans.front().begin_epoch,
                                        spans.back().end_epoch, threads);
  if (tasks) {
    found.tasks = std::move(*tasks);
  } else {
    found.tasks_failure = tasks.error().message;
  }
}

NodeFiles files_of(const NodeSettings& node, const std::vector<DeviceSpan>& spans,
                   unsigned threads) {
  NodeFiles found;
  read_tasks(node, spans, threads, found);
  auto files = list_device_files(std::filesystem::path(node.url) / "devices");
  if (!files) {
    found.failure = "no device history: " + files.error().message;
    return found;
  }
  std::erase_if(*files, [&](const DeviceFile& file) {
    return std::ranges::none_of(spans, [&](const DeviceSpan& span) {
      return reading::may_hold(file, span.begin_epoch, span.end_epoch);
    });
  });
  found.files = std::move(*files);
  found.parts.resize(found.files.size());
  return found;
}

void read_all(std::vector<NodeFiles>& nodes, const std::vector<DeviceSpan>& spans,
              unsigned threads) {
  std::vector<std::pair<std::size_t, std::size_t>> items;
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    for (std::size_t file = 0; file < nodes[node].files.size(); ++file) {
      items.emplace_back(node, file);
    }
  }
  reading::parallel_for(
      items.size(), threads,
      [&](std::size_t item, unsigned /*worker*/) {
        NodeFiles& node = nodes[items[item].first];
        const std::size_t file = items[item].second;
        node.parts[file] = reading::read_device_rows(node.files[file], spans);
      },
      [] {});
}

/// An integer stays one, and no figure has more digits than its source: so files look alike,
/// whatever they were made of.
std::optional<Number> to_number(const std::optional<double>& value) {
  if (!value) {
    return std::nullopt;
  }
  constexpr double kDigits = 1e4;
  const double rounded = std::round(*value * kDigits) / kDigits;
  if (rounded == std::floor(rounded)) {
    return Number(static_cast<std::int64_t>(rounded));
  }
  return Number(rounded);
}

std::vector<Bucket> buckets_of(const DeviceInSpan& device, const DeviceSpan& span,
                               std::int64_t expected) {
  std::vector<Bucket> buckets;
  for (std::size_t at = 0; at < device.pieces.size(); ++at) {
    const auto number = static_cast<std::int64_t>(at);
    const reading::DevicePiece& piece = device.pieces[at];
    const bool has_rows = piece.utilization_count > 0 || piece.memory_count > 0;
    if (number >= expected && !has_rows) {
      break;
    }
    buckets.push_back({.end_epoch = std::min(span.begin_epoch + (number + 1) * span.piece_seconds,
                                             span.end_epoch),
                       .utilization_percent = to_number(piece.utilization_percent()),
                       .memory_percent = to_number(piece.memory_percent())});
  }
  return buckets;
}

/// Who had it, in order of time: owners of processes, and tasks by the index that it had last.
void add_holds(const DeviceInSpan& device, const std::vector<reading::TaskHold>& tasks,
               const DeviceSpan& span, CardDay& card) {
  for (const reading::DeviceHold& hold : device.holds) {
    card.holds.push_back(
        {.user = hold.user, .begin_epoch = hold.begin_epoch, .end_epoch = hold.end_epoch});
  }
  for (const reading::TaskHold& task : tasks) {
    const bool touches = task.begin_epoch < span.end_epoch && task.end_epoch >= span.begin_epoch;
    if (task.gpu_index == device.index && touches) {
      card.holds.push_back({.user = task_as_user(task.task_id),
                            .begin_epoch = std::max(task.begin_epoch, span.begin_epoch),
                            .end_epoch = std::min(task.end_epoch, span.end_epoch)});
    }
  }
  std::ranges::stable_sort(card.holds, {}, &CardDay::Hold::begin_epoch);
  for (const CardDay::Hold& hold : card.holds) {
    if (std::ranges::find(card.users, hold.user) == card.users.end()) {
      card.users.push_back(hold.user);
    }
  }
  card.are_users_unknown = device.rows_with_users == 0 && card.holds.empty();
}

CardDay card_of(const std::string& uuid, const DeviceInSpan& device, const DeviceSpan& span,
                std::int64_t expected, const NodeSettings& node) {
  CardDay card{.index = device.index, .uuid = uuid, .name = device.name};
  if (const auto by_uuid = node.ids.find(uuid); by_uuid != node.ids.end()) {
    card.index = by_uuid->second;
  }
  if (card.index < node.cards.size()) {
    card.card = node.cards[card.index];
  }
  card.buckets = buckets_of(device, span, expected);
  return card;
}

/// Two of one index: a card was exchanged, or a boot has numbered them anew.
void settle_indices(std::vector<CardDay>& cards) {
  std::ranges::stable_sort(cards, {}, &CardDay::index);
  std::set<unsigned> taken;
  for (CardDay& card : cards) {
    if (!taken.insert(card.index).second) {
      const unsigned wanted = card.index;
      card.index = *taken.rbegin() + 1;
      card.card.reset();
      taken.insert(card.index);
      card.failure = fmt::format("two GPUs had index {} on this day: {} is listed as {}", wanted,
                                 card.uuid, card.index);
    }
  }
  std::ranges::stable_sort(cards, {}, &CardDay::index);
}

/// Those of the settings that have no rows.
void add_missing_cards(const NodeSettings& node, std::vector<CardDay>& cards) {
  for (unsigned index = 0; index < node.cards.size(); ++index) {
    if (std::ranges::find(cards, index, &CardDay::index) == cards.end()) {
      cards.push_back({.index = index,
                       .card = node.cards[index],
                       .failure = "the device history has no rows of it",
                       .are_users_unknown = true});
    }
  }
  std::ranges::stable_sort(cards, {}, &CardDay::index);
}

NodeDay node_day(const NodeSettings& node, const NodeFiles& files, const DevicePart& rows,
                 std::size_t day_number, const Day& day, const DeviceSpan& span,
                 std::int64_t now_epoch) {
  NodeDay result{.node = node.name};
  if (!files.tasks_failure.empty()) {
    result.users_failure = "tasks: " + files.tasks_failure;
  }
  const std::int64_t until = std::clamp(now_epoch, day.begin_epoch, day.end_epoch);
  result.expected_buckets = (until - day.begin_epoch + span.piece_seconds - 1) / span.piece_seconds;
  if (day_number < rows.spans.size()) {
    for (const auto& [uuid, device] : rows.spans[day_number]) {
      result.cards.push_back(card_of(uuid, device, span, result.expected_buckets, node));
      add_holds(device, files.tasks, span, result.cards.back());
    }
  }
  const bool has_nvidia = std::ranges::any_of(
      result.cards, [](const CardDay& card) { return card.uuid.starts_with("GPU-"); });
  result.vendor = has_nvidia ? Vendor::nvidia : Vendor::amd;
  if (result.cards.empty()) {
    result.failure = !files.failure.empty() ? files.failure
                     : !rows.warnings.empty()
                         ? rows.warnings.front()
                         : fmt::format("{}: no device history of {}", node.url, day.date);
  }
  settle_indices(result.cards);
  add_missing_cards(node, result.cards);
  return result;
}

}  // namespace

std::vector<std::vector<NodeDay>> fetch_recorder_days(const std::vector<NodeSettings>& nodes,
                                                      const std::vector<Day>& days,
                                                      const RecorderRules& rules) {
  const std::vector<DeviceSpan> spans = spans_of(days, rules.piece_seconds);
  std::vector<NodeFiles> files;
  files.reserve(nodes.size());
  for (const NodeSettings& node : nodes) {
    files.push_back(files_of(node, spans, side_by_side(rules)));
  }
  read_all(files, spans, side_by_side(rules));
  std::vector<std::vector<NodeDay>> result(days.size());
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    DevicePart rows;
    for (DevicePart& part : files[node].parts) {
      reading::add_part(std::move(part), rows);
    }
    for (std::size_t day = 0; day < days.size(); ++day) {
      result[day].push_back(
          node_day(nodes[node], files[node], rows, day, days[day], spans[day], rules.now_epoch));
    }
  }
  return result;
}

std::function<NodeDay(const NodeSettings&, const Day&)> recorder_days(
    std::vector<NodeSettings> nodes, std::vector<Day> days, const RecorderRules& rules) {
  struct Read {
    std::vector<NodeSettings> nodes;
    std::vector<Day> days;
    std::once_flag once;
    std::vector<std::vector<NodeDay>> result;
  };
  const auto read = std::make_shared<Read>();
  std::erase_if(nodes, [](const NodeSettings& it) { return it.source != SourceKind::recorder; });
  read->nodes = std::move(nodes);
  read->days = std::move(days);
  return [read, rules](const NodeSettings& node, const Day& day) {
    std::call_once(read->once,
                   [&] { read->result = fetch_recorder_days(read->nodes, read->days, rules); });
    const auto wanted_day = std::ranges::find(read->days, day);
    const auto wanted = std::ranges::find(read->nodes, node.name, &NodeSettings::name);
    if (wanted_day == read->days.end() || wanted == read->nodes.end()) {
      return fetch_recorder_days({node}, {day}, rules).front().front();
    }
    return read->result[static_cast<std::size_t>(wanted_day - read->days.begin())]
                       [static_cast<std::size_t>(wanted - read->nodes.begin())];
  };
}

}  // namespace wemol::report::daily
