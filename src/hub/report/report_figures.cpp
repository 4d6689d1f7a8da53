#include "report_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "host_schema.h"
#include "json_value.h"
#include "task_schema.h"
#include "text.h"

namespace wemol::hub {
namespace {

namespace json = boost::json;

constexpr double kMebibyte = 0x1p20;
constexpr std::size_t kMostFigures = 20'000;
constexpr std::size_t kLongestContainerName = 128;

/// What the old form calls a figure of ours.
struct OldName {
  std::string_view key;
  std::string_view figure;
  double factor = 1;
};

constexpr std::array kOldSystemNames{
    OldName{"cpu_percent", "system.cpu.usage_percent"},
    OldName{"memory_total", "system.memory.total_bytes"},
    OldName{"memory_used", "system.memory.used_bytes"},
    OldName{"memory_percent", "system.memory.usage_percent"},
    // Of the root file system: the old form has no other.
    OldName{"disk_total", "system.disk.total_bytes"},
    OldName{"disk_used", "system.disk.used_bytes"},
    OldName{"disk_percent", "system.disk.usage_percent"},
};

constexpr std::array kOldGpuNames{
    OldName{"utilization", "gpu.{}.gpu"},
    OldName{"temperature", "gpu.{}.temp"},
    OldName{"memory_used", "gpu.{}.memoryAllocatedBytes", kMebibyte},
    OldName{"memory_total", "gpu.{}.memoryTotalBytes", kMebibyte},
};

/// A counter grows for as long as its container lives: its mean says nothing.
bool is_gauge(const Field& field) {
  return !field.metric.empty() && !field.metric.ends_with("_total");
}

const json::value* find(const json::value& within, std::string_view key) {
  const json::object* const object = within.if_object();
  const json::value* const found = object == nullptr ? nullptr : object->if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

/// The place "memory.swap.used"; null where there is nothing.
const json::value* find_place(const json::value& within, std::string_view place) {
  const json::value* at = &within;
  while (at != nullptr && !place.empty()) {
    const std::string_view part = place.substr(0, place.find('.'));
    place.remove_prefix(std::min(part.size() + 1, place.size()));
    const json::array* const list = at->if_array();
    if (list == nullptr) {
      at = find(*at, part);
      continue;
    }
    const auto index = parse_number<std::size_t>(part);
    at = index && *index < list->size() && !(*list)[*index].is_null() ? &(*list)[*index] : nullptr;
  }
  return at;
}

/// "cpu.loadAverage.0" as "cpu.loadAverage[0]".
std::string place_text(std::string_view place) {
  std::string text;
  for (const std::string_view part : split_fields(place, '.')) {
    if (parse_number<std::size_t>(part)) {
      text += fmt::format("[{}]", part);
    } else {
      text += text.empty() ? "" : ".";
      text += part;
    }
  }
  return text;
}

std::string numbered(std::string_view flat_key, std::uint64_t number) {
  return fmt::format(fmt::runtime(flat_key), number);
}

/// A container's name as a part of a figure's: dots divide parts, and blanks and control characters
/// are in the way of whoever asks for it.
std::string figure_part(std::string_view name) {
  std::string part = printable(name);
  std::ranges::replace_if(
      part, [](char c) { return c == ' ' || c == '.' || c == '*'; }, '_');
  return part;
}

class Collect {
 public:
  void host(const json::value& record) {
    for (const auto& field : host_fields()) {
      if (!field.flat_key.empty() && !field.name.empty()) {
        take(find_place(record, field.name), std::string(field.flat_key),
             [&] { return fmt::format("record.{}", place_text(field.name)); });
      }
    }
    if (const json::value* const gpus = find(record, "accelerators")) {
      each(*gpus, [&](const json::value& gpu, std::size_t at) {
        device(gpu, fmt::format("record.accelerators[{}]", at));
      });
    }
  }

  void old_system(const json::value& system) {
    for (const OldName& name : kOldSystemNames) {
      take_checked(find(system, name.key), std::string(name.figure), name.factor);
    }
  }

  /// Our further keys are named as in the record.
  void old_gpu(const json::value& gpu, std::size_t at) {
    const auto id = number_of_gpu(gpu);
    if (!id) {
      return;
    }
    for (const OldName& name : kOldGpuNames) {
      take_checked(find(gpu, name.key), numbered(name.figure, *id), name.factor);
    }
    for (const auto& field : gpu_fields()) {
      const bool is_old =
          std::ranges::find(kOldGpuNames, field.flat_key, &OldName::figure) != kOldGpuNames.end();
      if (!field.flat_key.empty() && !is_old) {
        take(find_place(gpu, field.name), numbered(field.flat_key, *id),
             [&] { return fmt::format("gpu_data[{}].{}", at, place_text(field.name)); });
      }
    }
  }

  void container(const json::value& container) {
    const json::value* const name = find(container, "name");
    if (name == nullptr || name->get_string().empty() ||
        name->get_string().size() > kLongestContainerName) {
      return;
    }
    const std::string prefix = fmt::format("container.{}.", figure_part(name->get_string()));
    for (const auto& field : sample_fields()) {
      if (is_gauge(field)) {
        take_if_number(find(container, field.name), prefix + std::string(field.name));
      }
    }
    if (find(container, "memory_used_bytes") == nullptr) {
      take_checked(find(container, "memoryUsage"), prefix + "memory_used_bytes", 1);
    }
    if (const json::value* const gpus = find(container, "gpus")) {
      each(*gpus, [&](const json::value& gpu, std::size_t) { gpu_use(gpu, prefix); });
    }
  }

  Result<Figures> finish() {
    if (!trouble_.empty()) {
      return failure(std::move(trouble_));
    }
    // Of two with one name the first counts.
    std::ranges::stable_sort(figures_, {}, &Figure::name);
    const auto is_same = [](const Figure& one, const Figure& other) {
      return one.name == other.name;
    };
    figures_.erase(std::unique(figures_.begin(), figures_.end(), is_same), figures_.end());
    return std::move(figures_);
  }

  template <typename Take>
  static void each(const json::value& list, Take take) {
    if (const json::array* const array = list.if_array()) {
      for (std::size_t at = 0; at < array->size(); ++at) {
        take((*array)[at], at);
      }
    }
  }

 private:
  static std::optional<std::uint64_t> number_of_gpu(const json::value& gpu) {
    constexpr double kLargest = 9999;
    const json::value* const id = find(gpu, "id");
    if (id == nullptr || id->to_number<double>() > kLargest) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(id->to_number<double>());
  }

  void device(const json::value& gpu, const std::string& place) {
    const auto id = number_of_gpu(gpu);
    if (!id) {
      return;
    }
    for (const auto& field : gpu_fields()) {
      if (!field.flat_key.empty()) {
        take(find_place(gpu, field.name), numbered(field.flat_key, *id),
             [&] { return fmt::format("{}.{}", place, place_text(field.name)); });
      }
    }
  }

  void gpu_use(const json::value& gpu, const std::string& prefix) {
    const json::value* const index = find(gpu, "index");
    if (index == nullptr) {
      return;
    }
    for (const auto& field : gpu_use_fields()) {
      take_if_number(find(gpu, field.name),
                     fmt::format("{}gpu.{}.{}", prefix, index->to_number<double>(), field.name));
    }
  }

  template <typename NameOfPlace>
  void take(const json::value* value, std::string name, NameOfPlace place) {
    if (value == nullptr) {
      return;
    }
    if (!value->is_number() || !std::isfinite(value->to_number<double>())) {
      trouble_ = trouble_.empty()
                     ? fmt::format("{}: a number is expected, not {}", place(),
                                   value->is_number() ? "one that is too large" : kind_name(*value))
                     : trouble_;
      return;
    }
    add(std::move(name), value->to_number<double>());
  }

  /// Of a field that was checked.
  void take_checked(const json::value* value, std::string name, double factor) {
    if (value != nullptr) {
      add(std::move(name), value->to_number<double>() * factor);
    }
  }

  void take_if_number(const json::value* value, std::string name) {
    if (value != nullptr && value->is_number() && std::isfinite(value->to_number<double>())) {
      add(std::move(name), value->to_number<double>());
    }
  }

  void add(std::string name, double value) {
    if (figures_.size() < kMostFigures) {
      figures_.push_back({std::move(name), value});
    }
  }

  Figures figures_;
  std::string trouble_;
};

}  // namespace

Result<Figures> figures_of(const json::object& report) {
  Collect collect;
  const json::value* const record = report.if_contains("record");
  if (record != nullptr && record->is_object()) {
    collect.host(*record);
  }
  const json::value* const system = report.if_contains("system_info");
  if (system != nullptr && system->is_object()) {
    collect.old_system(*system);
    if (const json::value* const containers =
            system->get_object().if_contains("docker_containers")) {
      Collect::each(*containers,
                    [&](const json::value& it, std::size_t) { collect.container(it); });
    }
  }
  if (const json::value* const gpus = report.if_contains("gpu_data")) {
    Collect::each(*gpus, [&](const json::value& it, std::size_t at) { collect.old_gpu(it, at); });
  }
  return collect.finish();
}

}  // namespace wemol::hub
