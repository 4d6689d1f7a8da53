#include "run_log.h"

#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "json_text.h"

namespace wemol::sdk {
namespace {

using monitor::Metric;

constexpr std::string_view kStep = "_step";
constexpr std::string_view kTimestamp = "_timestamp";
/// Above it, names are looked up; below, comparing each with each is faster.
constexpr std::size_t kFewValues = 24;

const Metric* find(std::span<const Metric> values, std::string_view name) {
  for (const Metric& value : values) {
    if (value.name == name) {
      return &value;
    }
  }
  return nullptr;
}

void append_whole_number(std::string& text, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end);
}

/// Seconds with six decimals.
void append_now(std::string& text) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  constexpr std::int64_t kSecond = 1'000'000;
  append_whole_number(text, now / kSecond);
  text += '.';
  // With a digit more than six, so that zeros in front stay.
  const std::size_t at = text.size();
  append_whole_number(text, kSecond + now % kSecond);
  text.erase(at, 1);
}

std::optional<std::int64_t> whole_number(const Metric* value) {
  if (value == nullptr) {
    return std::nullopt;
  }
  if (const auto* const number = std::get_if<std::int64_t>(&value->value.held())) {
    return *number;
  }
  const auto* const number = std::get_if<std::uint64_t>(&value->value.held());
  return number != nullptr && std::in_range<std::int64_t>(*number)
             ? std::optional(static_cast<std::int64_t>(*number))
             : std::nullopt;
}

}  // namespace

template <typename MakeLine>
bool RunLog::write(MakeLine make_line) noexcept {
  FiguresPtr replaced;  // goes behind the lock
  const std::lock_guard lock(mutex_);
  if (is_closed_) {
    return false;
  }
  try {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!has_opened_ && file_.open(now)) {
      has_opened_ = true;
      if (file_.last_step()) {
        next_step_ = std::max(next_step_, *file_.last_step() + 1);
      }
    }
    FiguresPtr newest = newest_figures_(figures_);
    if (newest != figures_) {
      replaced = std::exchange(figures_, std::move(newest));
    }
    line_.clear();
    make_line();
    line_ += "}\n";
    if (file_.append(line_, now)) {
      ++written_;
      return true;
    }
    ++lost_;
    last_error_ = file_.last_error();
  } catch (const std::exception&) {
    ++lost_;  // no memory: a text would need some
  }
  return false;
}

bool RunLog::log(std::span<const Metric> values, std::optional<std::int64_t> step) noexcept {
  return write([&] {
    const std::int64_t own = step ? *step : whole_number(find(values, kStep)).value_or(next_step_);
    next_step_ = own < INT64_MAX ? own + 1 : own;
    begin_line(values, own);
    add_values(values);
  });
}

bool RunLog::log_in_step(std::span<const Metric> values) noexcept {
  return write([&] {
    begin_line(values, step_of_line_before());
    add_values(values);
  });
}

bool RunLog::log_figures(const FiguresText& figures,
                         std::span<const std::string_view> prefixes) noexcept {
  // Nothing to write makes no file either.
  return figures.has_any_of_group(prefixes) && write([&] {
           begin_line({}, step_of_line_before());
           figures.append_group_to(line_, prefixes);
         });
}

bool RunLog::log_event(std::string_view event, std::string_view message) noexcept {
  return write([&] {
    begin_line({}, step_of_line_before());
    line_ += R"(,"_event":)";
    append_json_string(line_, event);
    line_ += R"(,"_message":)";
    append_json_string(line_, message);
  });
}

void RunLog::begin_line(std::span<const Metric> values, std::int64_t step) {
  // The step comes first: it is read back where a run goes on.
  line_ += R"({"_step":)";
  if (const Metric* const own = find(values, kStep); own != nullptr && !whole_number(own)) {
    append_json_value(line_, own->value);
  } else {
    append_whole_number(line_, step);
  }
  line_ += R"(,"_timestamp":)";
  if (const Metric* const own = find(values, kTimestamp)) {
    append_json_value(line_, own->value);
  } else {
    append_now(line_);
  }
}

void RunLog::add_values(std::span<const Metric> values) {
  if (figures_) {
    figures_->append_to(line_, values);
  }
  std::unordered_map<std::string_view, std::size_t> last_of;
  if (values.size() > kFewValues) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      last_of[values[at].name] = at;
    }
  }
  for (std::size_t at = 0; at < values.size(); ++at) {
    const Metric& value = values[at];
    const bool comes_again = last_of.empty() ? find(values.subspan(at + 1), value.name) != nullptr
                                             : last_of[value.name] != at;
    if (comes_again || value.name == kStep || value.name == kTimestamp) {
      continue;
    }
    line_ += ',';
    append_json_string(line_, value.name);
    line_ += ':';
    append_json_value(line_, value.value);
  }
}

void RunLog::close() noexcept {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  file_.close();
  figures_.reset();
}

void RunLog::tell(monitor::RunStatus& status) const {
  const std::lock_guard lock(mutex_);
  status.file = file_.path().string();
  status.lines_written = written_;
  status.lines_lost = lost_;
  status.last_error = last_error_;
}

}  // namespace wemol::sdk
