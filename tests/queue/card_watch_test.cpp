#include "card_watch.h"

#include <unistd.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include "amd_host.h"
#include "nvml_scenario.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol::queue {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRows =
    "case \"$*\" in\n"
    "*query-compute-apps*) ;;\n"
    "*memory.free*) echo '0, GPU-a, NVIDIA A100, 81920, 81000'; echo '1, GPU-b, NVIDIA A100, "
    "81920, "
    "[N/A]';;\n"
    "esac\n";

class CardWatchTest : public testing::Test {
 protected:
  CardWatchTest() { setenv("PATH", (dir.path().string() + ":" + path_before_).c_str(), 1); }
  ~CardWatchTest() override { setenv("PATH", path_before_.c_str(), 1); }

  void nvidia_smi(const std::string& script) const {
    const auto path = dir / "nvidia-smi";
    test::write_text(dir / "draft", "#!/bin/sh\n" + script);
    std::filesystem::permissions(dir / "draft", std::filesystem::perms::owner_all);
    std::filesystem::rename(dir / "draft", path);
  }
  [[nodiscard]] CardWatchSettings settings() const {
    return {.lock_folder = dir / "locks", .root = amd.root()};
  }
  void start(CardWatchSettings what) {
    watch = std::make_unique<CardWatch>(
        loop, std::move(what), [this](auto answer) { answers.push_back(std::move(answer)); });
  }
  /// The answer to a question that is asked now.
  Result<CardAnswer> ask(const CardQuestion& question = {}) {
    EXPECT_TRUE(watch->ask(question));
    const std::size_t before = answers.size();
    loop.run_until([&] { return answers.size() > before; }, loop.now() + 60s);
    return answers.size() > before ? answers.back() : failure("no answer");
  }

  test::TempDir dir;
  test::AmdHost amd;  ///< without a card
  EventLoop loop{EventLoop::Host::somebody_elses};
  std::vector<Result<CardAnswer>> answers;
  std::unique_ptr<CardWatch> watch;

 private:
  const std::string path_before_ = getenv("PATH");
};

TEST_F(CardWatchTest, AsksNvidiaSmi) {
  nvidia_smi(kRows);
  start(settings());
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask();
    ASSERT_TRUE(answer) << answer.error().message;
    const auto& cards = answer->look.cards;
    ASSERT_EQ(cards.size(), 2U);
    EXPECT_EQ(cards[0].uuid, "GPU-a");
    EXPECT_EQ(cards[0].memory_free_bytes, 81000ULL << 20);
    EXPECT_EQ(cards[0].memory_total_bytes, 81920ULL << 20);
    EXPECT_FALSE(cards[1].memory_free_bytes);
  }
}

TEST_F(CardWatchTest, ADriverThatHangsHoldsNothing) {
  nvidia_smi("exec sleep 1000");
  auto what = settings();
  what.answer_timeout = 300ms;
  start(what);
  ASSERT_TRUE(watch->ask({}));
  EXPECT_TRUE(watch->is_waiting());
  EXPECT_FALSE(watch->ask({})) << "one question at a time";
  const SteadyTime before = loop.now();
  loop.run_until([] { return false; }, before + 10ms);
  EXPECT_LT(loop.now() - before, 250ms) << "the loop went on";
  loop.run_until([&] { return !answers.empty(); }, loop.now() + 60s);
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_FALSE(answers[0]) << "unknown is no look";
  EXPECT_FALSE(watch->is_waiting());
  nvidia_smi(kRows);
  Result<CardAnswer> answer = ask();
  for (int i = 0; i < 20 && !answer; ++i) {  // the first one has to end
    answer = ask();
  }
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->look.cards.size(), 2U);
}

TEST_F(CardWatchTest, EndsSoonThoughTheDriverHangs) {
  nvidia_smi("exec sleep 1000");
  start(settings());
  ASSERT_TRUE(watch->ask({}));
  const SteadyTime before = loop.now();
  watch.reset();
  EXPECT_LT(loop.now() - before, 5s);
}

TEST_F(CardWatchTest, AsksNvmlInAHelper) {
  test::NvmlScenario scenario;
  scenario.set(test::kTwoGpus);
  nvidia_smi("exit 1");
  auto what = settings();
  what.nvml_helper_command = {"/proc/self/exe", "--nvml-helper", WEMOL_FAKE_NVML};
  start(what);
  Result<CardAnswer> answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->look.cards.size(), 2U);
  EXPECT_EQ(answer->look.cards[0].uuid, "GPU-0");
  EXPECT_EQ(answer->look.cards[0].memory_total_bytes, 1000U);
  EXPECT_EQ(answer->look.cards[0].memory_free_bytes, 600U) << "what is reserved is not free";
  watch->let_go();
  for (int i = 0; i < 6000 && scenario.log().find("shutdown") == std::string::npos; ++i) {
    loop.run_until([] { return false; }, loop.now() + 10ms);
  }
  EXPECT_NE(scenario.log().find("shutdown"), std::string::npos);
}

TEST_F(CardWatchTest, ReadsAmdsCardsWhereNvidiaHasNone) {
  nvidia_smi(
      "echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver\"; "
      "exit 9");
  amd.add_card(0, "0000:43:00.0");
  amd.add_node(1, 4711, 0, 0x4300);
  start(settings());
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->look.cards.size(), 1U);
  EXPECT_TRUE(answer->look.cards[0].is_amd);
  EXPECT_EQ(answer->look.cards[0].memory_free_bytes, 68702699520ULL - 11534336ULL);
}

TEST_F(CardWatchTest, CardsOfBothMakersAreOneList) {
  nvidia_smi(kRows);
  amd.add_card(0, "0000:43:00.0");
  amd.add_node(1, 4711, 0, 0x4300);
  start(settings());
  const auto answer = ask();
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->look.cards.size(), 3U);
  EXPECT_EQ(answer->look.cards[2].index, 2U);
}

TEST_F(CardWatchTest, NoDriverAtAllIsSaid) {
  nvidia_smi(
      "echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver\"; "
      "exit 9");
  start(settings());
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("NVIDIA driver"), std::string::npos)
      << answer.error().message;
}

}  // namespace
}  // namespace wemol::queue
