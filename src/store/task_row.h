#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>
#include <wemol/snapshot.h>

namespace wemol::reading {

/// A cell of a task's CSV as a value. Nothing in it: the cell says that the value is unknown.
template <typename Value>
struct Cell {
  std::optional<Value> value;
  bool is_readable = true;  ///< false: it is neither a value nor a word for "unknown"
};

/// "N/A", "--", empty, a unit alone, and how other tools spell it: "[N/A]", "[Not Supported]".
[[nodiscard]] bool is_unknown(std::string_view cell);

/// "3189.83%", "88 %", "88"
[[nodiscard]] Cell<double> parse_percent(std::string_view cell);
/// "522MB", "522 MiB", "522"; both are 2^20 bytes here, as nvidia-smi has it.
[[nodiscard]] Cell<double> parse_gpu_mebibytes(std::string_view cell);
/// "341.52W", "341.52 W"
[[nodiscard]] Cell<double> parse_watts(std::string_view cell);

/// A size as docker prints it: "975.7MiB", "1e+03kB", "0B". KiB is 1024, kB is 1000 bytes.
[[nodiscard]] Cell<std::uint64_t> parse_bytes(std::string_view cell);

struct BytesPair {
  Cell<std::uint64_t> first;
  Cell<std::uint64_t> second;
};
/// "746B / 0B"; "--" alone stands for both.
[[nodiscard]] BytesPair parse_bytes_pair(std::string_view cell);

/// The items of "522MB,1024MB" for that many GPUs, into `items`. Where each item holds as many
/// commas as the others, they belong to the items. False when it cannot be divided so.
[[nodiscard]] bool split_list(std::string_view cell, std::span<std::string_view> items);

}  // namespace wemol::reading

namespace wemol {

/// One sample as a row of a task's CSV, with its line end.
[[nodiscard]] std::string task_csv_row(const TaskSample& sample, std::string_view timestamp);
void append_task_csv_row(const TaskSample& sample, std::string_view timestamp, std::string& rows);

}  // namespace wemol
