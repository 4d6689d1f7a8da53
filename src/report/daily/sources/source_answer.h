#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <wemol/result.h>

#include "node_day.h"
#include "web_client.h"

namespace wemol::report::daily {

/// The JSON of an answer, or why there is none. Never what the server said beside its status: that
/// may be a page of HTML, or the question itself.
[[nodiscard]] Result<nlohmann::ordered_json> json_of(const Result<web::Answer>& answer);
[[nodiscard]] Result<nlohmann::ordered_json> parse_source_json(std::string_view text);

/// An integer stays one. Absent: null, or no number.
[[nodiscard]] std::optional<Number> number_of(const nlohmann::ordered_json& value);
/// "12", "12.5", as Prometheus has it. Absent: "NaN", or no number.
[[nodiscard]] std::optional<Number> number_of_text(std::string_view text);

/// Text of a member, printable; empty: it has none.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& object, std::string_view member);

}  // namespace wemol::report::daily
