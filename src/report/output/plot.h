#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace wemol::report {

/// A series over time as bars of block characters, which need no color.
struct Plot {
  std::vector<std::optional<double>> columns;  ///< a bar each; absent: a blank, which is no 0
  double top = 1;                              ///< what the highest bar stands for
  double bottom = 0;                           ///< what the lowest one stands for
  std::string top_label;
  std::string bottom_label = "0";
  std::string begin_label;  ///< below the first column
  std::string end_label;    ///< below the last one
  std::size_t rows = 3;
};

/// Cells that the labels on the left and the axis take.
inline constexpr std::size_t kPlotMargin = 12;

/// Its lines, from the top; each of kPlotMargin and a cell per column at most.
[[nodiscard]] std::vector<std::string> plot_lines(const Plot& plot);

}  // namespace wemol::report
