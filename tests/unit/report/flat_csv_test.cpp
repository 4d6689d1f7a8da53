#include "flat_csv.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol::report {
namespace {

using nlohmann::ordered_json;

TEST(FlatCsv, NamesTheMembersOfMembersByBoth) {
  const auto objects = ordered_json::parse(R"([
    {"module_name": "MD, \"new\"", "gpu_models": ["L4", "A100"], "known": true,
     "cores": {"p50": 1.5, "max": null}, "runs": 20},
    {"module_name": "=1+1", "gpu_models": [], "known": false,
     "cores": {"p50": 100000.0, "max": 2}, "runs": 0}])");
  EXPECT_EQ(flat_csv(objects),
            "module_name,gpu_models,known,cores_p50,cores_max,runs\r\n"
            "\"MD, \"\"new\"\"\",\"L4,A100\",1,1.5,,20\r\n"
            "'=1+1,,0,100000,2,0\r\n");
}

TEST(FlatCsv, OfNothingIsNothing) {
  EXPECT_EQ(flat_csv(ordered_json::array()), "");
}

}  // namespace
}  // namespace wemol::report
