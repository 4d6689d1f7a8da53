#include "figures_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_host.h"

namespace wemol::sdk {
namespace {

nlohmann::json parsed(const std::string& members) {
  return nlohmann::json::parse("{\"first\":0" + members + "}");
}

TEST(FiguresText, HasEveryFigureOnce) {
  const HostSample sample = test::sample_with_cpu(12.34567);
  std::string text;
  FiguresText(sample, nullptr).append_to(text, {});
  const nlohmann::json line = parsed(text);
  EXPECT_EQ(line["system.cpu.usage_percent"], 12.346);
  EXPECT_EQ(line["system.cpu.core0.usage_percent"], 12.346);
  EXPECT_EQ(line["system.memory.used_bytes"], 250);
  EXPECT_FALSE(line.contains("system.disk.usage_percent")) << "unknown is left out";
}

TEST(FiguresText, TheCallersNamesAreLeftOut) {
  const FiguresText figures(test::sample_with_cpu(50), nullptr);
  const std::vector<monitor::Metric> values{{"system.cpu.usage_percent", 1},
                                            {"loss", 2},
                                            {"system.cpu.usage_percent", 3},
                                            {"system.memory.used_bytes", 4},
                                            {"system.cpu", 5}};
  std::string text;
  figures.append_to(text, values);
  const nlohmann::json line = parsed(text);
  EXPECT_FALSE(line.contains("system.cpu.usage_percent"));
  EXPECT_FALSE(line.contains("system.memory.used_bytes"));
  EXPECT_EQ(line["system.memory.usage_percent"], 25);
  EXPECT_EQ(line["system.cpu.core0.usage_percent"], 50);
}

TEST(FiguresText, OneGroupAlone) {
  HostSample sample = test::sample_with_cpu(50);
  sample.gpus->push_back(test::gpu(0, 80));
  const FiguresText figures(sample, nullptr);
  constexpr std::array<std::string_view, 1> kGpu{"gpu."};
  std::string text;
  EXPECT_TRUE(figures.has_any_of_group(kGpu));
  figures.append_group_to(text, kGpu);
  const nlohmann::json line = parsed(text);
  EXPECT_EQ(line["gpu.0.gpu"], 80);
  EXPECT_FALSE(line.contains("system.cpu.usage_percent"));
  constexpr std::array<std::string_view, 1> kNone{"nothing."};
  std::string nothing;
  EXPECT_FALSE(figures.has_any_of_group(kNone));
  figures.append_group_to(nothing, kNone);
  EXPECT_EQ(nothing, "");
}

TEST(FiguresText, BytesStayExact) {
  HostSample sample = test::sample_with_cpu(50);
  sample.memory_used_bytes = 123'456'789'012'345;
  std::string text;
  FiguresText(sample, nullptr).append_to(text, {});
  EXPECT_EQ(parsed(text)["system.memory.used_bytes"], 123'456'789'012'345);
}

}  // namespace
}  // namespace wemol::sdk
