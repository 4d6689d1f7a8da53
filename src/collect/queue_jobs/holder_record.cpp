#include "holder_record.h"

#include <limits>

#include <fmt/format.h>

#include "bounded_json.h"
#include "text.h"
#include "time_text.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 4;

/// One member after the other; the first that is wrong is remembered.
class MemberReader {
 public:
  explicit MemberReader(const Json& object) : object_(object) {}

  /// Printable, and none that is empty.
  std::string text(const char* key) {
    const auto value = object_.find(key);
    if (value == object_.end() || !value->is_string() ||
        value->get_ref<const std::string&>().empty()) {
      expect(key, "a text");
      return {};
    }
    return printable(value->get_ref<const std::string&>());
  }
  template <typename Number>
  Number number(const char* key) {
    constexpr auto kGreatest = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
    const auto value = object_.find(key);
    if (value == object_.end() || !value->is_number_unsigned() ||
        value->get<std::uint64_t>() > kGreatest) {
      expect(key, fmt::format("a whole number from 0 to {}", kGreatest));
      return {};
    }
    return static_cast<Number>(value->get<std::uint64_t>());
  }
  /// Of what may be unknown: missing, null or empty.
  std::optional<WallTime> time(const char* key) {
    const auto value = object_.find(key);
    if (value == object_.end() || value->is_null() ||
        (value->is_string() && value->get_ref<const std::string&>().empty())) {
      return std::nullopt;
    }
    const auto time = parse_iso_time(text(key));
    if (!time) {
      expect(key, "a time as 2026-01-15T10:30:00+08:00");
    }
    return time;
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  void expect(const char* key, std::string_view what) {
    if (trouble_.empty()) {
      trouble_ = fmt::format("{}: {} is expected", key, what);
    }
  }

  const Json& object_;
  std::string trouble_;
};

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
  MemberReader reader(object);
  CardHolder holder{.card = std::string(card),
                    .user_id = reader.number<std::uint32_t>("uid"),
                    .user = reader.text("user"),
                    .queue = reader.text("queue"),
                    .job = reader.number<std::uint64_t>("job"),
                    .uni_id = reader.text("uni_id"),
                    .keeper_pid = reader.number<pid_t>("keeper_pid"),
                    .since = reader.time("since")};
  if (!reader.trouble().empty()) {
    return failure(reader.trouble());
  }
  return holder;
}

}  // namespace wemol
