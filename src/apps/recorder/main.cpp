#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "files.h"
#include "nvml_helper.h"
#include "program.h"

int main(int argc, char** argv) {
  try {
    wemol::open_missing_standard_streams();
    if (const auto status = wemol::nvml::run_if_helper(argc, argv)) {
      return *status;
    }
    const auto options = wemol::parse_options(argc, argv);
    if (!options) {
      const wemol::EarlyExit& exit = options.error();
      if (exit.status == 0) {
        fmt::print("{}", exit.text);
      } else {
        fmt::print(stderr, "wemol-recorder: {}\n", exit.text);
      }
      return exit.status;
    }
    return options->check
               ? wemol::run_host_check(*options)
               : wemol::run_recorder(*options, [&] { return wemol::parse_options(argc, argv); });
  } catch (const std::exception& error) {
    fmt::print(stderr, "wemol-recorder: {}\n", error.what());
    return 1;
  }
}
