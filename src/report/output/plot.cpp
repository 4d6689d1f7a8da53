#include "plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "document.h"

namespace wemol::report {
namespace {

constexpr std::array kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::size_t kEighths = 8;
constexpr std::size_t kLabelWidth = kPlotMargin - 2;

/// In eighths of a row, over all rows; a known bottom is a thin line, and not a blank.
std::size_t height_of(const std::optional<double>& value, const Plot& plot) {
  if (!value) {
    return 0;
  }
  const double range = plot.top - plot.bottom;
  const double share = range > 0 ? std::clamp((*value - plot.bottom) / range, 0.0, 1.0) : 0;
  const auto most = static_cast<double>(plot.rows * kEighths);
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share * most)));
}

/// `row` counts from the bottom.
std::string bars_of_row(const Plot& plot, std::size_t row) {
  std::string bars;
  for (const auto& value : plot.columns) {
    const std::size_t height = height_of(value, plot);
    const std::size_t below = row * kEighths;
    bars += kBlocks.at(height > below ? std::min(height - below, kEighths) : 0);
  }
  bars.resize(bars.find_last_not_of(' ') + 1);
  return bars;
}

std::string axis(std::size_t columns) {
  std::string line;
  for (std::size_t column = 0; column < columns; ++column) {
    line += "─";
  }
  return line;
}

std::string time_labels(const Plot& plot) {
  const std::size_t begin = display_width(plot.begin_label);
  const std::size_t end = display_width(plot.end_label);
  const std::size_t columns = plot.columns.size();
  if (begin + 1 + end > columns) {
    return plot.begin_label + " to " + plot.end_label;
  }
  return plot.begin_label + std::string(columns - begin - end, ' ') + plot.end_label;
}

}  // namespace

std::vector<std::string> plot_lines(const Plot& plot) {
  std::vector<std::string> lines;
  for (std::size_t row = plot.rows; row-- > 0;) {
    const std::string& label = row + 1 == plot.rows ? plot.top_label : plot.bottom_label;
    const bool has_label = row + 1 == plot.rows || row == 0;
    lines.push_back(padded_left(has_label ? label : "", kLabelWidth) + " │" +
                    bars_of_row(plot, row));
  }
  lines.push_back(std::string(kLabelWidth, ' ') + " └" + axis(plot.columns.size()));
  lines.push_back(std::string(kPlotMargin, ' ') + time_labels(plot));
  return lines;
}

}  // namespace wemol::report
