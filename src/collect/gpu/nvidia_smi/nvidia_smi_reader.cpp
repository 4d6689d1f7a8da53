#include "nvidia_smi_reader.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "text.h"

namespace wemol::nvidia_smi {
namespace {

using Status = CommandOutcome::Status;

constexpr const char* kKind = "nvidia-smi";
constexpr const char* kConsequence = "the gpu_ columns are N/A";

/// What an outcome says of itself: nvidia-smi writes most errors to standard output.
std::string own_words(const CommandOutcome& outcome, const std::vector<std::string>& messages) {
  if (!messages.empty()) {
    return ": " + printable(messages.front());
  }
  const std::string error = first_line(outcome.standard_error);
  return error.empty() ? "" : ": " + error;
}

Condition unreadable(const CommandOutcome& outcome, const std::vector<std::string>& messages,
                     std::string_view what) {
  // A host without nvidia-smi is normal: that is said once.
  const bool missing = outcome.status == Status::not_found;
  return {.key = missing ? kMissing : fmt::format("nvidia-smi {}", what),
          .severity = Severity::warning,
          .message = fmt::format("nvidia-smi ({}) {}{}; {}", what, outcome.describe(),
                                 own_words(outcome, messages), kConsequence),
          .follow_up = !missing};
}

/// Whether nvidia-smi has nothing to say since there is no GPU for it.
bool finds_none(const CommandOutcome& outcome, const std::vector<std::string>& messages) {
  // Of its own: "not found", "driver not loaded" and "NVML not found".
  constexpr std::array kCodes{6, 9, 12};
  return outcome.status == Status::not_found ||
         (outcome.status == Status::exited &&
          (std::ranges::any_of(messages, says_no_gpu) ||
           (messages.empty() && std::ranges::find(kCodes, outcome.code) != kCodes.end())));
}

/// Whether an answer without a row is a whole one. Status 14 only says that a warning was printed
/// beside the answer; but of GPUs, the one that is warned of is missing then.
template <typename Row>
bool is_whole_without_rows(const QueryOutput<Row>& output, const CommandOutcome& outcome) {
  constexpr int kInfoRomCorrupted = 14;
  const bool is_warning = std::is_same_v<Row, GpuProcess> && outcome.code == kInfoRomCorrupted &&
                          output.device_messages.empty();
  const bool lacks_warned = std::is_same_v<Row, GpuDevice> && !output.warnings.empty();
  return (outcome.succeeded() || is_warning) && !lacks_warned && output.failure_messages.empty();
}

/// What is recorded in spite of a message.
template <typename Row>
std::string recorded(std::size_t rows, bool is_one_missing) {
  if constexpr (std::is_same_v<Row, GpuProcess>) {
    return is_one_missing ? "processes on that GPU are missing, those on the others are recorded"
                          : "all processes on the GPUs are recorded";
  } else {
    const std::string gpus = fmt::format("{} listed GPU{}", rows, rows == 1 ? "" : "s");
    const std::string are = rows == 1 ? "is" : "are";
    return is_one_missing ? fmt::format("that GPU is missing, the {} {} recorded", gpus, are)
                          : fmt::format("{}{} {} recorded", rows == 1 ? "the " : "all ", gpus, are);
  }
}

template <typename Row>
void state_messages(const QueryOutput<Row>& output, std::string_view what, Conditions& conditions) {
  const auto state = [&](const std::string& key, const std::string& message, bool is_one_missing) {
    conditions.push_back(
        {.key = fmt::format("nvidia-smi {}/{}", what, key),
         .severity = Severity::warning,
         .message = fmt::format("nvidia-smi ({}) says: {}; {}", what, printable(message),
                                recorded<Row>(output.rows.size(), is_one_missing))});
  };
  for (const std::string& message : output.warnings) {
    state(message, message, false);
  }
  for (const std::string& message : output.device_messages) {
    state(message, message, true);
  }
  if (!output.failure_messages.empty()) {  // may differ from round to round
    state("other messages", output.failure_messages.front(), false);
  }
}

/// The rows of a query when they can be used; states what was printed beside them. An empty
/// answer is a good one only when it is whole, and one that was cut off is none: a process in the
/// part that is missing would be taken for no process.
template <typename Row>
std::optional<std::vector<Row>> usable_rows(QueryOutput<Row> output, const CommandOutcome& outcome,
                                            std::string_view what, GpuReadings& readings) {
  const bool ended_by_itself = outcome.status == Status::exited;
  const bool is_cut_off = ended_by_itself && !output.half_line.empty();
  if (output.rows.empty()) {
    add_standard_error(outcome.standard_error, output);
  }
  if (!ended_by_itself || is_cut_off ||
      (output.rows.empty() && !is_whole_without_rows(output, outcome))) {
    auto messages = std::move(output.failure_messages);
    if (is_cut_off) {
      messages.insert(messages.begin(), outcome.succeeded()
                                            ? "the answer is cut off at \"" + output.half_line + '"'
                                            : output.half_line);
    }
    messages.insert(messages.end(), output.device_messages.begin(), output.device_messages.end());
    messages.insert(messages.end(), output.warnings.begin(), output.warnings.end());
    readings.finds_none = !is_cut_off && output.device_messages.empty() &&
                          output.warnings.empty() && finds_none(outcome, messages);
    readings.conditions.push_back(unreadable(outcome, messages, what));
    return std::nullopt;
  }
  readings.finds_none = false;
  state_messages(output, what, readings.conditions);
  return std::move(output.rows);
}

}  // namespace

NvidiaSmiReader::NvidiaSmiReader(CommandRunner& runner, std::vector<GpuColumn> columns)
    : processes_query_(runner, kKind),
      devices_query_(runner, kKind),
      columns_(std::move(columns)) {}

GpuReadings NvidiaSmiReader::read(SteadyTime due) {
  GpuReadings readings;
  if (!known_processes_ && !read_processes(due, readings)) {
    return readings;  // the next call would fail or hang in the same way
  }
  readings = *known_processes_;
  read_devices(due, readings);
  if (!devices_query_.is_running()) {
    known_processes_.reset();
  }
  return readings;
}

bool NvidiaSmiReader::read_processes(SteadyTime due, GpuReadings& readings) {
  processes_query_.start(compute_apps_arguments());
  const auto outcome = processes_query_.finish_by(due);
  if (!outcome) {
    readings.conditions.push_back(processes_query_.why_late(kConsequence));
    return false;
  }
  readings.processes =
      usable_rows(parse_compute_apps(outcome->standard_output), *outcome, "processes", readings);
  processes_query_.note_result(readings.processes ? std::nullopt
                                                  : std::optional(readings.conditions.back()));
  if (outcome->status != Status::exited) {
    return false;
  }
  known_processes_ = std::move(readings);
  return true;
}

void NvidiaSmiReader::read_devices(SteadyTime due, GpuReadings& readings) {
  devices_query_.start(gpu_query_arguments(columns_));
  const auto outcome = devices_query_.finish_by(due);
  if (!outcome) {
    readings.conditions.push_back(devices_query_.why_late(kConsequence));
    return;
  }
  if (const auto field = unknown_field(outcome->standard_output)) {
    std::erase_if(columns_, [&](const GpuColumn& column) { return column.field == *field; });
    readings.conditions.push_back(
        {.key = fmt::format("nvidia-smi field/{}", *field),
         .severity = Severity::warning,
         .message = fmt::format("nvidia-smi does not know the field {}: it is asked for without it "
                                "from the next round on",
                                printable(*field)),
         .follow_up = false});
    return;
  }
  readings.devices =
      usable_rows(parse_gpus(outcome->standard_output, columns_), *outcome, "devices", readings);
  devices_query_.note_result(readings.devices ? std::nullopt
                                              : std::optional(readings.conditions.back()));
}

}  // namespace wemol::nvidia_smi
