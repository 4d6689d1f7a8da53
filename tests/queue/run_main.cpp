#include <string_view>

#include <gtest/gtest.h>

#include "keeper.h"
#include "keeper_program.h"
#include "nvml_helper.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == wemol::queue::kKeepSubcommand) {
    return wemol::queue::keep();
  }
  if (const auto status = wemol::nvml::run_if_helper(argc, argv)) {
    return *status;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
