/* training_loop STEPS: one line of JSON per step in wemol-runs/examples/c.jsonl. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <wemol/monitor_c.h>

int main(int argc, char** argv) {
  const int steps = argc > 1 ? atoi(argv[1]) : 100;
  wemol_run_options options = {0};
  wemol_run* run = NULL;
  wemol_run_status status;
  int step;

  options.project = "examples";
  options.run_id = "c";
  options.collect_interval_seconds = 1;
  if (wemol_init(&options, &run) != WEMOL_OK) {
    fprintf(stderr, "no run: %s\n", wemol_last_error());
    return 1;
  }
  for (step = 0; step < steps; ++step) {
    wemol_metric metrics[2];
    metrics[0].name = "loss";
    metrics[0].kind = WEMOL_NUMBER;
    metrics[0].value.number = 1.0 / (step + 1);
    metrics[1].name = "phase";
    metrics[1].kind = WEMOL_TEXT;
    metrics[1].value.text = step < 10 ? "warm-up" : "training";
    /* A line that is lost does not end the training. */
    if (wemol_run_log(run, metrics, 2, NULL) != WEMOL_OK && step == 0) {
      fprintf(stderr, "not written: %s\n", wemol_last_error());
    }
  }
  wemol_run_finish(run, &status);
  printf("%" PRIu64 " lines in %s\n", status.lines_written, wemol_run_file(run));
  wemol_run_free(run);
  return 0;
}
