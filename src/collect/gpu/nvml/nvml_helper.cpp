#include "nvml_helper.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string_view>

#include "gpu_message.h"
#include "nvml_reader.h"

namespace wemol::nvml {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Keeps standard output for the answers alone: what a library prints goes to standard error.
File take_standard_output() {
  const int fd = dup(STDOUT_FILENO);
  if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return nullptr;
  }
  return File(fdopen(fd, "w"));
}

}  // namespace

std::string_view request_for(Detail detail) {
  return detail == Detail::all         ? kRequestAll
         : detail == Detail::instances ? kRequestInstances
                                       : kRequest;
}

Detail detail_of(std::string_view request) {
  return request == kRequestAll         ? Detail::all
         : request == kRequestInstances ? Detail::instances
                                        : Detail::of_tasks;
}

int run_helper(const std::string& library) {
  prctl(PR_SET_NAME, "wemol-nvml");
  const File answers = take_standard_output();
  if (!answers) {
    return 1;
  }
  NvmlReader reader(library);
  for (std::string request; std::getline(std::cin, request);) {
    const std::string line =
        to_line(reader.read(std::chrono::steady_clock::now(), std::chrono::system_clock::now(),
                            detail_of(request))) +
        '\n';
    if (std::fwrite(line.data(), 1, line.size(), answers.get()) != line.size() ||
        std::fflush(answers.get()) != 0) {
      return 1;
    }
  }
  return 0;
}

std::optional<int> run_if_helper(int argc, const char* const* argv) {
  if (argc < 2 || argc > 3 || std::string_view(argv[1]) != kHelperArgument) {
    return std::nullopt;
  }
  return run_helper(argc == 3 ? argv[2] : kLibraryName);
}

}  // namespace wemol::nvml
