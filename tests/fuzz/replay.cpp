// fuzz_replay TARGET FOLDER...: gives every file in the folders to the target once, without
// libFuzzer. What does not hold ends it, and the file's name is the last that it has printed.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz_target.h"

namespace {

std::size_t replay_folder(wemol::fuzz::Check check, const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::printf("%s\n", entry.path().c_str());
    std::fflush(stdout);
    std::ifstream file(entry.path(), std::ios::binary);
    // No byte lies behind the last one, so that a sanitizer sees who reads too far.
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    check({bytes.data(), bytes.size()});
    ++count;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const auto& targets = wemol::fuzz::targets();
  const auto target = argc > 1 ? targets.find(argv[1]) : targets.end();
  if (target == targets.end()) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FOLDER...\n");
    return 2;
  }
  std::size_t count = 0;
  for (int i = 2; i < argc; ++i) {
    if (std::filesystem::exists(argv[i])) {  // a target that has no crash has no folder of them
      count += replay_folder(target->second, argv[i]);
    }
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
