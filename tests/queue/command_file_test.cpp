#include "command_file.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

constexpr std::uint64_t kGb = std::uint64_t{1} << 30U;
using Commands = std::vector<std::string>;

/// The only block of a text that has no errors.
CommandBlock only_block(std::string_view text) {
  const auto reading = parse_command_file(text);
  EXPECT_TRUE(reading.errors.empty()) << describe(reading, "f");
  EXPECT_EQ(reading.blocks.size(), 1U) << describe(reading, "f");
  return reading.blocks.size() == 1 ? reading.blocks.front() : CommandBlock{};
}

/// "line: reason" of a text that is one bad block.
std::string only_error(std::string_view text) {
  const auto reading = parse_command_file(text);
  EXPECT_EQ(reading.errors.size(), 1U) << describe(reading, "f");
  EXPECT_TRUE(reading.blocks.empty()) << describe(reading, "f");
  return reading.errors.empty() ? "" : describe(reading.errors.front(), "f");
}

TEST(QueueCommandFile, TheStandardFormEndsInQueueAndMemory) {
  const auto block = only_block("python a.py --lr 0.1\npython b.py\n1,7.5\n");
  EXPECT_EQ(block.form, "standard");
  EXPECT_EQ(block.spec.queue, "1");
  EXPECT_EQ(block.spec.commands, (Commands{"python a.py --lr 0.1", "python b.py"}));
  EXPECT_EQ(block.spec.memory_bytes, 7 * kGb + kGb / 2);
  EXPECT_EQ(block.spec.gpus, 1U);
  EXPECT_EQ(block.first_line, 1U);
  EXPECT_EQ(block.last_line, 3U);
}

TEST(QueueCommandFile, WithoutMemoryItIsTwentyGigabytes) {
  for (const std::string_view last : {"1", "1,", "1 #queue", "1, # queue"}) {
    const auto block = only_block("python a.py\n" + std::string(last) + "\n");
    EXPECT_EQ(block.spec.queue, "1") << last;
    EXPECT_EQ(block.spec.memory_bytes, 20 * kGb) << last;
  }
}

TEST(QueueCommandFile, NumbersMayHaveACommentBehindThem) {
  const auto standard = only_block("python a.py\n1, 10 # queue, GB\n");
  EXPECT_EQ(standard.spec.memory_bytes, 10 * kGb);
  const auto first = only_block("1 #queue\npython a.py # a comment of the shell\n20#GB\n");
  EXPECT_EQ(first.form, "queue first");
  EXPECT_EQ(first.spec.queue, "1");
  EXPECT_EQ(first.spec.commands, Commands{"python a.py # a comment of the shell"});
}

TEST(QueueCommandFile, TheQueueMayComeFirst) {
  const auto block = only_block("1\npython a.py\npython b.py\n12\n");
  EXPECT_EQ(block.form, "queue first");
  EXPECT_EQ(block.spec.commands, (Commands{"python a.py", "python b.py"}));
  EXPECT_EQ(block.spec.memory_bytes, 12 * kGb);
}

TEST(QueueCommandFile, TheQueueMayComeFirstWithACountOfGpus) {
  const auto block = only_block("2\ntorchrun train.py\n4 #GPUs\n40\n");
  EXPECT_EQ(block.form, "queue first with GPU count");
  EXPECT_EQ(block.spec.queue, "2");
  EXPECT_EQ(block.spec.gpus, 4U);
  EXPECT_EQ(block.spec.memory_bytes, 40 * kGb);
  EXPECT_EQ(block.spec.commands, Commands{"torchrun train.py"});
}

TEST(QueueCommandFile, TheOlderFormHasQuotesAndCommas) {
  const auto block = only_block("\"python a.py\",\n\"python b.py --x \\\"1 2\\\"\",\n1,\n20\n");
  EXPECT_EQ(block.form, "older");
  EXPECT_EQ(block.spec.queue, "1");
  EXPECT_EQ(block.spec.commands, (Commands{"python a.py", "python b.py --x \"1 2\""}));
  EXPECT_EQ(block.spec.memory_bytes, 20 * kGb);
}

TEST(QueueCommandFile, AQueueIsAnyWord) {
  EXPECT_EQ(only_block("python a.py\ntrain,8\n").spec.queue, "train");
  EXPECT_EQ(only_block("night-run\npython a.py\n8\n").spec.queue, "night-run");
  EXPECT_EQ(only_block("\"python a.py\",\n训练,\n8\n").spec.queue, "训练");
  EXPECT_EQ(only_block("python a.py\n007,8\n").spec.queue, "007");
  EXPECT_TRUE(is_queue_word("a.b_c-1@x"));
  for (const std::string_view bad : {"", "a b", "-x", "a,b", "a/b", "a\"b", "$a", "\xFF"}) {
    EXPECT_FALSE(is_queue_word(bad)) << bad;
  }
  EXPECT_FALSE(is_queue_word(std::string(65, 'a')));
}

TEST(QueueCommandFile, QuotesAroundAWholeCommandAreTakenOffAndOthersAreTheShells) {
  const auto commands_of = [](const std::string& line) {
    return only_block(line + "\n1,20\n").spec.commands;
  };
  EXPECT_EQ(commands_of("\"python a.py\""), Commands{"python a.py"});
  EXPECT_EQ(commands_of("\"python a.py\" , # first"), Commands{"python a.py"});
  EXPECT_EQ(commands_of("\"printf '\\n' \\\"x\\\"\""), Commands{"printf '\\n' \"x\""});
  EXPECT_EQ(commands_of("\"/opt/my tool\" --x \"1\""), Commands{"\"/opt/my tool\" --x \"1\""});
  EXPECT_EQ(commands_of("echo \"a\""), Commands{"echo \"a\""});
  EXPECT_EQ(commands_of("A=1 python -c 'print({1: 2})' && awk '{print $1}' ${F}"),
            Commands{"A=1 python -c 'print({1: 2})' && awk '{print $1}' ${F}"});
}

TEST(QueueCommandFile, ABackslashContinuesTheLine) {
  const auto block = only_block("python a.py \\\n  --lr 1 \\\n  # no comment here\n1,20\n");
  EXPECT_EQ(block.spec.commands, Commands{"python a.py --lr 1 # no comment here"});
  EXPECT_NE(only_error("python a.py\n1,20 \\\n").find("backslash"), std::string::npos);
}

TEST(QueueCommandFile, BlankLinesDivideAndCommentsDoNot) {
  const auto reading = parse_command_file(
      "\xEF\xBB\xBF# all jobs\r\n\r\npython a.py\r\n# python old.py\r\n1,20\r\n \t\r\n\r\n"
      "python b.py\r\n2,10");
  ASSERT_EQ(reading.blocks.size(), 2U) << describe(reading, "f");
  EXPECT_TRUE(reading.errors.empty());
  EXPECT_EQ(reading.blocks[0].spec.commands, Commands{"python a.py"});
  EXPECT_EQ(reading.blocks[0].first_line, 3U);
  EXPECT_EQ(reading.blocks[0].last_line, 5U);
  EXPECT_EQ(reading.blocks[1].spec.queue, "2");
  EXPECT_EQ(reading.blocks[1].first_line, 8U);
  EXPECT_TRUE(parse_command_file("").blocks.empty());
  EXPECT_TRUE(parse_command_file("# nothing\n\n").errors.empty());
}

TEST(QueueCommandFile, ABadBlockIsRefusedWithItsLineAndTheOthersAreTaken) {
  const auto reading = parse_command_file("python a.py\n1,20\n\npython b.py\n\npython c.py\n1,x\n");
  ASSERT_EQ(reading.blocks.size(), 1U);
  ASSERT_EQ(reading.errors.size(), 2U);
  EXPECT_EQ(reading.errors[0].line, 4U);
  EXPECT_EQ(reading.errors[1].first_line, 6U);
  EXPECT_EQ(reading.errors[1].line, 7U);
  EXPECT_EQ(describe(reading.errors[1], "command.txt"),
            "command.txt:7: the memory \"x\" is no number of GB from 0 to 1000000");
}

TEST(QueueCommandFile, WhatCannotBeMeantIsNeverRun) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"python a.py\n1,20\npython b.py\n2,20\n", "f:2: \"1,20\" ends a block"},
      {"python a.py\n1\n20\n", "f:2: \"1\" is a number where a command is expected"},
      {"1,20\n", "f:1: the block has no command"},
      {"1\n2\n20\n", "f:2: \"2\" is a number"},
      {"python a.py\nmake\n", "f:2: the block has to end in"},
      {"python a.py\n1，20\n", "f:2: the comma between"},
      {"python a.py\n1,-5\n", "f:2: the memory"},
      {"python a.py\n1,inf\n", "f:2: the memory"},
      {"python a.py\n1,2000000\n", "f:2: the memory"},
      {"1\npython a.py\n0\n20\n", "f:3: \"0\" is no number of GPUs"},
      {"1\npython a.py\n1.5\n20\n", "f:3: \"1.5\" is no number of GPUs"},
      {"\"python a.py\n1,20\n", "f:1: the double quote"},
      {"\"\"\n1,20\n", "f:1: there is no command in the quotes"},
      {"echo \xFF\n1,20\n", "f:1: the line is not UTF-8"},
      {std::string("echo \0x\n1,20\n", 13), "f:1: the line holds a control character"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_TRUE(only_error(text).starts_with(expected)) << text << "\n" << only_error(text);
  }
}

TEST(QueueCommandFile, CheckSaysWhatWasUnderstood) {
  const auto reading = parse_command_file("python a.py\n1,20\n\n2\npython b.py\n2\n8\n\nx\n");
  EXPECT_EQ(
      describe(reading, "command.txt"),
      "command.txt:1-2: queue 1, 20 GB on 1 GPU (standard)\n"
      "    python a.py\n"
      "command.txt:4-7: queue 2, 8 GB on 2 GPUs (queue first with GPU count)\n"
      "    python b.py\n"
      "command.txt:9: the block has to end in \"queue,memoryGB\", such as \"1,20\", and not in "
      "\"x\" (block of lines 9-9)\n"
      "command.txt: 2 jobs in 2 queues, 1 block refused\n");
}

TEST(QueueCommandFile, AFileIsReadAndAMissingOneIsAnError) {
  const test::TempDir dir;
  test::write_text(dir / "command.txt", "python a.py\n1,20\n");
  const auto reading = read_command_file(dir / "command.txt");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->blocks.size(), 1U);
  const auto missing = read_command_file(dir / "none.txt");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
}

}  // namespace
}  // namespace wemol::queue
