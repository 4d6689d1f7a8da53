#include "ledger_row.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "csv.h"
#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

constexpr std::array<std::string_view, kLedgerColumnCount> kColumns{"task_id",
                                                                    "job_id",
                                                                    "module_name",
                                                                    "container",
                                                                    "started_at",
                                                                    "ended_at",
                                                                    "duration_seconds",
                                                                    "exit_code",
                                                                    "oom_killed",
                                                                    "samples",
                                                                    "coverage_percent",
                                                                    "cpu_seconds",
                                                                    "cpu_cores_mean",
                                                                    "cpu_cores_max",
                                                                    "memory_mean_bytes",
                                                                    "memory_peak_bytes",
                                                                    "network_rx_bytes",
                                                                    "network_tx_bytes",
                                                                    "block_read_bytes",
                                                                    "block_write_bytes",
                                                                    "gpu_count",
                                                                    "gpu_ids",
                                                                    "gpu_names",
                                                                    "gpu_utilization_mean",
                                                                    "gpu_utilization_max",
                                                                    "gpu_memory_mean_mib",
                                                                    "gpu_memory_peak_mib",
                                                                    "gpu_shared_percent",
                                                                    "energy_wh"};
static_assert(kColumns[kLedgerEndedAtColumn] == "ended_at");

std::string text_of(const std::string& text) {
  return guarded_against_formulas(text);
}

template <typename Whole>
std::string whole_text(const std::optional<Whole>& number) {
  return number ? fmt::format("{}", *number) : std::string();
}

/// With at most `decimals` digits behind the point, never with an exponent: 0.5, 12, 1048576.25.
std::string number_text(const std::optional<double>& number, int decimals) {
  if (!number || !std::isfinite(*number)) {
    return {};
  }
  std::string text = fmt::format("{:.{}f}", *number, decimals);
  if (decimals > 0) {
    text.resize(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
      text.pop_back();
    }
  }
  return text;
}

std::string time_text(const std::optional<WallTime>& time) {
  return time ? iso_time_text(*time) : std::string();
}

/// The fields of one row, in the order of the columns; the first that cannot be read is kept.
class FieldReader {
 public:
  FieldReader(std::span<const std::string_view> fields, char decimal_point)
      : fields_(fields), decimal_point_(decimal_point) {}

  /// Free text, which may have a guard.
  std::string text() { return std::string(without_formula_guard(next())); }
  /// Numbers and lists of them, as they are.
  std::string digits() { return std::string(next()); }

  template <typename Number>
  std::optional<Number> number() {
    return read([&](std::string_view field) {
      if constexpr (std::is_floating_point_v<Number>) {
        std::string with_point;
        if (decimal_point_ != '.' && field.find(decimal_point_) != std::string_view::npos) {
          with_point = field;
          std::ranges::replace(with_point, decimal_point_, '.');
          field = with_point;
        }
        const auto value = parse_number<Number>(field);
        return value && std::isfinite(*value) ? value : std::nullopt;
      } else {
        return parse_number<Number>(field);
      }
    });
  }

  std::optional<WallTime> time() { return read(parse_iso_time); }

  std::optional<bool> flag() {
    return read([](std::string_view field) {
      return field == "1" || field == "0" ? std::optional(field == "1") : std::nullopt;
    });
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::string_view next() { return fields_[at_++]; }

  template <typename Parse>
  auto read(const Parse& parse) -> decltype(parse(std::string_view())) {
    const std::string_view field = next();
    if (field.empty()) {
      return std::nullopt;
    }
    auto value = parse(field);
    if (!value && trouble_.empty()) {
      trouble_ = fmt::format("{} cannot be \"{}\"", kColumns[at_ - 1], field.substr(0, 60));
    }
    return value;
  }

  std::span<const std::string_view> fields_;
  char decimal_point_;
  std::size_t at_ = 0;
  std::string trouble_;
};

}  // namespace

const std::string& ledger_header() {
  static const std::string header = [] {
    std::array<std::string, kLedgerColumnCount> names;
    std::copy(kColumns.begin(), kColumns.end(), names.begin());
    return csv_record(names);
  }();
  return header;
}

std::string ledger_row(const RunSummary& run) {
  constexpr int kThousandths = 3;
  constexpr int kMillionths = 6;
  const std::array<std::string, kLedgerColumnCount> fields{
      run.task_id,
      run.job_id,
      text_of(run.module_name),
      text_of(run.container),
      time_text(run.started_at),
      time_text(run.ended_at),
      number_text(run.duration_seconds, kThousandths),
      whole_text(run.exit_code),
      run.oom_killed ? (*run.oom_killed ? "1" : "0") : "",
      fmt::format("{}", run.samples),
      number_text(run.coverage_percent, kThousandths),
      number_text(run.cpu_seconds, kThousandths),
      number_text(run.cpu_cores_mean, kThousandths),
      number_text(run.cpu_cores_max, kThousandths),
      number_text(run.memory_mean_bytes, 0),
      whole_text(run.memory_peak_bytes),
      whole_text(run.network_rx_bytes),
      whole_text(run.network_tx_bytes),
      whole_text(run.block_read_bytes),
      whole_text(run.block_write_bytes),
      whole_text(run.gpu_count),
      run.gpu_ids,
      text_of(run.gpu_names),
      number_text(run.gpu_utilization_mean, kThousandths),
      number_text(run.gpu_utilization_max, kThousandths),
      number_text(run.gpu_memory_mean_mib, kThousandths),
      number_text(run.gpu_memory_peak_mib, kThousandths),
      number_text(run.gpu_shared_percent, kThousandths),
      number_text(run.energy_wh, kMillionths)};
  return csv_record(fields);
}

Result<RunSummary> parse_ledger_row(std::span<const std::string_view> fields, char decimal_point) {
  if (fields.size() != kLedgerColumnCount) {
    return failure(
        fmt::format("{} fields where a ledger has {}", fields.size(), kLedgerColumnCount));
  }
  FieldReader reader(fields, decimal_point);
  RunSummary run;
  run.task_id = reader.digits();
  run.job_id = reader.digits();
  run.module_name = reader.text();
  run.container = reader.text();
  run.started_at = reader.time();
  run.ended_at = reader.time();
  run.duration_seconds = reader.number<double>();
  run.exit_code = reader.number<std::int64_t>();
  run.oom_killed = reader.flag();
  run.samples = reader.number<std::uint64_t>().value_or(0);
  run.coverage_percent = reader.number<double>();
  run.cpu_seconds = reader.number<double>();
  run.cpu_cores_mean = reader.number<double>();
  run.cpu_cores_max = reader.number<double>();
  run.memory_mean_bytes = reader.number<double>();
  run.memory_peak_bytes = reader.number<std::uint64_t>();
  run.network_rx_bytes = reader.number<std::uint64_t>();
  run.network_tx_bytes = reader.number<std::uint64_t>();
  run.block_read_bytes = reader.number<std::uint64_t>();
  run.block_write_bytes = reader.number<std::uint64_t>();
  run.gpu_count = reader.number<std::uint64_t>();
  run.gpu_ids = reader.digits();
  run.gpu_names = reader.text();
  run.gpu_utilization_mean = reader.number<double>();
  run.gpu_utilization_max = reader.number<double>();
  run.gpu_memory_mean_mib = reader.number<double>();
  run.gpu_memory_peak_mib = reader.number<double>();
  run.gpu_shared_percent = reader.number<double>();
  run.energy_wh = reader.number<double>();
  if (!reader.trouble().empty()) {
    return failure(reader.trouble());
  }
  return run;
}

}  // namespace wemol
