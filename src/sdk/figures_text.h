#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/host_sample.h>
#include <wemol/monitor.h>

namespace wemol::sdk {

/// The flat figures of one sample as JSON members, made once and copied into each line.
class FiguresText {
 public:
  FiguresText(const HostSample& sample, const ProcessTreeSample* tree);

  /// Appends `,"name":value` for all figures but those that `values` name.
  void append_to(std::string& line, std::span<const monitor::Metric> values) const;
  /// Only those whose names begin with one of `prefixes`.
  void append_group_to(std::string& line, std::span<const std::string_view> prefixes) const;
  [[nodiscard]] bool has_any_of_group(std::span<const std::string_view> prefixes) const;

 private:
  struct Figure {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t name_size = 0;
  };
  void add(std::string_view name, double value);
  [[nodiscard]] std::string_view name(const Figure& figure) const;
  [[nodiscard]] std::string_view member(const Figure& figure) const;
  [[nodiscard]] bool is_of_group(const Figure& figure,
                                 std::span<const std::string_view> prefixes) const;

  std::string text_;
  std::vector<Figure> figures_;  ///< in the order of the text
  std::vector<Figure> by_name_;
};
using FiguresPtr = std::shared_ptr<const FiguresText>;

}  // namespace wemol::sdk
