#include "card_holder.h"

#include <limits>

#include <fmt/format.h>

#include "bounded_json.h"
#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 4;

/// Printable, and none that is empty.
Result<std::string> text_at(const Json& json, const char* key) {
  const auto value = json.find(key);
  if (value == json.end() || !value->is_string() || value->get_ref<const std::string&>().empty()) {
    return failure(fmt::format("{}: a text is expected", key));
  }
  return printable(value->get_ref<const std::string&>());
}

Result<std::uint64_t> number_at(const Json& json, const char* key, std::uint64_t greatest) {
  const auto value = json.find(key);
  if (value == json.end() || !value->is_number_unsigned() ||
      value->get<std::uint64_t>() > greatest) {
    return failure(fmt::format("{}: a whole number from 0 to {} is expected", key, greatest));
  }
  return value->get<std::uint64_t>();
}

}  // namespace

std::optional<HolderFileName> parse_holder_file_name(std::string_view name) {
  constexpr std::string_view kEnd = ".json";
  if (!name.ends_with(kEnd)) {
    return std::nullopt;
  }
  name.remove_suffix(kEnd.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return std::nullopt;
  }
  const auto user_id = parse_number<std::uint32_t>(name.substr(dot + 1));
  if (!user_id) {
    return std::nullopt;
  }
  return HolderFileName{std::string(name.substr(0, dot)), *user_id};
}

Result<CardHolder> parse_card_holder(std::string_view json, std::string_view card) {
  const Json object = parse_bounded_json(json, kDeepest);
  if (!object.is_object()) {
    return failure("it is no JSON object");
  }
  auto user = text_at(object, "user");
  auto queue = text_at(object, "queue");
  auto uni_id = text_at(object, "uni_id");
  const auto user_id = number_at(object, "uid", std::numeric_limits<std::uint32_t>::max());
  const auto job = number_at(object, "job", std::numeric_limits<std::uint64_t>::max());
  const auto keeper = number_at(object, "keeper_pid", std::numeric_limits<pid_t>::max());
  const auto since_text = text_at(object, "since");
  for (const Error* const error :
       {user ? nullptr : &user.error(), queue ? nullptr : &queue.error(),
        uni_id ? nullptr : &uni_id.error(), user_id ? nullptr : &user_id.error(),
        job ? nullptr : &job.error(), keeper ? nullptr : &keeper.error(),
        since_text ? nullptr : &since_text.error()}) {
    if (error != nullptr) {
      return tl::make_unexpected(*error);
    }
  }
  const auto since = parse_iso_time(*since_text);
  if (!since) {
    return failure("since: a time is expected, as 2026-01-15T10:30:00+08:00");
  }
  return CardHolder{.card = std::string(card),
                    .user_id = static_cast<std::uint32_t>(*user_id),
                    .user = std::move(*user),
                    .queue = std::move(*queue),
                    .job = *job,
                    .uni_id = std::move(*uni_id),
                    .keeper_pid = static_cast<pid_t>(*keeper),
                    .since = *since};
}

}  // namespace wemol
