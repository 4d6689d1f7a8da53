#include <cstdio>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "files.h"
#include "keeper.h"
#include "keeper_program.h"
#include "nvml_helper.h"
#include "queue_commands.h"
#include "queue_options.h"

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == wemol::queue::kKeepSubcommand) {
      return wemol::queue::keep();
    }
    wemol::open_missing_standard_streams();
    if (const auto status = wemol::nvml::run_if_helper(argc, argv)) {
      return *status;
    }
    const auto options = wemol::queue::parse_queue_options(argc, argv);
    if (options) {
      return wemol::queue::run_queue_command(*options);
    }
    if (options.error().status == 0) {
      fmt::print("{}", options.error().text);
    } else {
      fmt::print(stderr, "wemol-queue: {}\n", options.error().text);
    }
    return options.error().status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "wemol-queue: {}\n", error.what());
    return 1;
  }
}
