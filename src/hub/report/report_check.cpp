#include "report_check.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "json_value.h"
#include "report_fields.h"
#include "text.h"

namespace wemol::hub {
namespace {

namespace json = boost::json;

/// Where in the report we are: written out only for an error.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::optional<std::size_t> index = {};

  [[nodiscard]] std::string text() const {
    const std::string before = parent == nullptr ? "" : parent->text();
    if (index) {
      return fmt::format("{}[{}]", before, *index);
    }
    return before.empty() ? std::string(key) : fmt::format("{}.{}", before, key);
  }
};

std::string_view expected_text(JsonKind kind) {
  switch (kind) {
    case JsonKind::text:
      return "a text";
    case JsonKind::flag:
      return "true or false";
    case JsonKind::number:
      return "a number of 0 or more";
    case JsonKind::whole_number:
      return "a whole number of 0 or more";
    case JsonKind::any_number:
      return "a number";
    case JsonKind::number_or_text:
      return "a number or a text";
    case JsonKind::list:
      return "a list";
    case JsonKind::object:
      return "an object";
  }
  return "";
}

bool is_finite_number(const json::value& value) {
  return value.is_number() && std::isfinite(value.to_number<double>());
}

bool is_whole(const json::value& value) {
  return is_finite_number(value) &&
         std::trunc(value.to_number<double>()) == value.to_number<double>();
}

bool fits(const json::value& value, JsonKind kind) {
  const auto is_positive = [&] { return value.to_number<double>() >= 0; };
  switch (kind) {
    case JsonKind::text:
      return value.is_string();
    case JsonKind::flag:
      return value.is_bool();
    case JsonKind::number:
      return is_finite_number(value) && is_positive();
    case JsonKind::whole_number:
      return is_whole(value) && is_positive();
    case JsonKind::any_number:
      return is_finite_number(value);
    case JsonKind::number_or_text:
      return value.is_string() || is_finite_number(value);
    case JsonKind::list:
      return value.is_array();
    case JsonKind::object:
      return value.is_object();
  }
  return false;
}

std::string found_text(const json::value& value) {
  if (!value.is_number()) {
    return std::string(kind_name(value));
  }
  const auto number = value.to_number<double>();
  return std::isfinite(number) ? fmt::format("{}", number) : "a number that is too large";
}

class Check {
 public:
  explicit Check(const ReportLimits& limits) : limits_(limits) {}

  Result<void> object(const json::object& object, std::span<const ReportField> fields,
                      const Place* place) {
    for (const ReportField& field : fields) {
      const json::value* const value = object.if_contains(field.key);
      if (value == nullptr || value->is_null()) {
        continue;
      }
      if (auto fine = member(*value, field, {place, field.key}); !fine) {
        return fine;
      }
    }
    return {};
  }

 private:
  Result<void> member(const json::value& value, const ReportField& field, const Place& place) {
    if (!fits(value, field.kind)) {
      return wrong(place, fmt::format("{} is expected, not {}", expected_text(field.kind),
                                      found_text(value)));
    }
    if (value.is_string() && value.get_string().size() > limits_.text_bytes) {
      return wrong(place, fmt::format("longer than {} bytes", limits_.text_bytes));
    }
    if (value.is_object()) {
      return object(value.get_object(), field.members, &place);
    }
    return value.is_array() ? list(value.get_array(), field, place) : Result<void>();
  }

  Result<void> list(const json::array& list, const ReportField& field, const Place& place) {
    if (list.size() > field.longest) {
      return wrong(place, fmt::format("more than {} elements", field.longest));
    }
    processes_ += field.key == kProcesses ? list.size() : 0;
    if (processes_ > limits_.processes) {
      return wrong(place, fmt::format("more than {} processes in the report", limits_.processes));
    }
    for (std::size_t at = 0; at < list.size(); ++at) {
      const Place element{&place, "", at};
      if (!list[at].is_object()) {
        return wrong(element, fmt::format("an object is expected, not {}", kind_name(list[at])));
      }
      if (auto fine = object(list[at].get_object(), field.members, &element); !fine) {
        return fine;
      }
    }
    return {};
  }

  static tl::unexpected<Error> wrong(const Place& place, std::string_view what) {
    return failure(fmt::format("{}: {}", place.text(), what));
  }

  const ReportLimits& limits_;
  std::size_t processes_ = 0;
};

}  // namespace

Result<void> check_report(const json::object& report, const ReportLimits& limits) {
  return Check(limits).object(report, report_fields(), nullptr);
}

}  // namespace wemol::hub
