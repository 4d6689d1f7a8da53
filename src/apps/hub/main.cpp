#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "files.h"
#include "hub_commands.h"
#include "hub_program.h"

int main(int argc, char** argv) {
  try {
    wemol::open_missing_standard_streams();
    const auto options = wemol::hub::parse_hub_options(argc, argv);
    if (!options) {
      const wemol::EarlyExit& exit = options.error();
      if (exit.status == 0) {
        fmt::print("{}", exit.text);
      } else {
        fmt::print(stderr, "wemol-hub: {}\n", exit.text);
      }
      return exit.status;
    }
    if (options->command != wemol::hub::HubCommand::serve) {
      return wemol::hub::run_hub_command(*options);
    }
    return options->check ? wemol::hub::run_hub_check(*options) : wemol::hub::run_hub(*options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "wemol-hub: {}\n", error.what());
    return 1;
  }
}
