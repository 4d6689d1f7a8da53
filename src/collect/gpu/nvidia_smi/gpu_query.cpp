#include "gpu_query.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "text.h"

namespace wemol::nvidia_smi {
namespace {

constexpr double kBytesPerMiB = 1 << 20;

bool is_uuid(std::string_view text) {
  return text.starts_with("GPU-") || text.starts_with("MIG-");
}

std::optional<double> parse_value(std::string_view text) {
  const auto value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::uint64_t> parse_mib(std::string_view text) {
  const auto value = parse_value(text);
  if (!value || *value < 0 || *value * kBytesPerMiB >= 0x1p64) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*value * kBytesPerMiB);
}

enum class Kind { nothing, warning, missing_device, failure, other };

constexpr std::string_view kNoDevices = "No devices were found";
constexpr std::string_view kNoDriver =
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver";
constexpr std::string_view kNoLibrary = "NVIDIA-SMI couldn't find libnvidia-ml.so";

Kind kind_of(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> kStarts{{
      {"WARNING:", Kind::warning},
      {"Unable to determine the device handle", Kind::missing_device},
      {"No running processes found", Kind::nothing},
      {"No running compute processes found", Kind::nothing},
      {kNoDevices, Kind::failure},
      {"NVIDIA-SMI ", Kind::failure},
      {"Failed to initialize NVML", Kind::failure},
      {"Field \"", Kind::failure},
  }};
  if (line.empty()) {
    return Kind::nothing;
  }
  const auto found = std::ranges::find_if(
      kStarts, [&](const auto& start) { return line.starts_with(start.first); });
  return found == kStarts.end() ? Kind::other : found->second;
}

template <typename Row>
void add_message(std::string_view line, Kind kind, QueryOutput<Row>& output) {
  if (kind == Kind::warning) {
    output.warnings.emplace_back(line);
  } else if (kind == Kind::missing_device) {
    output.device_messages.emplace_back(line);
  } else if (kind != Kind::nothing) {
    output.failure_messages.emplace_back(line);
  }
}

constexpr std::size_t kFieldsBeforeName = 2;

std::optional<GpuDevice> parse_gpu(std::string_view line, const std::vector<GpuColumn>& columns) {
  const auto fields = split_fields(line, ',');
  if (fields.size() < kFieldsBeforeName + 1 + columns.size()) {
    return std::nullopt;
  }
  const auto index = parse_number<unsigned>(trimmed(fields[0]));
  const std::string_view uuid = trimmed(fields[1]);
  if (!index || !is_uuid(uuid)) {
    return std::nullopt;
  }
  // Of all fields only the name could hold the separator: it is what lies between the others.
  const std::string_view name_begin = fields[kFieldsBeforeName];
  const auto values = fields.end() - static_cast<std::ptrdiff_t>(columns.size());
  const std::string_view name_end = *(values - 1);
  const std::string_view name(
      name_begin.data(),
      static_cast<std::size_t>(name_end.data() + name_end.size() - name_begin.data()));
  GpuDevice device;
  device.index = *index;
  device.uuid = uuid;
  device.name = trimmed(name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string_view text = trimmed(values[static_cast<std::ptrdiff_t>(i)]);
    if (columns[i].mebibytes != nullptr) {
      device.*columns[i].mebibytes = parse_mib(text);
    } else {
      device.*columns[i].number = parse_value(text);
    }
  }
  return device;
}

std::optional<GpuProcess> parse_compute_app(std::string_view line) {
  auto fields = split_fields(line, ',');
  if (fields.size() != 3) {
    return std::nullopt;
  }
  std::ranges::transform(fields, fields.begin(), trimmed);
  const auto pid = parse_number<std::uint64_t>(fields[0]);
  if (!pid || !is_uuid(fields[1])) {
    return std::nullopt;
  }
  return GpuProcess{.pid = *pid,
                    .gpu_uuid = std::string(fields[1]),
                    .memory_used_bytes = parse_mib(fields[2]),
                    .container_id = std::nullopt};
}

template <typename Row, typename ParseRow>
QueryOutput<Row> parse_rows(std::string_view text, ParseRow parse_row) {
  QueryOutput<Row> output;
  for (const std::string_view line : complete_lines(text)) {
    if (std::optional<Row> row = parse_row(line)) {
      output.rows.push_back(std::move(*row));
    } else {
      add_message(trimmed(line), kind_of(trimmed(line)), output);
    }
  }
  output.half_line = half_line(text);
  return output;
}

}  // namespace

std::vector<GpuColumn> all_gpu_columns() {
  return {
      {.field = "memory.total", .mebibytes = &GpuDevice::memory_total_bytes},
      {.field = "memory.used", .mebibytes = &GpuDevice::memory_used_bytes},
      {.field = "utilization.gpu", .number = &GpuDevice::utilization_percent},
      {.field = "utilization.memory", .number = &GpuDevice::memory_utilization_percent},
      {.field = "temperature.gpu", .number = &GpuDevice::temperature_celsius},
      {.field = "fan.speed", .number = &GpuDevice::fan_speed_percent},
      {.field = "power.draw", .number = &GpuDevice::power_draw_watts},
      {.field = "power.limit", .number = &GpuDevice::power_limit_watts},
  };
}

std::vector<GpuColumn> memory_columns() {
  return {
      {.field = "memory.total", .mebibytes = &GpuDevice::memory_total_bytes},
      {.field = "memory.free", .mebibytes = &GpuDevice::memory_free_bytes},
  };
}

std::vector<std::string> gpu_query_arguments(const std::vector<GpuColumn>& columns) {
  std::string query = "--query-gpu=index,uuid,name";
  for (const GpuColumn& column : columns) {
    query.append(",").append(column.field);
  }
  return {"nvidia-smi", query, "--format=csv,noheader,nounits"};
}

std::vector<std::string> compute_apps_arguments() {
  return {"nvidia-smi", "--query-compute-apps=pid,gpu_uuid,used_memory",
          "--format=csv,noheader,nounits"};
}

std::optional<std::string_view> unknown_field(std::string_view text) {
  constexpr std::string_view kBegin = "Field \"";
  constexpr std::string_view kEnd = "\" is not a valid field to query";
  for (std::string_view line : complete_lines(text)) {
    if (line.starts_with(kBegin)) {
      line.remove_prefix(kBegin.size());
      if (const auto end = line.find(kEnd); end != std::string_view::npos) {
        return line.substr(0, end);
      }
    }
  }
  return std::nullopt;
}

template <typename Row>
void add_standard_error(std::string_view text, QueryOutput<Row>& output) {
  for (const std::string_view line : split_fields(text, '\n')) {
    const Kind kind = kind_of(trimmed(line));
    if (kind != Kind::other) {
      add_message(trimmed(line), kind, output);
    }
  }
}
template void add_standard_error(std::string_view text, QueryOutput<GpuDevice>& output);
template void add_standard_error(std::string_view text, QueryOutput<GpuProcess>& output);

bool says_no_gpu(std::string_view message) {
  return message.starts_with(kNoDevices) || message.starts_with(kNoDriver) ||
         message.starts_with(kNoLibrary);
}

QueryOutput<GpuDevice> parse_gpus(std::string_view text, const std::vector<GpuColumn>& columns) {
  return parse_rows<GpuDevice>(text,
                               [&](std::string_view line) { return parse_gpu(line, columns); });
}

QueryOutput<GpuProcess> parse_compute_apps(std::string_view text) {
  return parse_rows<GpuProcess>(text, parse_compute_app);
}

}  // namespace wemol::nvidia_smi
