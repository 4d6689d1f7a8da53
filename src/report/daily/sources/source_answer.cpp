#include "source_answer.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "bounded_json.h"
#include "text.h"
#include "web_url.h"

namespace wemol::report::daily {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 16;

}  // namespace

Result<Json> parse_source_json(std::string_view text) {
  Json json = parse_bounded_json(text, kDeepest);
  if (json.is_discarded()) {
    return failure("the answer is no JSON");
  }
  return json;
}

Result<Json> json_of(const Result<web::Answer>& answer) {
  constexpr unsigned kNotFound = 404;
  if (!answer) {
    return tl::make_unexpected(answer.error());
  }
  if (answer->status == kNotFound) {
    return failure("no such thing, or no data of that time (status 404)");
  }
  if (answer->is_redirect()) {
    const auto to = web::parse_url(answer->location);
    return failure(fmt::format("it redirects{}, which is not followed (status {})",
                               to ? " to " + printable(to->origin()) : "", answer->status));
  }
  if (!answer->is_success()) {
    return failure(fmt::format("it answers with status {}", answer->status));
  }
  return parse_source_json(answer->body);
}

std::optional<Number> number_of(const Json& value) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return Number(value.get<double>());
  }
  if (value.is_number_integer()) {
    return Number(value.get<std::int64_t>());
  }
  if (value.is_number_float() && std::isfinite(value.get<double>())) {
    return Number(value.get<double>());
  }
  return std::nullopt;
}

std::optional<Number> number_of_text(std::string_view text) {
  if (const auto whole = parse_number<std::int64_t>(text)) {
    return Number(*whole);
  }
  const auto real = parse_number<double>(text);
  return real && std::isfinite(*real) ? std::optional(Number(*real)) : std::nullopt;
}

std::string text_of(const Json& object, std::string_view member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  return found != object.end() && found->is_string()
             ? printable(found->get_ref<const std::string&>())
             : std::string();
}

}  // namespace wemol::report::daily
