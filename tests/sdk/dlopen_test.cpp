// dlopen_test LIBRARY: loads it, uses it by its C names, unloads it with a run open, again and
// again.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <wemol/monitor_c.h>

namespace {

constexpr int kRounds = 20;
std::array<wemol_run*, kRounds> runs{};

template <typename Function>
Function* symbol(void* library, const char* name) {
  void* const found = dlsym(library, name);
  if (found == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  return reinterpret_cast<Function*>(found);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  alarm(60);
  char folder[] = "/tmp/wemol-dlopen-XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    return 2;
  }
  for (int round = 0; round < kRounds; ++round) {
    void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    wemol_run_options options{};
    options.run_id = "run";
    options.dir = folder;
    options.collect_interval_seconds = 0.1;
    // Some stay open, and are no leak.
    wemol_run*& run = runs[static_cast<std::size_t>(round)];
    if (symbol<decltype(wemol_init)>(library, "wemol_init")(&options, &run) != WEMOL_OK ||
        symbol<decltype(wemol_run_log_number)>(library, "wemol_run_log_number")(run, "loss", 1) !=
            WEMOL_OK) {
      return 1;
    }
    if (round % 2 == 0) {
      symbol<decltype(wemol_run_free)>(library, "wemol_run_free")(run);
    } else {
      usleep(150'000);  // its threads are at work when it goes
    }
    dlclose(library);
  }
  const std::string file = std::string(folder) + "/default/run.jsonl";
  std::remove(file.c_str());
  rmdir((std::string(folder) + "/default").c_str());
  return rmdir(folder) == 0 ? 0 : 1;
}
