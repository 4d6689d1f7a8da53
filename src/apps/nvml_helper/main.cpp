#include <exception>
#include <iostream>

#include "nvml_helper.h"
#include "nvml_reader.h"

/// The helper of libwemol-monitor, which lives in other people's programs and cannot start itself.
int main(int argc, char** argv) {
  try {
    return wemol::nvml::run_helper(argc > 1 ? argv[1] : wemol::nvml::kLibraryName);
  } catch (const std::exception& error) {
    std::cerr << "wemol-nvml-helper: " << error.what() << '\n';
    return 1;
  }
}
