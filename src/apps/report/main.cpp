#include <cstdio>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "daily_program.h"
#include "report_program.h"

int main(int argc, char** argv) {
  try {
    const auto now = std::chrono::system_clock::now();
    if (argc > 1 && std::string_view(argv[1]) == "daily") {
      return wemol::report::daily::daily_main(argc, argv, now);
    }
    const auto options = wemol::report::parse_report_options(argc, argv, now);
    if (options) {
      return wemol::report::run_report(*options, now);
    }
    const wemol::report::EarlyEnd& end = options.error();
    if (end.status == 0) {
      fmt::print("{}", end.text);
    } else {
      fmt::print(stderr, "wemol-report: {}\n", end.text);
    }
    return end.status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "wemol-report: {}\n", error.what());
    return 1;
  }
}
