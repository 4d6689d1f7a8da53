#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "field.h"

namespace wemol {

enum class MetricsFormat { prometheus_text, openmetrics };
[[nodiscard]] MetricsFormat metrics_format_for(std::string_view accept);
[[nodiscard]] std::string_view metrics_content_type(MetricsFormat format);

class MetricsText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  MetricsText(MetricsFormat format, std::string_view host);
  void begin_family(const Field& field);
  void add(std::initializer_list<Label> labels, const FieldValue& value);
  [[nodiscard]] std::string take();

 private:
  MetricsFormat format_;
  std::string host_;
  std::string metric_;
  std::string text_;
};

}  // namespace wemol
