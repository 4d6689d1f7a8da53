#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "field.h"

namespace wemol {

enum class MetricsFormat {
  prometheus_text,  ///< 0.0.4, which every scraper reads
  openmetrics       ///< 1.0.0
};

/// The one to answer a request with that has this Accept header; text where none is named.
[[nodiscard]] MetricsFormat metrics_format_for(std::string_view accept);
/// The Content-Type of the answer.
[[nodiscard]] std::string_view metrics_content_type(MetricsFormat format);

/// Writes metrics as a scraper reads them. A family is begun and its samples are added before the
/// next one begins; one without samples leaves no trace. A name that ends with _total is a counter,
/// any other a gauge.
class MetricsText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  /// Every sample has the label host.
  MetricsText(MetricsFormat format, std::string_view host);

  /// The field's metric, unit and meaning. MHz become Hz.
  void begin_family(const Field& field);
  /// Nothing is written for what is unknown, not finite, or has the labels of a sample before it.
  void add(std::initializer_list<Label> labels, const FieldValue& value);

  /// All that was written, with the end mark.
  [[nodiscard]] std::string take();

 private:
  void write_head();

  MetricsFormat format_;
  std::string host_;
  Field family_;
  bool has_head_ = false;
  std::set<std::string> labels_;  ///< of the family's samples
  std::string text_;
};

}  // namespace wemol
