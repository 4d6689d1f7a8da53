#pragma once

#include <string>
#include <vector>

#include "node_day.h"

namespace wemol::report::daily::test {

/// 2025-08-01 of Asia/Taipei.
inline const Day kDay{.date = "2025-08-01", .begin_epoch = 1753977600, .end_epoch = 1754064000};
inline constexpr std::int64_t kPiece = 21'600;  ///< four in a day

/// The four pieces of that day.
inline std::vector<Bucket> pieces(const std::vector<std::optional<Number>>& utilization,
                                  const std::vector<std::optional<Number>>& memory) {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < utilization.size(); ++i) {
    buckets.push_back(
        {kDay.begin_epoch + static_cast<std::int64_t>(i + 1) * kPiece, utilization[i], memory[i]});
  }
  return buckets;
}

inline Number whole(std::int64_t value) {
  return value;
}

/// What tests/golden/daily/*/gpu4 says.
inline NodeDay amd_node() {
  NodeDay node{.node = "gpu4", .expected_buckets = 4};
  constexpr unsigned kCards = 8;
  for (unsigned i = 0; i < kCards; ++i) {
    CardDay card{.index = i, .card = 1 + 8 * i};
    card.buckets = pieces({whole(0), whole(0), whole(0), whole(0)}, {0.14, 0.14, 0.14, 0.14});
    node.cards.push_back(card);
  }
  node.cards[2].buckets =
      pieces({whole(10), 20.5, 30.62, whole(20)}, {whole(83), 83.5, 83.52, 83.5});
  node.cards[3].buckets =
      pieces({whole(0), 72.68, whole(0), whole(0)}, {whole(82), 82.54, 82.27, 82.27});
  const std::string model = "AMD Instinct MI300X";
  node.tasks = {{.user = "nycubme",
                 .type = "LAB",
                 .project_uuid = "pd6ce655",
                 .image = "myelintek/labu1f682d9:1750235191",
                 .begin_epoch = 1752502920,
                 .total_seconds = 86399,
                 .cards = {{2, "27", "APU-70cb99ce3e214bda", model, 196592}}},
                {.user = "alice",
                 .type = "WEBAPP",
                 .project_uuid = "p0000001",
                 .image = "lab/train:7",
                 .begin_epoch = 1753999200,
                 .end_epoch = 1754020800,
                 .total_seconds = 21600,
                 .cards = {{3, "28", "APU-0000000000000028", model, 196592}}}};
  return node;
}

/// What tests/golden/daily/*/nv1 says.
inline NodeDay nvidia_node() {
  NodeDay node{.node = "nv1", .vendor = Vendor::nvidia, .expected_buckets = 4};
  node.cards = {{.index = 0, .uuid = "GPU-aaaa", .name = "NVIDIA A100"},
                {.index = 1, .failure = "HTTP 404"}};
  node.cards[0].buckets =
      pieces({std::nullopt, 1e-7, whole(60), 30.75}, {std::nullopt, 50.0, 50.5, std::nullopt});
  node.tasks = {{.user = "bob \"B\", jr", .begin_epoch = 1754042400, .cards = {{0, "1"}}},
                {.user = "=cmd|calc",
                 .begin_epoch = 1754010000,
                 .end_epoch = 1754013600,
                 .total_seconds = 3600.5,
                 .cards = {{0, "1"}}}};
  return node;
}

}  // namespace wemol::report::daily::test
