#include "netdata_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "source_answer.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAmdUtilization = "amdgpu.gpu_utilization";
constexpr std::string_view kAmdMemory = "amdgpu.gpu_mem_vram_usage_perc";
constexpr std::string_view kNvidiaUtilization = "nvidia_smi.gpu_utilization";
/// The collector in Python, before and after its contexts were renamed, and the one in Go.
constexpr std::array<std::string_view, 3> kNvidiaMemory{"nvidia_smi.memory_allocated",
                                                        "nvidia_smi.mem_usage",
                                                        "nvidia_smi.gpu_frame_buffer_memory_usage"};

struct Device {
  std::optional<unsigned> number;  ///< its card's (AMD), or nvidia-smi's index
  NetdataCard card;
};
/// By what tells a vendor's devices apart.
using Devices = std::map<std::string, Device>;

/// "…_card9", "unknown AMD GPU (card9)"
std::optional<unsigned> card_number(std::string_view text) {
  constexpr std::string_view kCard = "card";
  text = text.ends_with(')') ? text.substr(0, text.size() - 1) : text;
  const std::size_t at = text.rfind(kCard);
  return at == std::string_view::npos ? std::nullopt
                                      : parse_number<unsigned>(text.substr(at + kCard.size()));
}

/// "nvidia_smi_local.gpu0_gpu_utilization" -> "gpu0"; in Go's "gpu_gpu-a1b2…_gpu_utilization".
std::string nvidia_key(std::string_view id) {
  id = id.substr(std::min(id.size(), id.find('.') + 1));
  for (const std::string_view end :
       {"_gpu_utilization", "_frame_buffer_memory_usage", "_mem_usage"}) {
    if (id.ends_with(end)) {
      return std::string(id.substr(0, id.size() - end.size()));
    }
  }
  return std::string(id);
}

std::optional<unsigned> nvidia_number(std::string_view key, const Json& labels) {
  constexpr std::string_view kGpu = "gpu";
  if (const auto index = parse_number<unsigned>(text_of(labels, "index"))) {
    return index;
  }
  return key.starts_with(kGpu) ? parse_number<unsigned>(key.substr(kGpu.size())) : std::nullopt;
}

void describe(const Json& labels, NetdataCard& card) {
  card.name = card.name.empty() ? text_of(labels, "product_name") : card.name;
  card.uuid = card.uuid.empty() ? text_of(labels, "uuid") : card.uuid;
}

void take_amd_chart(const std::string& id, std::string_view context, const Json& chart,
                    Devices& devices) {
  auto number = card_number(id);
  number = number ? number : card_number(text_of(chart, "family"));
  if (!number) {
    return;
  }
  // By number, for the cards without settings are counted in its order.
  Device& device = devices[fmt::format("{:010}", *number)];
  device.number = number;
  device.card.card = number;
  describe(chart.value("chart_labels", Json::object()), device.card);
  (context == kAmdUtilization ? device.card.utilization_charts : device.card.memory_charts)
      .push_back(id);
}

void take_nvidia_chart(const std::string& id, std::string_view context, const Json& chart,
                       Devices& devices) {
  const std::string key = nvidia_key(id);
  const Json labels = chart.value("chart_labels", Json::object());
  Device& device = devices[key];
  const auto number = nvidia_number(key, labels);
  device.number = number ? number : device.number;
  describe(labels, device.card);
  (context == kNvidiaUtilization ? device.card.utilization_charts : device.card.memory_charts)
      .push_back(id);
}

std::optional<unsigned> index_in(const std::vector<unsigned>& cards, unsigned number) {
  const auto at = std::ranges::find(cards, number);
  return at == cards.end() ? std::nullopt
                           : std::optional(static_cast<unsigned>(at - cards.begin()));
}

/// An index by the settings; nothing: they do not name the device.
std::optional<unsigned> index_by_settings(const Device& device, const NodeSettings& node) {
  if (const auto id = node.ids.find(device.card.uuid); id != node.ids.end()) {
    return id->second;
  }
  return device.number ? index_in(node.cards, *device.number) : std::nullopt;
}

void number_devices(Devices& devices, const NodeSettings& node, NetdataCards& cards) {
  unsigned next = 0;
  for (auto& [key, device] : devices) {
    const auto by_settings = index_by_settings(device, node);
    if (!by_settings && !node.cards.empty()) {
      continue;
    }
    const bool is_counted = cards.vendor == Vendor::amd || !device.number;
    const unsigned found = is_counted ? next++ : *device.number;
    cards.by_index.try_emplace(by_settings.value_or(found), std::move(device.card));
  }
  for (std::size_t i = 0; i < node.cards.size(); ++i) {
    NetdataCard missing;
    missing.card = cards.vendor == Vendor::amd ? std::optional(node.cards[i]) : std::nullopt;
    cards.by_index.try_emplace(static_cast<unsigned>(i), std::move(missing));
  }
}

bool has_number_of(const Devices& devices, const std::vector<unsigned>& cards) {
  return std::ranges::any_of(devices, [&](const auto& device) {
    return device.second.number && index_in(cards, *device.second.number);
  });
}

/// The columns of a row that count: the first one, or all of a memory chart.
struct Columns {
  std::size_t used = 1;
  std::vector<std::size_t> all;  ///< empty: the value itself is the share
};

Columns columns_of(const Json& labels) {
  Columns columns;
  for (std::size_t i = 1; labels.is_array() && i < labels.size(); ++i) {
    const std::string label = labels[i].is_string() ? labels[i].get<std::string>() : "";
    if (label == "used") {
      columns.used = i;
    }
    if (label == "used" || label == "free" || label == "reserved") {
      columns.all.push_back(i);
    }
  }
  if (columns.all.size() < 2) {
    columns.all.clear();
  }
  return columns;
}

std::optional<Number> value_in(const Json& row, const Columns& columns) {
  if (columns.all.empty()) {
    return number_of(row[columns.used]);
  }
  constexpr double kPercent = 100;
  double total = 0;
  for (const std::size_t column : columns.all) {
    if (column >= row.size() || !row[column].is_number()) {
      return std::nullopt;
    }
    total += row[column].get<double>();
  }
  return total > 0 ? std::optional(Number(kPercent * row[columns.used].get<double>() / total))
                   : std::nullopt;
}

}  // namespace

Result<NetdataCards> find_cards(std::string_view charts_json, const NodeSettings& node) {
  const auto json = parse_source_json(charts_json);
  if (!json) {
    return tl::make_unexpected(json.error());
  }
  const auto charts = json->is_object() ? json->find("charts") : json->end();
  if (!json->is_object() || charts == json->end() || !charts->is_object()) {
    return failure("the answer is no list of Netdata's charts");
  }
  Devices amd;
  Devices nvidia;
  for (const auto& [id, chart] : charts->items()) {
    const std::string context = text_of(chart, "context");
    if (context == kAmdUtilization || context == kAmdMemory) {
      take_amd_chart(id, context, chart, amd);
    } else if (context == kNvidiaUtilization ||
               std::ranges::find(kNvidiaMemory, context) != kNvidiaMemory.end()) {
      take_nvidia_chart(id, context, chart, nvidia);
    }
  }
  // Where a CPU has a small GPU of the other vendor.
  const bool is_amd = node.cards.empty() ? amd.size() >= nvidia.size()
                                         : has_number_of(amd, node.cards) || nvidia.empty();
  NetdataCards cards{.vendor = is_amd ? Vendor::amd : Vendor::nvidia};
  number_devices(is_amd ? amd : nvidia, node, cards);
  return cards;
}

Result<NetdataRows> parse_rows(std::string_view data_json, const Day& day) {
  const auto json = parse_source_json(data_json);
  if (!json) {
    return tl::make_unexpected(json.error());
  }
  const auto data = json->is_object() ? json->find("data") : json->end();
  if (!json->is_object() || data == json->end() || !data->is_array()) {
    return failure("the answer is not Netdata's data");
  }
  const Columns columns = columns_of(json->value("labels", Json::array()));
  NetdataRows rows;
  for (const Json& row : *data) {
    if (!row.is_array() || row.size() <= columns.used || !row[0].is_number_integer()) {
      continue;
    }
    const auto end = row[0].get<std::int64_t>();
    if (end > day.begin_epoch && end <= day.end_epoch) {
      rows.try_emplace(end, value_in(row, columns));
    }
  }
  return rows;
}

}  // namespace wemol::report::daily
