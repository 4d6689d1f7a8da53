#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

namespace wemol::nvidia_smi {

/// One value that the device query asks for, and where it goes. Exactly one member is set.
struct GpuColumn {
  std::string_view field;  ///< as --query-gpu names it
  std::optional<std::uint64_t> GpuDevice::*mebibytes = nullptr;
  std::optional<double> GpuDevice::*number = nullptr;
};

/// All values that we ask for beside index, uuid and name.
[[nodiscard]] std::vector<GpuColumn> all_gpu_columns();
/// Those that tell how much memory is left.
[[nodiscard]] std::vector<GpuColumn> memory_columns();

/// The arguments of the call whose output parse_gpus reads, with the same columns.
[[nodiscard]] std::vector<std::string> gpu_query_arguments(const std::vector<GpuColumn>& columns);

/// The field that this nvidia-smi does not know, when that is why it printed no row at all: the
/// query works again without it.
[[nodiscard]] std::optional<std::string_view> unknown_field(std::string_view text);

/// The arguments of the call whose output parse_compute_apps reads.
[[nodiscard]] std::vector<std::string> compute_apps_arguments();

/// What a query printed. nvidia-smi writes its messages to standard output, between the rows.
template <typename Row>
struct QueryOutput {
  std::vector<Row> rows;
  /// Lines about one GPU that is there all the same ("WARNING: infoROM is corrupted at gpu …").
  std::vector<std::string> warnings;
  /// Lines about one GPU that is missing ("Unable to determine the device handle …"): the rows
  /// beside them are good.
  std::vector<std::string> device_messages;
  /// Any other line that is no row ("NVIDIA-SMI has failed because …", "No devices were found").
  std::vector<std::string> failure_messages;
  /// Where the answer was cut off, in the middle of a line: rows are missing. Empty when whole.
  std::string half_line;
};

/// Adds what was printed to standard error. Of that, only lines that are known to speak of the GPUs
/// count.
template <typename Row>
void add_standard_error(std::string_view text, QueryOutput<Row>& output);

/// Whether a message says that there is no GPU, or no driver for one.
[[nodiscard]] bool says_no_gpu(std::string_view message);

/// Reads one row per GPU. A value that is no number, in whatever words, is absent. A row without
/// an index or a uuid is a message.
[[nodiscard]] QueryOutput<GpuDevice> parse_gpus(std::string_view text,
                                                const std::vector<GpuColumn>& columns);

/// Reads one row per process and GPU. Container ids are left open.
[[nodiscard]] QueryOutput<GpuProcess> parse_compute_apps(std::string_view text);

}  // namespace wemol::nvidia_smi
