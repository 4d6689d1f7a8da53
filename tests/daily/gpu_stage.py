"""Stand-ins for nvidia-smi and docker, and the programs that keep device history by them."""
import csv
import os
import pathlib
import subprocess
import time

AGENT = os.environ.get("WEMOL_AGENT")
RECORDER = os.environ.get("WEMOL_RECORDER")
PATIENCE = 60
UUIDS = ["GPU-11111111-aaaa-bbbb-cccc-000000000000", "GPU-22222222-aaaa-bbbb-cccc-000000000000"]
MEMORY_MIB = 1000
DEVICE_HEADER = ("time,index,uuid,name,utilization_percent,memory_percent,memory_total_mib,temperature_celsius,power_watts,"
                 "users\r\n")
CONTAINER_ID = "c0ffee" + "0" * 58

# `figures GPU` sets $utilization (percent) and $memory (MiB); empty: unknown.
SMI = """#!/bin/sh
. {figures}
case $1 in
  --query-gpu=*)
    fields=${{1#--query-gpu=}}
    for gpu in 0 1; do
      figures $gpu
      line=
      for field in $(echo "$fields" | tr , ' '); do
        case $field:$gpu in
          index:*) v=$gpu ;; uuid:0) v={uuids[0]} ;; uuid:1) v={uuids[1]} ;; name:*) v="NVIDIA L4" ;;
          memory.total:*) v={total} ;; memory.used:*) v=${{memory:-[N/A]}} ;;
          utilization.gpu:*) v=${{utilization:-[N/A]}} ;; temperature.gpu:*) v=50 ;;
          power.draw:*) v=71.5 ;; *) v="[N/A]" ;;
        esac
        line="$line, $v"
      done
      echo "${{line#, }}"
    done ;;
  --query-compute-apps=*)
    [ -n "{pid}" ] || exit 0
    line=
    for field in $(echo "${{1#--query-compute-apps=}}" | tr , ' '); do
      case $field in pid) v={pid} ;; gpu_uuid) v={uuids[1]} ;; used_memory) v=100 ;; *) v="[N/A]" ;; esac
      line="$line, $v"
    done
    echo "${{line#, }}" ;;
esac
"""

DOCKER = """#!/bin/sh
[ -n "{container}" ] || exit 0
case $1 in
  ps) printf '{id}\\t{container}\\trunning\\n' ;;
  stats) printf 'c0ffee000000\\t{id}\\t12.50%%\\t1MiB / 2MiB\\t50.00%%\\t1kB / 2kB\\t0B / 0B\\t1\\n' ;;
  inspect) printf '{id}\\ttrue\\t2026-01-01T00:00:00Z\\t0001-01-01T00:00:00Z\\t0\\tfalse\\n' ;;
  top) printf 'PID\\n{pid}\\n' ;;
esac
"""


def eventually(holds, patience=PATIENCE):
    due = time.monotonic() + patience
    while not (result := holds()):
        if time.monotonic() > due:
            return result
        time.sleep(0.05)
    return result


def device_rows(history):
    rows = []
    for file in sorted(pathlib.Path(history).glob("devices/*.csv")):
        with open(file, newline="", encoding="utf-8") as text:
            rows += csv.DictReader(text)
    return rows


class Stage:
    """A host with two GPUs. `figures`: a shell function as SMI wants it. `is_used`: a process is on GPU 1, which is one
    of `container`, if that is given."""

    def __init__(self, case, folder, figures, is_used=False, container=""):
        self.case, self.folder = case, pathlib.Path(folder)
        self.tools = self.folder / "bin"
        self.tools.mkdir(parents=True)
        pid = ""
        if is_used:
            user = subprocess.Popen(["sleep", "600"])
            case.addCleanup(lambda: (user.kill(), user.wait()))
            pid = user.pid
        self.figures = self.folder / "figures.sh"
        self.figures.write_text(figures)
        self.put("nvidia-smi", SMI.format(figures=self.figures, uuids=UUIDS, total=MEMORY_MIB, pid=pid))
        self.put("docker", DOCKER.format(id=CONTAINER_ID, container=container, pid=pid))

    def put(self, name, script):
        (self.tools / name).write_text(script)
        (self.tools / name).chmod(0o755)

    def start(self, name, command, **environment):
        with open(self.folder / f"{name}.log", "a", encoding="utf-8") as log:
            program = subprocess.Popen([str(word) for word in command], cwd=self.folder, stdout=log, stderr=log,
                                       env={**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", **environment})
        self.case.addCleanup(lambda: (program.kill(), program.wait()))
        return program

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def start_agent(self, history, port, *options):
        return self.start("agent", [AGENT, "--listen", f"127.0.0.1:{port}", "--recorder-socket=", "--interval", "0.5",
                                    "--device-interval", "1", "--device-history", history, *options])

    def start_recorder(self, history, *options, **environment):
        return self.start("recorder", [RECORDER, "--interval", "0.5", "--output-dir", self.folder / "tasks", "--log-file=",
                                       "--task-root", self.folder, "--device-interval", "1", "--device-history", history,
                                       *options], **environment)
