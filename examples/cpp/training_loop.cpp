// training_loop STEPS: one line of JSON per step in wemol-runs/examples/cpp.jsonl.
#include <cmath>
#include <cstdlib>
#include <iostream>

#include <wemol/monitor.h>

namespace {

double train(int step) {
  double sum = 0;
  for (int i = 1; i < 100'000; ++i) {
    sum += std::sin(step * i);
  }
  return 1.0 / (step + 1) + std::abs(sum) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 100;
  auto run = wemol::monitor::init(
      {.project = "examples", .run_id = "cpp", .collect_interval = std::chrono::seconds(1)});
  for (int step = 0; step < steps; ++step) {
    run.log({{"loss", train(step)}, {"phase", step < 10 ? "warm-up" : "training"}});
  }
  const auto status = run.finish();
  std::cout << status.lines_written << " lines in " << status.file << '\n';
  if (status.lines_lost > 0) {
    std::cout << status.lines_lost << " lost: " << status.last_error << '\n';
  }
}
