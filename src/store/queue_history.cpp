#include "queue_history.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bounded_json.h"
#include "json_lines.h"
#include "recorded_tree.h"
#include "text.h"
#include "time_text.h"

namespace wemol::reading {
namespace {

using TryJson = nlohmann::ordered_json;

constexpr int kDeepestTry = 4;

const TryJson* member(const TryJson& object, const char* key) {
  const auto value = object.find(key);
  return value == object.end() || value->is_null() ? nullptr : &*value;
}

/// One member of a line after the other, until one is wrong.
class TryReader {
 public:
  explicit TryReader(const TryJson& object) : object_(object) {}

  void whole(const char* key, std::uint64_t& target) {
    const TryJson* const value = member(object_, key);
    if (value == nullptr || !value->is_number_unsigned()) {
      expect(key, "a whole number of 0 or more");
    } else {
      target = value->get<std::uint64_t>();
    }
  }
  void text(const char* key, bool is_needed, std::string& target) {
    const TryJson* const value = member(object_, key);
    if (value == nullptr ? is_needed : !value->is_string()) {
      expect(key, "a text");
    } else if (value != nullptr) {
      target = value->get<std::string>();
    }
  }
  void time(const char* key, std::optional<WallTime>& target) {
    std::string iso;
    text(key, false, iso);
    if (!iso.empty()) {
      target = parse_iso_time(iso);
      if (!target) {
        expect(key, "a time as 2026-01-15T10:30:00+08:00");
      }
    }
  }
  void texts(const char* key, std::vector<std::string>& target) {
    const TryJson* const list = member(object_, key);
    if (list == nullptr) {
      return;
    }
    if (!list->is_array() || !std::ranges::all_of(*list, &TryJson::is_string)) {
      return expect(key, "a list of texts");
    }
    target = list->get<std::vector<std::string>>();
  }
  /// Of what may be missing.
  template <typename Number>
  void number(const char* key, std::optional<Number>& target) {
    const TryJson* const value = member(object_, key);
    if (value == nullptr) {
      return;
    }
    if (std::is_signed_v<Number> ? !value->is_number_integer() : !value->is_number_unsigned()) {
      return expect(key, "a whole number");
    }
    target = value->get<Number>();
  }
  void outcome(const char* key, TryOutcome& target) {
    std::string word;
    text(key, true, word);
    for (const auto& [name, outcome] :
         {std::pair("succeeded", TryOutcome::succeeded), std::pair("failed", TryOutcome::failed),
          std::pair("canceled", TryOutcome::canceled)}) {
      if (word == name) {
        target = outcome;
        return;
      }
    }
    expect(key, "succeeded, failed or canceled");
  }
  void expect(const char* key, std::string_view what) {
    if (trouble_.empty()) {
      trouble_ = fmt::format("{}: {} is expected", key, what);
    }
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  const TryJson& object_;
  std::string trouble_;
};

}  // namespace

std::optional<double> EndedTry::seconds() const {
  if (!started || ended < *started) {
    return std::nullopt;
  }
  return std::chrono::duration<double>(ended - *started).count();
}

Result<EndedTry> parse_ended_try(std::string_view line) {
  const TryJson object = parse_bounded_json(line, kDeepestTry);
  if (object.is_discarded()) {
    return failure("it is no JSON");
  }
  if (!object.is_object()) {
    return failure("it is no JSON object");
  }
  EndedTry ended_try;
  std::optional<WallTime> ended;
  TryReader reader(object);
  reader.whole("job", ended_try.job);
  reader.text("queue", true, ended_try.queue);
  reader.whole("try", ended_try.number);
  reader.text("uni_id", false, ended_try.uni_id);
  reader.text("user", false, ended_try.user);
  reader.text("host", false, ended_try.host);
  reader.texts("cards", ended_try.cards);
  reader.number("memory_bytes", ended_try.memory_bytes);
  reader.time("started", ended_try.started);
  reader.time("ended", ended);
  if (!ended) {
    reader.expect("ended", "a time");
  }
  reader.outcome("result", ended_try.outcome);
  reader.text("error_type", false, ended_try.error_type);
  reader.number("code", ended_try.code);
  if (!reader.trouble().empty()) {
    return failure(reader.trouble());
  }
  ended_try.ended = *ended;
  return ended_try;
}

Result<QueueHistoryReading> read_queue_history(const std::filesystem::path& file,
                                               const std::function<void(const EndedTry&)>& take,
                                               const Progress& progress) {
  auto read = read_json_lines(
      file,
      [&](std::string_view line) {
        const auto ended_try = parse_ended_try(line);
        if (!ended_try) {
          return ended_try.error().message;
        }
        take(*ended_try);
        return std::string();
      },
      progress);
  return std::move(read).map([](JsonLinesReading&& reading) {
    return QueueHistoryReading{reading.lines, reading.has_torn_end, std::move(reading.report)};
  });
}

}  // namespace wemol::reading
