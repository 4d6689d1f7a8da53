#include "command_file.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include <fmt/format.h>

#include "block_lines.h"
#include "files.h"
#include "gigabytes.h"
#include "text.h"

namespace wemol::queue {
namespace {

using Lines = std::span<const BlockLine>;

constexpr std::string_view kStandard = "standard";
constexpr std::string_view kQueueFirst = "queue first";
constexpr std::string_view kQueueFirstWithGpus = "queue first with GPU count";
constexpr std::string_view kOlder = "older";

/// A line of numbers without the comment that may follow them.
std::string_view without_comment(std::string_view line) {
  return trimmed(line.substr(0, line.find('#')));
}

bool is_number(std::string_view text) {
  constexpr std::string_view kBegins = "0123456789.-";  // not "inf" and "nan"
  return !text.empty() && kBegins.find(text.front()) != std::string_view::npos &&
         parse_number<double>(text).has_value();
}

/// "1,": a queue's word and nothing behind its comma.
std::optional<std::string_view> queue_before_comma(std::string_view text) {
  if (!text.ends_with(',')) {
    return std::nullopt;
  }
  text = trimmed(text.substr(0, text.size() - 1));
  return is_queue_word(text) ? std::optional(text) : std::nullopt;
}

/// "1,20", "1, 20": what is on both sides of its only comma, where a queue's word is before it.
std::optional<std::pair<std::string_view, std::string_view>> queue_and_rest(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos || text.find(',', comma + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view queue = trimmed(text.substr(0, comma));
  return is_queue_word(queue) ? std::optional(std::pair(queue, trimmed(text.substr(comma + 1))))
                              : std::nullopt;
}

/// Where a block has its numbers, and what of it is left for commands.
struct Layout {
  std::string_view form;
  std::string_view queue;
  std::optional<std::string_view> memory;
  std::optional<std::string_view> gpus;
  Lines commands;
  std::size_t memory_line = 0;
  std::size_t gpus_line = 0;
};

/// The forms that end in a bare number.
Layout layout_before_number(Lines lines, std::string_view last) {
  const std::size_t count = lines.size();
  const std::string_view before_last =
      count >= 2 ? without_comment(lines[count - 2].text) : std::string_view();
  const std::size_t memory_line = lines.back().number;
  if (const auto queue = queue_before_comma(before_last)) {
    return {.form = kOlder,
            .queue = *queue,
            .memory = last,
            .commands = lines.first(count - 2),
            .memory_line = memory_line};
  }
  const std::string_view first = without_comment(lines.front().text);
  if (count < 3 || !is_queue_word(first)) {
    return {.form = kStandard, .queue = last, .commands = lines.first(count - 1)};
  }
  if (count >= 4 && is_number(before_last)) {
    return {.form = kQueueFirstWithGpus,
            .queue = first,
            .memory = last,
            .gpus = before_last,
            .commands = lines.subspan(1, count - 3),
            .memory_line = memory_line,
            .gpus_line = lines[count - 2].number};
  }
  return {.form = kQueueFirst,
          .queue = first,
          .memory = last,
          .commands = lines.subspan(1, count - 2),
          .memory_line = memory_line};
}

std::optional<Layout> layout_of(Lines lines) {
  const std::string_view last = without_comment(lines.back().text);
  if (const auto parts = queue_and_rest(last)) {
    return Layout{.form = kStandard,
                  .queue = parts->first,
                  .memory = parts->second.empty() ? std::nullopt : std::optional(parts->second),
                  .commands = lines.first(lines.size() - 1),
                  .memory_line = lines.back().number};
  }
  if (is_number(last) && is_queue_word(last)) {
    return layout_before_number(lines, last);
  }
  return std::nullopt;
}

BlockError fault(std::size_t line, std::string reason) {
  return {.line = line, .reason = std::move(reason)};
}

BlockError no_layout(Lines lines) {
  const BlockLine& last = lines.back();
  if (last.text.find("，") != std::string::npos) {
    return fault(last.number, "the comma between queue and memory has to be \",\", not \"，\"");
  }
  if (is_number(without_comment(last.text))) {
    return fault(last.number,
                 fmt::format("\"{}\" is no queue and no memory in GB", printable(last.text)));
  }
  return fault(last.number,
               fmt::format("the block has to end in \"queue,memoryGB\", such as \"1,20\", "
                           "and not in \"{}\"",
                           printable(last.text)));
}

/// The line without the double quotes around all of it, and the comma and comment behind them.
/// Nothing: the quote is not closed. Quotes that are only a part of it are the shell's.
std::optional<std::string> unquoted(std::string_view line) {
  if (!line.starts_with('"')) {
    return std::string(line);
  }
  std::string inside;
  std::size_t at = 1;
  for (; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      ++at;
      if (line[at] != '"') {
        inside += '\\';
      }
    }
    inside += line[at];
  }
  if (at >= line.size()) {
    return std::nullopt;
  }
  std::string_view behind = trimmed(line.substr(at + 1));
  if (behind.starts_with(',')) {
    behind = trimmed(behind.substr(1));
  }
  const bool is_all = behind.empty() || behind.starts_with('#');
  return is_all ? std::string(trimmed(inside)) : std::string(line);
}

/// What is wrong with a command; absent when nothing is.
std::optional<std::string> fault_of_command(std::string_view line) {
  const std::string_view text = without_comment(line);
  const auto parts = queue_and_rest(text);
  if (parts && (is_number(parts->second) || (parts->second.empty() && is_number(parts->first)))) {
    return fmt::format("\"{}\" ends a block, so a blank line has to follow", printable(text));
  }
  if (is_number(text)) {
    return fmt::format("\"{}\" is a number where a command is expected", text);
  }
  return std::nullopt;
}

Result<std::vector<std::string>> commands_of(Lines lines, std::size_t& line) {
  std::vector<std::string> commands;
  for (const BlockLine& command : lines) {
    line = command.number;
    if (auto reason = fault_of_command(command.text)) {
      return failure(std::move(*reason));
    }
    auto text = unquoted(command.text);
    if (!text) {
      return failure("the double quote at the line's beginning is not closed");
    }
    if (text->empty()) {
      return failure("there is no command in the quotes");
    }
    commands.push_back(std::move(*text));
  }
  return commands;
}

/// Sets what the numbers say; or what is wrong with them.
std::optional<BlockError> set_numbers(const Layout& layout, JobSpec& spec) {
  spec.queue = layout.queue;
  spec.memory_bytes = kDefaultMemoryBytes;
  if (layout.memory) {
    const auto bytes = parse_gigabytes(*layout.memory);
    if (!bytes) {
      return fault(layout.memory_line,
                   fmt::format("the memory \"{}\" is no number of GB from 0 to 1000000",
                               printable(*layout.memory)));
    }
    spec.memory_bytes = *bytes;
  }
  if (layout.gpus) {
    constexpr unsigned kMostGpus = 1024;
    const auto gpus = parse_number<unsigned>(*layout.gpus);
    if (!gpus || *gpus == 0 || *gpus > kMostGpus) {
      return fault(layout.gpus_line, fmt::format("\"{}\" is no number of GPUs from 1 to {}",
                                                 *layout.gpus, kMostGpus));
    }
    spec.gpus = *gpus;
  }
  return std::nullopt;
}

/// Fills in the job; or says why it cannot.
std::optional<BlockError> understand(const LineBlock& block, CommandBlock& understood) {
  if (block.error) {
    return block.error;
  }
  const auto layout = layout_of(block.lines);
  if (!layout) {
    return no_layout(block.lines);
  }
  if (layout->commands.empty()) {
    return fault(block.first_line, "the block has no command");
  }
  if (auto wrong = set_numbers(*layout, understood.spec)) {
    return wrong;
  }
  std::size_t line = 0;
  auto commands = commands_of(layout->commands, line);
  if (!commands) {
    return fault(line, commands.error().message);
  }
  understood.spec.commands = std::move(*commands);
  understood.form = layout->form;
  return std::nullopt;
}

}  // namespace

bool is_queue_word(std::string_view text) {
  constexpr std::size_t kLongestBytes = 64;
  constexpr std::string_view kMarks = "_-.:@+";
  // Some tools of Chinese texts put a full-width comma where "," is meant.
  if (text.empty() || text.size() > kLongestBytes || text.front() == '-' || !is_utf8(text) ||
      text.find("，") != std::string_view::npos) {
    return false;
  }
  return std::ranges::all_of(text, [&](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
           kMarks.find(c) != std::string_view::npos;
  });
}

CommandFileReading parse_command_file(std::string_view text) {
  CommandFileReading reading;
  for (const LineBlock& block : split_into_blocks(text)) {
    CommandBlock understood{.first_line = block.first_line, .last_line = block.last_line};
    if (auto error = understand(block, understood)) {
      error->first_line = block.first_line;
      error->last_line = block.last_line;
      reading.errors.push_back(std::move(*error));
    } else {
      reading.blocks.push_back(std::move(understood));
    }
  }
  return reading;
}

Result<CommandFileReading> read_command_file(const std::filesystem::path& path) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
  const auto text = SystemFileReader().read(path, kMostBytes);
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  return parse_command_file(*text);
}

std::string describe(const BlockError& error, const std::filesystem::path& path) {
  return fmt::format("{}:{}: {}", path.string(), error.line, error.reason);
}

std::string describe(const CommandFileReading& reading, const std::filesystem::path& path) {
  std::string text;
  std::set<std::string_view> queues;
  for (const CommandBlock& block : reading.blocks) {
    const JobSpec& spec = block.spec;
    queues.insert(spec.queue);
    text += fmt::format("{}:{}-{}: queue {}, {:g} GB on {} ({})\n", path.string(), block.first_line,
                        block.last_line, spec.queue,
                        static_cast<double>(spec.memory_bytes) / kGigabyteBytes,
                        counted(spec.gpus, "GPU"), block.form);
    for (const std::string& command : spec.commands) {
      text += fmt::format("    {}\n", printable(command));
    }
  }
  for (const BlockError& error : reading.errors) {
    text += fmt::format("{} (block of lines {}-{})\n", describe(error, path), error.first_line,
                        error.last_line);
  }
  text += fmt::format("{}: {} in {}", path.string(), counted(reading.blocks.size(), "job"),
                      counted(queues.size(), "queue"));
  if (!reading.errors.empty()) {
    text += fmt::format(", {} refused", counted(reading.errors.size(), "block"));
  }
  return text + "\n";
}

}  // namespace wemol::queue
