"""Stands in for the children of a Netdata that others stream to: as many hosts and figures as hub_load has.

  netdata_children.py PORT KEY CHILDREN FIGURES INTERVAL-S SECONDS PID

Each child has a connection and sends all its figures every INTERVAL-S, spread over the interval. Prints what
the parent, PID, takes from two intervals on. The lines to send are made beforehand.
"""
import os
import pathlib
import random
import socket
import sys
import time
import uuid

PORT, KEY, CHILDREN, FIGURES, INTERVAL, SECONDS, PID = sys.argv[1:]
PORT, CHILDREN, FIGURES, INTERVAL, SECONDS = int(PORT), int(CHILDREN), int(FIGURES), int(INTERVAL), int(SECONDS)
IN_A_CHART = 10


def charts():
    return [range(begin, min(begin + IN_A_CHART, FIGURES)) for begin in range(0, FIGURES, IN_A_CHART)]


def definition():
    lines = []
    for number, dimensions in enumerate(charts()):
        lines.append(f'CHART "load.chart{number}" "load.chart{number}" "figures" "units" "load" "load.chart{number}" '
                     f'"line" 1000 {INTERVAL} "" "load" "load"')
        lines += [f'DIMENSION "figure{it}" "figure{it}" "absolute" 1 1000 ""' for it in dimensions]
    return "\n".join(lines) + "\n"


def values(is_first):
    lines = []
    for number, dimensions in enumerate(charts()):
        lines.append(f'BEGIN "load.chart{number}"' + ("" if is_first else f" {INTERVAL * 1000000}"))
        lines += [f'SET "figure{it}" = {random.randrange(100000)}' for it in dimensions]
        lines.append("END")
    return ("\n".join(lines) + "\n").encode()


def connect(index):
    child = socket.socket()
    child.bind((f"127.2.{index // 250}.{index % 250 + 1}", 0))
    child.connect(("127.0.0.1", PORT))
    guid = uuid.uuid5(uuid.NAMESPACE_DNS, f"load{index}")
    child.sendall(f"STREAM key={KEY}&hostname=load{index:04}&registry_hostname=load{index:04}&machine_guid={guid}"
                  f"&update_every={INTERVAL}&os=linux&timezone=UTC&abbrev_timezone=UTC&utc_offset=0&hops=1&tags="
                  " HTTP/1.1\r\nUser-Agent: netdata_children\r\nAccept: */*\r\n\r\n".encode())
    answer = child.recv(1000)
    if not answer.startswith(b"Hit me baby"):
        sys.exit(f"the parent does not want it: {answer!r}")
    child.sendall(definition().encode())
    child.sendall(values(True))
    return child


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mebibytes(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0


children = [connect(index) for index in range(CHILDREN)]
texts = [values(False) for _ in range(32)]
begin = time.monotonic()
measure_from = begin + 2 * INTERVAL
end = measure_from + SECONDS
before = own_before = None
rounds = 0
while True:
    for index, child in enumerate(children):
        due = begin + INTERVAL * (rounds + index / CHILDREN)
        now = time.monotonic()
        if before is None and now >= measure_from:
            before, own_before = cpu_seconds(PID), time.process_time()
        if due > end:
            break
        if due > now:
            time.sleep(due - now)
        child.sendall(texts[(rounds + index) % len(texts)])
    else:
        rounds += 1
        continue
    break
print(f"netdata, {CHILDREN} children x {FIGURES} figures every {INTERVAL} s: "
      f"{100 * (cpu_seconds(PID) - before) / SECONDS:.1f} % of a CPU, RSS {mebibytes(PID, 'VmRSS'):.0f} MiB, "
      f"peak {mebibytes(PID, 'VmHWM'):.0f} MiB; this program {100 * (time.process_time() - own_before) / SECONDS:.1f} %")
