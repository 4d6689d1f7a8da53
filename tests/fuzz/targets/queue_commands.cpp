#include <algorithm>

#include "block_change.h"
#include "command_file.h"
#include "expand.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

using queue::CommandBlock;
using queue::CommandFileReading;

void check_block(const CommandBlock& block) {
  const auto& spec = block.spec;
  require(queue::is_queue_word(spec.queue), "a queue is a word");
  require(!spec.commands.empty() && spec.gpus >= 1, "a job has a command and a GPU");
  require(block.first_line >= 1 && block.first_line <= block.last_line, "a block has lines");
  for (const std::string& command : spec.commands) {
    require(!command.empty() && is_utf8(command), "a command is text");
    require(command.find('\n') == std::string::npos && command.find('\0') == std::string::npos,
            "a command is one line");
    (void)queue::expand(command, "/w", "compete_1");
  }
}

/// A block that is written in the standard form is read as the same job, unless its first command
/// begins as a quoted one does, or ends in a backslash.
void check_written_again(const CommandBlock& block) {
  std::string text;
  for (const std::string& command : block.spec.commands) {
    if (command.find_first_of("\"\\#,") != std::string::npos || command.find_first_of(" /") == 0 ||
        command.find(' ') == std::string::npos) {
      return;
    }
    text += command + "\n";
  }
  text += block.spec.queue + ",20\n";
  const CommandFileReading again = queue::parse_command_file(text);
  require(again.errors.empty() && again.blocks.size() == 1, "a written block is understood");
  require(again.blocks[0].spec.commands == block.spec.commands, "its commands are the same");
  require(again.blocks[0].spec.queue == block.spec.queue, "its queue is the same");
}

void check_change(const CommandFileReading& before, const CommandFileReading& now) {
  std::vector<queue::KnownBlock> known;
  for (const CommandBlock& block : before.blocks) {
    known.push_back({.job = known.size() + 1, .spec = block.spec});
  }
  const queue::FileChange change = queue::compare(known, now);
  std::vector<queue::JobId> jobs = change.removed;
  for (std::size_t at = 0; at < change.jobs.size(); ++at) {
    if (change.jobs[at]) {
      require(known[*change.jobs[at] - 1].spec == now.blocks[at].spec, "a kept job is the block's");
      jobs.push_back(*change.jobs[at]);
    }
  }
  require(now.blocks.size() == change.jobs.size(), "each block has its job or none");
  require(!now.errors.empty() || jobs.size() == known.size(), "no job is lost");
  std::ranges::sort(jobs);
  require(std::ranges::adjacent_find(jobs) == jobs.end(), "no job is given twice");
}

void check_commands(std::string_view input) {
  const auto [first, second] = split_parts(input);
  const CommandFileReading before = queue::parse_command_file(first);
  for (const CommandBlock& block : before.blocks) {
    check_block(block);
    check_written_again(block);
  }
  for (const queue::BlockError& error : before.errors) {
    require(error.first_line <= error.line && error.line <= error.last_line, "an error is inside");
    require(is_clean_line(error.reason), "a reason is a clean line");
  }
  check_change(before, queue::parse_command_file(second));
}

const Target queue_commands_target("queue_commands", check_commands);

}  // namespace
}  // namespace wemol::fuzz
