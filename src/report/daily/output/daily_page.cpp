#include "daily_page.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "day_texts.h"
#include "line_plot.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:88rem;padding:1rem;color:#222;"
    "background:#fff}h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:"
    "collapse}th,td{padding:.2rem .7rem;border-bottom:1px solid #8884;text-align:right}th:first-"
    "child,td:first-child,.l{text-align:left}.g{display:flex;flex-wrap:wrap;gap:.8rem}figure{"
    "margin:"
    "0}figcaption{font-size:.85rem}.w{color:#b00020}@media(prefers-color-scheme:dark){body{color:"
    "#ddd;background:#16181c}.w{color:#ff8a80}}";
/// A test computes it anew.
constexpr std::string_view kStyleHash = "sha256-udK08Wrx4D6eFnOcm2jtYselPyloW0hxt74IGJcmaOc=";

std::string percent_html(const std::optional<double>& percent) {
  return percent ? fmt::format("{:.2f} %", *percent) : "–";
}

std::string hours_html(const std::optional<double>& hours) {
  return hours ? fmt::format("{:.1f}", *hours) : "–";
}

std::string users_html(const std::optional<std::vector<std::string>>& users) {
  if (!users) {
    return "–";
  }
  std::string text;
  for (const std::string& user : *users) {
    text += (text.empty() ? "" : ", ") + printable(user);
  }
  return text.empty() ? "unused" : html_text(text);
}

std::vector<LinePlot::Tick> ticks_of(const DailyReport& report, const Zone& zone) {
  std::vector<LinePlot::Tick> ticks;
  constexpr std::size_t kMostTicks = 6;
  if (report.days.size() == 1) {
    constexpr std::int64_t kQuarters = 4;
    const Day& day = report.days.front();
    for (std::int64_t i = 0; i <= kQuarters; ++i) {
      const std::int64_t at = day.begin_epoch + i * (day.end_epoch - day.begin_epoch) / kQuarters;
      ticks.push_back({at, i == kQuarters ? "24:00" : zone.text(at).substr(11, 5)});
    }
    return ticks;
  }
  const std::size_t step = (report.days.size() + kMostTicks - 1) / kMostTicks;
  for (std::size_t i = 0; i < report.days.size(); i += step) {
    ticks.push_back({report.days[i].begin_epoch, report.days[i].date.substr(5)});
  }
  return ticks;
}

/// The lines of one card over all days.
struct CardLines {
  PlotLine utilization{.name = "GPU", .color = line_color(0)};
  PlotLine memory{.name = "VRAM", .color = line_color(1)};
};

std::optional<double> percent_of(const std::optional<Number>& number) {
  return number ? std::optional(value_of(*number)) : std::nullopt;
}

std::map<unsigned, CardLines> lines_of(const DailyReport& report, const std::string& node) {
  std::map<unsigned, CardLines> lines;
  for (const NodeOfDay& of_day : report.nodes) {
    if (of_day.figures.node != node) {
      continue;
    }
    for (const CardDay& card : of_day.data.cards) {
      CardLines& of_card = lines[card.index];
      for (const Bucket& bucket : card.buckets) {
        of_card.utilization.points.push_back(
            {bucket.end_epoch, percent_of(bucket.utilization_percent)});
        of_card.memory.points.push_back({bucket.end_epoch, percent_of(bucket.memory_percent)});
      }
    }
  }
  return lines;
}

LinePlot empty_plot(const DailyReport& report, const Zone& zone, std::int64_t piece_seconds) {
  return {.begin_epoch = report.days.front().begin_epoch,
          .end_epoch = report.days.back().end_epoch,
          .piece_seconds = piece_seconds,
          .ticks = ticks_of(report, zone)};
}

std::string card_figure(const NodeFigures& node, const CardFigures& card, LinePlot plot,
                        const CardLines& lines) {
  plot.title = fmt::format("{}, GPU {}", printable(node.node), card.index);
  plot.lines = {lines.memory, lines.utilization};
  const std::string failure = card.failure ? fmt::format(R"( <span class="w">{}</span>)",
                                                         html_text(printable(*card.failure)))
                                           : "";
  return fmt::format("<figure><figcaption>GPU {}: {}, VRAM {}; {}{}</figcaption>{}</figure>\n",
                     card.index, percent_html(card.utilization.value()),
                     percent_html(card.memory.value()), users_html(card.users), failure,
                     line_plot_svg(plot));
}

std::string node_part(const DailyReport& report, const NodeFigures& node, const LinePlot& empty) {
  std::string text = fmt::format("<h2>{}</h2>\n", html_text(printable(node.node)));
  if (node.failure) {
    text += fmt::format("<p class=\"w\">{}</p>\n", html_text(printable(*node.failure)));
  }
  text += "<div class=\"g\">\n";
  const auto lines = lines_of(report, node.node);
  for (const CardFigures& card : node.cards) {
    const auto found = lines.find(card.index);
    text += card_figure(node, card, empty, found != lines.end() ? found->second : CardLines{});
  }
  return text + "</div>\n";
}

/// The mean of a node's cards at each time.
PlotLine node_line(const DailyReport& report, const std::string& node, std::size_t number) {
  std::map<std::int64_t, Mean> means;
  for (const NodeOfDay& of_day : report.nodes) {
    if (of_day.figures.node != node) {
      continue;
    }
    for (const CardDay& card : of_day.data.cards) {
      for (const Bucket& bucket : card.buckets) {
        if (bucket.utilization_percent) {
          means[bucket.end_epoch].add(value_of(*bucket.utilization_percent));
        }
      }
    }
  }
  PlotLine line{.name = printable(node), .color = line_color(number)};
  for (const auto& [epoch, mean] : means) {
    line.points.push_back({epoch, mean.value()});
  }
  return line;
}

std::string nodes_part(const DailyReport& report, LinePlot plot) {
  plot.title = "GPU utilization of the nodes";
  plot.width = 900;
  plot.height = 220;
  std::string rows;
  for (std::size_t i = 0; i < report.sums.size(); ++i) {
    const NodeFigures& node = report.sums[i];
    plot.lines.push_back(node_line(report, node.node, i));
    rows += fmt::format(
        R"(<tr><td><svg width="14" height="10" aria-hidden="true"><rect width="14" height="4" y="3" )"
        R"(fill="{}"/></svg> {}</td><td>{}</td><td>{}</td><td{}>{} %</td></tr>)"
        "\n",
        line_color(i), html_text(printable(node.node)), percent_html(node.utilization_percent()),
        percent_html(node.memory_percent()), node.is_failed() ? " class=\"w\"" : "",
        completeness_text(node.completeness()));
  }
  return fmt::format(
      "<h2>Nodes</h2>\n<table><tr><th>node</th><th>GPU "
      "utilization</th><th>VRAM</th><th>complete</th>"
      "</tr>\n{}</table>\n{}\n",
      rows, line_plot_svg(plot));
}

std::string users_part(const DailyReport& report) {
  if (report.users.empty()) {
    return {};
  }
  const double most = std::max(report.users.front().gpu_hours, 1e-9);
  std::string rows;
  for (const UserFigures& user : report.users) {
    constexpr double kBar = 240;
    const double held = kBar * user.gpu_hours / most;
    const double idle = kBar * user.idle_gpu_hours / most;
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"l\"><svg "
        "width=\"{:.0f}\" height=\"12\" aria-hidden=\"true\"><rect width=\"{:.1f}\" height=\"12\" "
        "fill=\"{}\"/><rect x=\"{:.1f}\" width=\"{:.1f}\" height=\"12\" fill=\"#8888\"/></svg></td>"
        "</tr>\n",
        html_text(printable(user.user)),
        hours_html(user.has_all_hours ? std::optional(user.gpu_hours) : std::nullopt),
        hours_html(user.has_all_hours ? user.known_idle_gpu_hours() : std::nullopt),
        percent_html(user.utilization.value()), user.cards.size(), kBar, held - idle, line_color(0),
        held - idle, idle);
  }
  return fmt::format(
      "<h2>Users</h2>\n<table><tr><th>user</th><th>GPU hours</th><th>idle</th><th>utilization</th>"
      "<th>GPUs</th><th class=\"l\">hours, idle ones grey</th></tr>\n{}</table>\n<p>Idle: the GPU "
      "was "
      "held, and its utilization below {} %.</p>\n",
      rows, HeldTime::kIdlePercent);
}

}  // namespace

std::string_view page_style() {
  return kStyle;
}

std::string_view page_style_hash() {
  return kStyleHash;
}

std::string daily_page(const DailyReport& report, const Zone& zone, std::int64_t piece_seconds) {
  const std::string title = "Use of the GPUs, " + span_text(report);
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'{}'\">\n"
      "<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<h1>{}</h1>\n<p>Times are those of {}. Lines: GPU utilization blue, VRAM "
      "orange, in percent.</p>\n",
      kStyleHash, html_text(title), kStyle, html_text(title), html_text(printable(report.zone)));
  const LinePlot empty = empty_plot(report, zone, piece_seconds);
  text += nodes_part(report, empty) + users_part(report);
  for (const NodeFigures& node : report.sums) {
    text += node_part(report, node, empty);
  }
  return text + "</body>\n</html>\n";
}

}  // namespace wemol::report::daily
