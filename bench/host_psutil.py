#!/usr/bin/env python3
"""host_psutil.py INTERVAL_S SAMPLES host|all: the same figures with psutil, and what a sample costs.

Run by bench/host-cost, beside host_sampler.
"""
import sys
import time

import psutil

ATTRIBUTES = ["pid", "ppid", "name", "cmdline", "status", "username", "cpu_percent", "memory_info",
              "memory_percent", "num_threads", "create_time"]


def sample(with_processes):
    psutil.cpu_percent()
    psutil.cpu_percent(percpu=True)
    psutil.cpu_freq(percpu=True)
    getattr(psutil, "sensors_temperatures", dict)()
    psutil.getloadavg()
    psutil.virtual_memory()
    psutil.swap_memory()
    psutil.disk_io_counters()
    for partition in psutil.disk_partitions():
        psutil.disk_usage(partition.mountpoint)
    psutil.net_io_counters(pernic=True)
    len([c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED])
    if not with_processes:
        return len(psutil.pids())
    return len([process.info for process in psutil.process_iter(ATTRIBUTES)])


def main():
    interval, samples, scope = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    sample(scope == "all")
    costs = []
    seen = 0
    due = time.monotonic()
    for _ in range(samples):
        due += interval
        time.sleep(max(0, due - time.monotonic()))
        before = time.process_time()
        seen = sample(scope == "all")
        costs.append(time.process_time() - before)
    mean = sum(costs) / samples
    costs.sort()
    print(f"{seen} seen, {mean * 1e6:.0f} us per sample (median {costs[samples // 2] * 1e6:.0f}, "
          f"worst {costs[-1] * 1e6:.0f}): {mean / interval * 100:.3f} % of a CPU")


main()
