#include "container_name.h"

#include <algorithm>
#include <string>

namespace wemol {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes the digits at the front of `text` off it. Empty when there are none.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

bool take_underscore(std::string_view& text) {
  const bool found = text.starts_with('_');
  text.remove_prefix(found ? 1 : 0);
  return found;
}

/// Task and job when three numbers joined by underscores stand at the front of `text`.
std::optional<Task> parse_ids(std::string_view text) {
  const std::string_view task = take_digits(text);
  if (task.empty() || !take_underscore(text)) {
    return std::nullopt;
  }
  const std::string_view job = take_digits(text);
  if (job.empty() || !take_underscore(text) || take_digits(text).empty()) {
    return std::nullopt;
  }
  return Task{.type = "", .task_id = std::string(task), .job_id = std::string(job)};
}

}  // namespace

std::optional<Task> parse_container_name(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  if (!take_underscore(name)) {
    return std::nullopt;
  }
  const auto word_end = std::ranges::find_if_not(name, is_word);
  const auto word_length = static_cast<std::size_t>(word_end - name.begin());
  // The longest type first, which leaves the last three numbers for the ids. A type has at least
  // one character and ends before an underscore.
  for (std::size_t underscore = word_length; underscore-- > 1;) {
    if (name[underscore] != '_') {
      continue;
    }
    if (auto task = parse_ids(name.substr(underscore + 1))) {
      task->type = name.substr(0, underscore);
      return task;
    }
  }
  return parse_ids(name);
}

}  // namespace wemol
