#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <wemol/monitor.h>

#include "figures_text.h"
#include "run_file.h"

namespace wemol::sdk {

/// The lines of one run. Any thread may call its members; lines are whole, and steps are in order.
class RunLog {
 public:
  /// The host's figures for a line: called with those of the line before.
  using NewestFigures = std::function<FiguresPtr(FiguresPtr known)>;

  RunLog(std::filesystem::path path, NewestFigures newest_figures)
      : newest_figures_(std::move(newest_figures)), file_(std::move(path)) {}

  /// Without `step` it is the one after the last.
  bool log(std::span<const monitor::Metric> values, std::optional<std::int64_t> step) noexcept;
  /// Beside the host's figures, with the step of the line before.
  bool log_in_step(std::span<const monitor::Metric> values) noexcept;
  /// Figures alone, those whose names begin with one of `prefixes`. False also when there is none.
  bool log_figures(const FiguresText& figures, std::span<const std::string_view> prefixes) noexcept;
  /// Something that happened to the run, no figure.
  bool log_event(std::string_view event, std::string_view message) noexcept;
  /// Nothing is written any more, and what is given is not counted.
  void close() noexcept;

  /// Fills in what is known here.
  void tell(monitor::RunStatus& status) const;

 private:
  /// Runs `make_line` with the lock held and writes what it left in line_.
  template <typename MakeLine>
  bool write(MakeLine make_line) noexcept;
  void begin_line(std::span<const monitor::Metric> values, std::int64_t step);
  void add_values(std::span<const monitor::Metric> values);
  [[nodiscard]] std::int64_t step_of_line_before() const {
    return next_step_ > 0 ? next_step_ - 1 : 0;
  }

  const NewestFigures newest_figures_;
  mutable std::mutex mutex_;
  RunFile file_;
  std::string line_;  ///< keeps its memory
  FiguresPtr figures_;
  bool has_opened_ = false;
  bool is_closed_ = false;
  std::int64_t next_step_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  std::string last_error_;
};

}  // namespace wemol::sdk
