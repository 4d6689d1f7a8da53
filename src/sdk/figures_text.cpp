#include "figures_text.h"

#include <algorithm>
#include <cmath>

#include "host_schema.h"
#include "json_text.h"

namespace wemol::sdk {
namespace {

constexpr std::string_view kMemberBegin = ",\"";

/// To three decimals: none of the figures is more exact, and 128 cores' worth of sixteen digits
/// would be half of each line.
double rounded(double value) {
  constexpr double kWhole = 1e12;
  return std::abs(value) < kWhole ? std::round(value * 1000) / 1000 : value;
}

}  // namespace

FiguresText::FiguresText(const HostSample& sample, const ProcessTreeSample* tree) {
  const auto take = [this](std::string_view name, double value) { add(name, value); };
  for_each_figure(sample, take);
  if (tree != nullptr) {
    for_each_figure(sample, *tree, take);
  }
  by_name_ = figures_;
  std::ranges::sort(by_name_, {}, [this](const Figure& figure) { return name(figure); });
}

void FiguresText::add(std::string_view name, double value) {
  if (!std::isfinite(value)) {
    return;
  }
  const std::size_t begin = text_.size();
  text_ += ',';
  append_json_string(text_, name);
  text_ += ':';
  append_json_number(text_, rounded(value));
  figures_.push_back({.begin = begin, .end = text_.size(), .name_size = name.size()});
}

void FiguresText::append_to(std::string& line, std::span<const monitor::Metric> values) const {
  std::vector<Figure> left_out;
  for (const monitor::Metric& value : values) {
    const auto found = std::ranges::lower_bound(
        by_name_, value.name, {}, [this](const Figure& figure) { return name(figure); });
    if (found != by_name_.end() && name(*found) == value.name) {
      left_out.push_back(*found);
    }
  }
  std::ranges::sort(left_out, {}, &Figure::begin);
  std::size_t from = 0;
  for (const Figure& figure : left_out) {
    if (figure.begin >= from) {
      line.append(text_, from, figure.begin - from);
      from = figure.end;
    }
  }
  line.append(text_, from);
}

void FiguresText::append_group_to(std::string& line,
                                  std::span<const std::string_view> prefixes) const {
  for (const Figure& figure : figures_) {
    if (is_of_group(figure, prefixes)) {
      line += member(figure);
    }
  }
}

bool FiguresText::has_any_of_group(std::span<const std::string_view> prefixes) const {
  return std::ranges::any_of(figures_,
                             [&](const Figure& figure) { return is_of_group(figure, prefixes); });
}

bool FiguresText::is_of_group(const Figure& figure,
                              std::span<const std::string_view> prefixes) const {
  return std::ranges::any_of(
      prefixes, [&](std::string_view prefix) { return name(figure).starts_with(prefix); });
}

std::string_view FiguresText::name(const Figure& figure) const {
  return std::string_view(text_).substr(figure.begin + kMemberBegin.size(), figure.name_size);
}

std::string_view FiguresText::member(const Figure& figure) const {
  return std::string_view(text_).substr(figure.begin, figure.end - figure.begin);
}

}  // namespace wemol::sdk
