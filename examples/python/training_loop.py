"""training_loop.py STEPS: one line of JSON per step in wemol-runs/examples/python.jsonl."""

import math
import sys

import wemol_monitor as tracklab


def train(step):
    return 1 / (step + 1) + abs(math.fsum(math.sin(step * i) for i in range(1000))) * 1e-9


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tracklab.init(project="examples", run_id="python", collect_interval=1.0) as run:
        for step in range(steps):
            run.log({"loss": train(step), "phase": "warm-up" if step < 10 else "training"})
    status = run.status()
    print(f"{status['lines_written']} lines in {status['file']}")


if __name__ == "__main__":
    main()
