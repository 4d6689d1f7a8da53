"""What each module of a recorded tree needs, with pandas: report_pandas.py FOLDER MODULE

Prints the spread of the memory peaks of that module.
"""

import glob
import re
import sys

import pandas

UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def in_bytes(cells):
    parts = cells.str.extract(r"^([0-9.e+]+)([A-Za-z]+)")
    return (parts[0].astype(float) * parts[1].map(UNITS)).round()


def sums(cells, unit):
    numbers = cells.str.replace(unit, "", regex=False).str.split(",", expand=True)
    return numbers.apply(pandas.to_numeric, errors="coerce").sum(axis=1, min_count=1)


def runs_of(path):
    rows = pandas.read_csv(path, dtype=str, keep_default_na=False, na_values=["N/A", "--"])
    figures = pandas.DataFrame(
        {
            "module": rows["module_name"],
            "container": rows["container"],
            "cores": pandas.to_numeric(rows["cpu_percent"].str.rstrip("%")) / 100,
            "memory": in_bytes(rows["mem_usage"]),
            "gpu_memory": sums(rows["gpu_memory_used"].astype(str), "MB"),
            "watts": sums(rows["gpu_power_draw"].astype(str), "W"),
        }
    )
    return figures.groupby(["module", "container"]).agg(
        {"cores": "mean", "memory": "max", "gpu_memory": "max", "watts": "mean"}
    )


paths = [p for p in glob.glob(glob.escape(sys.argv[1]) + "/*/*.csv") if re.search(r"/\d+\.csv$", p)]
runs = pandas.concat(map(runs_of, paths))
spread = runs.groupby("module").quantile([0.5, 0.95, 1], interpolation="lower")
memory = spread["memory"][sys.argv[2]]
count = len(runs.loc[sys.argv[2]])
print(f"{count} runs, memory peak p50/p95/max {memory[0.5]:.0f} {memory[0.95]:.0f} {memory[1]:.0f}")
