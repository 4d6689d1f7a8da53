#!/usr/bin/env python3
"""scrape_cost.py SECONDS URL COMMAND...: starts a program that serves metrics, asks for them every
second, and prints what that costs it. Run by bench/host-cost.
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import time
import urllib.request


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = pathlib.Path(f"/proc/{pid}/schedstat")
    threads = pathlib.Path(f"/proc/{pid}/task")
    if own.exists():  # nanoseconds, where stat counts ticks
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads.iterdir()) / 1e9
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def main():
    seconds, url, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url).read()
                break
            time.sleep(0.1)
        time.sleep(2)
        before = cpu_seconds(program.pid)
        due = time.monotonic()
        worst, size = 0.0, 0
        for _ in range(seconds):
            due += 1
            time.sleep(max(0, due - time.monotonic()))
            asked = time.monotonic()
            size = len(urllib.request.urlopen(url).read())
            worst = max(worst, time.monotonic() - asked)
        cost = cpu_seconds(program.pid) - before
        print(f"{cost / seconds * 1e6:.0f} us per second and scrape: {cost / seconds * 100:.3f} % of a CPU; "
              f"{size} bytes, slowest answer {worst * 1e3:.1f} ms, {resident_kib(program.pid)} KiB resident")
    finally:
        program.terminate()
        program.wait(10)


main()
