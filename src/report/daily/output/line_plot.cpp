#include "line_plot.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "node_figures.h"

namespace wemol::report::daily {
namespace {

constexpr double kLeft = 30;
constexpr double kTop = 6;
constexpr double kBottom = 18;
constexpr double kRight = 18;
constexpr double kTopPercent = 100;

struct Frame {
  const LinePlot& plot;
  double width;  ///< of what is inside the axes
  double height;

  [[nodiscard]] double x(std::int64_t epoch) const {
    const auto span =
        static_cast<double>(std::max<std::int64_t>(plot.end_epoch - plot.begin_epoch, 1));
    const auto at = static_cast<double>(epoch - plot.begin_epoch);
    return kLeft + width * std::clamp(at / span, 0.0, 1.0);
  }
  [[nodiscard]] double y(double percent) const {
    return kTop + height * (1 - std::clamp(percent / kTopPercent, 0.0, 1.0));
  }
};

std::string axes(const Frame& frame) {
  std::string text;
  for (const int percent : {0, 50, 100}) {
    const double y = frame.y(percent);
    text += fmt::format(
        R"(<line x1="{:.0f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" stroke="#8886" stroke-width="1"/>)"
        R"(<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>)",
        kLeft, kLeft + frame.width, y, y, kLeft - 4, y + 3, percent);
  }
  for (const LinePlot::Tick& tick : frame.plot.ticks) {
    const double x = frame.x(tick.epoch);
    text += fmt::format(
        R"(<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" stroke="#8883" stroke-width="1"/>)"
        R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)",
        x, x, kTop, kTop + frame.height, x, kTop + frame.height + 13, html_text(tick.label));
  }
  return text;
}

/// One point for each pixel at most.
std::vector<PlotLine::Point> thinned(const PlotLine& line, const Frame& frame) {
  const auto pixels = static_cast<std::size_t>(frame.width);
  if (line.points.size() <= pixels) {
    return line.points;
  }
  std::vector<PlotLine::Point> points;
  for (std::size_t i = 0; i < line.points.size();) {
    const auto pixel = static_cast<int>(frame.x(line.points[i].epoch));
    Mean mean;
    std::int64_t last = 0;
    for (; i < line.points.size() && static_cast<int>(frame.x(line.points[i].epoch)) == pixel;
         ++i) {
      last = line.points[i].epoch;
      if (line.points[i].percent) {
        mean.add(*line.points[i].percent);
      }
    }
    points.push_back({last, mean.value()});
  }
  return points;
}

std::string polyline(const std::string& points, const PlotLine& line) {
  // A value between two gaps is a point, which a line would not show.
  if (points.find(' ') == std::string::npos) {
    const auto comma = points.find(',');
    return fmt::format(R"(<circle cx="{}" cy="{}" r="1.5" fill="{}"/>)", points.substr(0, comma),
                       points.substr(comma + 1), line.color);
  }
  return fmt::format(R"(<polyline fill="none" stroke="{}" stroke-width="1.5" points="{}"/>)",
                     line.color, points);
}

std::string line_text(const PlotLine& line, const Frame& frame) {
  const auto points = thinned(line, frame);
  const bool is_thinned = points.size() < line.points.size();
  const double pixel_seconds =
      static_cast<double>(frame.plot.end_epoch - frame.plot.begin_epoch) / frame.width;
  constexpr double kGapPieces = 1.5;
  constexpr double kGapPixels = 3;
  const double gap = std::max(kGapPieces * static_cast<double>(frame.plot.piece_seconds),
                              is_thinned ? kGapPixels * pixel_seconds : 0);
  std::string text;
  std::string run;
  std::int64_t last = 0;
  const auto end_run = [&] {
    text += run.empty() ? "" : polyline(run, line);
    run.clear();
  };
  for (const PlotLine::Point& point : points) {
    if (!point.percent || static_cast<double>(point.epoch - last) > gap) {
      end_run();
    }
    if (point.percent) {
      run += fmt::format("{}{:.1f},{:.1f}", run.empty() ? "" : " ", frame.x(point.epoch),
                         frame.y(*point.percent));
      last = point.epoch;
    }
  }
  end_run();
  return fmt::format("<g><title>{}</title>{}</g>", html_text(line.name), text);
}

}  // namespace

std::string line_plot_svg(const LinePlot& plot) {
  const Frame frame{
      .plot = plot, .width = plot.width - kLeft - kRight, .height = plot.height - kTop - kBottom};
  std::string text =
      fmt::format(R"(<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" font-size="9" )"
                  R"(font-family="sans-serif" fill="#777"><title>{2}</title>)",
                  plot.width, plot.height, html_text(plot.title));
  text += axes(frame);
  for (const PlotLine& line : plot.lines) {
    text += line_text(line, frame);
  }
  return text + "</svg>";
}

std::string line_color(std::size_t number) {
  // The colors of Okabe and Ito, without the yellow, which a white page swallows.
  static constexpr std::array kColors{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#555555"};
  return kColors.at(number % kColors.size());
}

std::string html_text(std::string_view text) {
  std::string html;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += letter;
    }
  }
  return html;
}

}  // namespace wemol::report::daily
