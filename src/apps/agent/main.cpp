#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "agent_program.h"
#include "files.h"
#include "nvml_helper.h"

int main(int argc, char** argv) {
  try {
    wemol::open_missing_standard_streams();
    if (const auto status = wemol::nvml::run_if_helper(argc, argv)) {
      return *status;
    }
    const auto options = wemol::agent::parse_agent_options(argc, argv);
    if (!options) {
      const wemol::EarlyExit& exit = options.error();
      if (exit.status == 0) {
        fmt::print("{}", exit.text);
      } else {
        fmt::print(stderr, "wemol-agent: {}\n", exit.text);
      }
      return exit.status;
    }
    return options->check ? wemol::agent::run_agent_check(*options)
                          : wemol::agent::run_agent(*options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "wemol-agent: {}\n", error.what());
    return 1;
  }
}
