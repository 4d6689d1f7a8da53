#include "logged_lines.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "json_lines.h"
#include "recorded_tree.h"
#include "text.h"

namespace wemol::reading {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kStep = "_step";
constexpr std::string_view kTimestamp = "_timestamp";
constexpr double kLatestTimestamp = 7258118400;  // 2200-01-01

}  // namespace

/// Follows the parser through a line.
class LoggedLineReader : public nlohmann::json_sax<Json> {
 public:
  explicit LoggedLineReader(LoggedLine& line) : line_(line) {}

  [[nodiscard]] bool is_object() const { return is_object_; }
  [[nodiscard]] bool has_timestamp() const { return has_timestamp_; }

  bool null() override {
    if (is_own()) {
      add(std::nullopt);
    }
    return true;
  }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t value) override {
    if (depth_ == 1 && key_ == kStep) {
      line_.step_ = value;
      return true;
    }
    return number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto kMost = static_cast<number_unsigned_t>(INT64_MAX);
    if (depth_ == 1 && key_ == kStep) {
      line_.step_ = static_cast<std::int64_t>(std::min(value, kMost));
      return true;
    }
    return number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return number(value);
  }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*size*/) override {
    is_object_ = is_object_ || depth_ == 0;
    ++depth_;
    return true;
  }
  bool start_array(std::size_t /*size*/) override {
    ++depth_;
    return true;
  }
  bool key(string_t& text) override {
    if (depth_ == 1) {
      std::swap(key_, text);
    }
    return true;
  }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool end() {
    --depth_;
    return true;
  }

  /// Whether a value that comes now is a metric's.
  [[nodiscard]] bool is_own() const {
    return is_object_ && depth_ == 1 && key_ != kStep && key_ != kTimestamp;
  }

  bool number(double value) {
    if (is_own()) {
      add(value);
    } else if (is_object_ && depth_ == 1 && key_ == kTimestamp) {
      line_.timestamp_ = value;
      has_timestamp_ = true;
    }
    return true;
  }

  void add(std::optional<double> value) {
    if (line_.count_ == line_.figures_.size()) {
      line_.figures_.emplace_back();
    }
    LoggedFigure& figure = line_.figures_[line_.count_++];
    figure.name = key_;
    figure.value = value;
  }

  LoggedLine& line_;
  std::string key_;  ///< of the outermost object
  std::size_t depth_ = 0;
  bool is_object_ = false;
  bool has_timestamp_ = false;
};

bool LoggedLine::parse(std::string_view text) {
  count_ = 0;
  step_.reset();
  timestamp_ = 0;
  trouble_.clear();
  LoggedLineReader reader(*this);
  if (!Json::sax_parse(text, &reader)) {
    trouble_ = "it is no JSON";
  } else if (!reader.is_object()) {
    trouble_ = "it is no JSON object";
  } else if (!reader.has_timestamp()) {
    trouble_ = "it has no number at _timestamp";
  } else if (!(timestamp_ >= 0 && timestamp_ < kLatestTimestamp)) {
    trouble_ = "its _timestamp is none from 1970 to 2199";
  }
  return trouble_.empty();
}

Result<LoggedReading> read_logged_lines(const std::filesystem::path& file,
                                        const std::function<void(const LoggedLine&)>& take,
                                        const Progress& progress) {
  LoggedLine line;
  auto read = read_json_lines(
      file,
      [&](std::string_view text) {
        if (!line.parse(text)) {
          return line.trouble();
        }
        take(line);
        return std::string();
      },
      progress);
  return std::move(read).map([](JsonLinesReading&& reading) {
    return LoggedReading{reading.lines, reading.has_torn_end, std::move(reading.report)};
  });
}

}  // namespace wemol::reading
