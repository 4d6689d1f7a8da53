#include "nvidia_smi_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "printable.h"

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

/// The rows of a query when they can be used; states what was printed beside them. An empty
/// answer is a good one only without a word of failure and with exit status 0, and one that was cut
/// off is none: a process in the part that is missing would be taken for no process.
template <typename Row>
std::optional<std::vector<Row>> usable_rows(QueryOutput<Row> output, const CommandOutcome& outcome,
                                            std::string_view what, Conditions& conditions) {
  const bool ended_by_itself = outcome.status == Status::exited;
  const bool empty_but_good = outcome.succeeded() && output.failure_messages.empty();
  const bool is_cut_off = ended_by_itself && !output.half_line.empty();
  if (!ended_by_itself || is_cut_off || (output.rows.empty() && !empty_but_good)) {
    auto messages = std::move(output.failure_messages);
    if (is_cut_off) {
      messages.insert(messages.begin(), outcome.succeeded()
                                            ? "the answer is cut off at \"" + output.half_line + '"'
                                            : output.half_line);
    }
    messages.insert(messages.end(), output.device_messages.begin(), output.device_messages.end());
    conditions.push_back(unreadable(outcome, messages, what));
    return std::nullopt;
  }
  const auto state = [&](const std::string& key, const std::string& message) {
    conditions.push_back({.key = fmt::format("nvidia-smi {}/{}", what, key),
                          .severity = Severity::warning,
                          .message = fmt::format("nvidia-smi ({}) says: {}; the other GPUs are "
                                                 "recorded",
                                                 what, printable(message))});
  };
  for (const std::string& message : output.device_messages) {
    state(message, message);
  }
  if (!output.failure_messages.empty()) {
    state("other messages", output.failure_messages.front());  // may differ from round to round
  }
  return std::move(output.rows);
}

}  // namespace

NvidiaSmiReader::NvidiaSmiReader(CommandRunner& runner)
    : processes_query_(runner, kKind), devices_query_(runner, kKind), columns_(all_gpu_columns()) {}

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
  readings.processes = usable_rows(parse_compute_apps(outcome->standard_output), *outcome,
                                   "processes", readings.conditions);
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
  readings.devices = usable_rows(parse_gpus(outcome->standard_output, columns_), *outcome,
                                 "devices", readings.conditions);
  devices_query_.note_result(readings.devices ? std::nullopt
                                              : std::optional(readings.conditions.back()));
}

}  // namespace wemol::nvidia_smi
