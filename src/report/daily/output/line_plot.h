#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wemol::report::daily {

/// One line of a plot.
struct PlotLine {
  struct Point {
    std::int64_t epoch = 0;
    std::optional<double> percent;  ///< absent: a gap
  };
  std::string name;  ///< of any text
  std::string color;
  std::vector<Point> points;  ///< ascending
};

struct LinePlot {
  std::string title;  ///< of any text, for those who do not see the lines
  std::int64_t begin_epoch = 0;
  std::int64_t end_epoch = 0;
  std::int64_t piece_seconds = 600;  ///< points farther apart have a gap between them
  struct Tick {
    std::int64_t epoch = 0;
    std::string label;
  };
  std::vector<Tick> ticks;  ///< of the time's axis
  std::vector<PlotLine> lines;
  unsigned width = 320;  ///< pixels, at the size that it is drawn for
  unsigned height = 110;
};

/// Percent over time as an <svg> element that needs nothing from outside: no script, no style
/// sheet, no font. More points than pixels become their means.
[[nodiscard]] std::string line_plot_svg(const LinePlot& plot);

/// Of the line with this number: those of neighbours are easy to tell apart, also in grey.
[[nodiscard]] std::string line_color(std::size_t number);

[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace wemol::report::daily
