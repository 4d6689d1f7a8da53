"""What lies behind the three hosts of scripts/demo-hub: sample processes that are real, stand-ins for their
GPUs (tests/support/fake_nvml) and for their wemol-recorder, and an hour that has gone by.

  demo_hosts.py FOLDER HUB-URL

In FOLDER are NAME.token; NAME.gpus and NAME.sock are made. Says "ready", and ends with its input.
"""
import contextlib
import ctypes
import datetime
import json
import math
import pathlib
import random
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request

MIB = 1 << 20
SECONDS_OF_THE_PAST = 3600
STEP_OF_THE_PAST = 10
# A little work and a lot of sleep: three per cent of a CPU at most, all together.
PROGRAM = """import time
while True:
    sum(range(20000))
    time.sleep(1)
"""


class Gpu:
    def __init__(self, model, total_mib, limit_watts, load, used_mib, hot=0):
        self.model, self.total_mib, self.limit_watts = model, total_mib, limit_watts
        self.load, self.used_mib, self.hot = load, used_mib, hot
        self.phase = random.random() * 600
        self.children = []

    def processes(self):
        """Without those that were ended from the page."""
        return [child.pid for child in self.children if child.poll() is None]

    def figures(self, now):
        """Utilization in percent, memory in MiB, temperature in °C, power in W."""
        if not self.load:
            return 0, 12, 33, 22
        wave = math.sin((now + self.phase) / 90) * 8 + random.uniform(-4, 4)
        load = max(1, min(100, round(self.load + wave)))
        return load, round(self.used_mib + wave * 4), round(38 + load * 0.32 + self.hot), round(
            30 + load / 100 * (self.limit_watts - 60) + random.uniform(0, 5), 1)


class Task:
    def __init__(self, task, job, module, gpus, cpu, mib):
        self.task, self.job, self.module, self.gpus, self.cpu, self.mib = task, job, module, gpus, cpu, mib


class Host:
    def __init__(self, name, gpus, programs, tasks):
        self.name, self.gpus, self.programs, self.tasks = name, gpus, programs, tasks


def hosts():
    def rtx(*rest):
        return Gpu("NVIDIA GeForce RTX 4090", 24564, 450, *rest)

    def a100(*rest):
        return Gpu("NVIDIA A100-SXM4-80GB", 81920, 400, *rest)

    return [
        Host("gpu-alpha", [rtx(92, 20480), rtx(71, 14200), rtx(38, 6100), rtx(0, 0)],
             [("train.py", "--config", "configs/large.yaml", "--lr", "0.0003"), ("serve.py", "--port", "8001")],
             [Task(132178, 182060, "MD (GMX2024)", [0], 810, 2100), Task(132179, 182061, "分子对接", [1], 95, 640)]),
        Host("gpu-beta", [a100(97, 71200), a100(95, 71200), a100(88, 52300), a100(83, 48800, 22), a100(47, 22000),
                          a100(12, 9000), a100(0, 0), a100(0, 0)],
             [("fold.py", "--model", "monomer_ptm", "--recycles", "3"), ("train.py", "--world-size", "4"),
              ("notebook.py", "--port", "8888")],
             [Task(132201, 182101, "AlphaFold2", [0, 1], 1650, 24800), Task(132202, 182102, "AlphaFold2", [2], 920, 18200),
              Task(132203, 182103, "MD (GMX2024)", [3], 1190, 2050)]),
        Host("gpu-gamma", [Gpu("NVIDIA GeForce RTX 3090", 24576, 350, 64, 9800),
                           Gpu("NVIDIA GeForce RTX 3090", 24576, 350, 0, 0)],
             [("dock.py", "--receptor", "6lu7.pdbqt")], [Task(132190, 182090, "分子对接", [0], 310, 900)]),
    ]


def end_with_parent():
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def start_programs(host, folder):
    """One for each busy card, in a process group of its own: an agent never ends processes of its own group."""
    children = []
    busy = [gpu for gpu in host.gpus if gpu.load]
    for index, gpu in enumerate(busy):
        line = host.programs[index % len(host.programs)]
        script = folder / line[0]
        script.write_text(PROGRAM)
        child = subprocess.Popen(["python3", *line], executable=sys.executable, cwd=folder, stdin=subprocess.DEVNULL,
                                 start_new_session=True, preexec_fn=end_with_parent)
        children.append(child)
        gpu.children.append(child)
    return children


def scenario(host, now):
    lines = [f"count {len(host.gpus)}"]
    for index, gpu in enumerate(host.gpus):
        load, used, temperature, watts = gpu.figures(now)
        pids = gpu.processes()
        share = max(1, used // max(1, len(pids))) * MIB
        values = {
            "uuid": f"GPU-{host.name}-{index}", "name": gpu.model, "memory": f"{gpu.total_mib * MIB} 0 {used * MIB}",
            "utilization": f"{load} {load // 2}", "temperature": temperature, "fan": 30 + load // 2,
            "power": round(watts * 1000), "power_limit": gpu.limit_watts * 1000,
            "enforced_limit": gpu.limit_watts * 1000, "sm_clock": 2520 if load else 210,
            "memory_clock": 10501 if load else 405, "corrected_errors": 0, "uncorrected_errors": 0,
            "processes": ",".join(f"{pid}:{share}" for pid in pids),
            "samples": ",".join(f"{pid}:200:{load}" for pid in pids),
        }
        lines += [f"{index}.{key} {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def snapshot(host, now):
    tasks = []
    for task in host.tasks:
        cpu = round(task.cpu * random.uniform(0.94, 1.04), 2)
        memory = round(task.mib * MIB * random.uniform(0.99, 1.01))
        gpus = [{"index": index, "uuid": f"GPU-{host.name}-{index}",
                 "task_memory_used_bytes": host.gpus[index].used_mib * MIB,
                 "task_sm_utilization_percent": host.gpus[index].figures(now)[0]} for index in task.gpus]
        tasks.append({
            "task_id": str(task.task), "job_id": str(task.job), "task_type": "gpu", "module_name": task.module,
            "container_name": f"wemol_rc_task_gpu_{task.task}_{task.job}_1", "container_id": f"{task.task:064x}", "run": 1,
            "cpu_percent": cpu, "memory_used_bytes": memory, "memory_limit_bytes": 64 << 30,
            "memory_percent": round(100 * memory / (64 << 30), 2), "network_received_bytes": 0, "network_sent_bytes": 0,
            "block_read_bytes": 123456789, "block_written_bytes": 23456789, "pids": 39, "ended": False,
            "oom_killed": False, "gpu_count": len(gpus), "gpus": gpus})
    taken_at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return json.dumps({"version": 1, "type": "snapshot", "taken_at": taken_at, "tasks": tasks, "ended_runs": [],
                       "gpus": []}, ensure_ascii=False) + "\n"


def past_report(host, now, age):
    moment = now - age
    gpus = []
    for index, gpu in enumerate(host.gpus):
        load, used, temperature, watts = gpu.figures(moment)
        gpus.append({"id": index, "name": gpu.model, "temperature": temperature, "memory_used": used,
                     "memory_total": gpu.total_mib, "utilization": load, "power_draw_watts": watts})
    wave = math.sin(moment / 300)
    return {"hostname": host.name, "age": age, "interval": STEP_OF_THE_PAST, "gpu_data": gpus,
            "system_info": {"cpu_percent": round(40 + 20 * wave + random.uniform(-3, 3), 1), "memory_total": 512 << 30,
                            "memory_used": round((180 + 30 * wave) * (1 << 30)),
                            "memory_percent": round(100 * (180 + 30 * wave) / 512, 2)}}


def tell_the_past(host, folder, url):
    token = (folder / f"{host.name}.token").read_text().strip()
    now = time.time()
    for age in range(SECONDS_OF_THE_PAST, STEP_OF_THE_PAST, -STEP_OF_THE_PAST):
        request = urllib.request.Request(
            f"{url}/api/report-gpu-stats", data=json.dumps(past_report(host, now, age)).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        urllib.request.urlopen(request, timeout=10).read()


def write_scenarios(all_hosts, folder):
    for host in all_hosts:
        new = folder / f"{host.name}.new"
        new.write_text(scenario(host, time.time()))
        new.rename(folder / f"{host.name}.gpus")


def publish(listeners, readers, all_hosts):
    """A snapshot for everybody who has connected; whoever does not read is dropped."""
    for host in all_hosts:
        with contextlib.suppress(BlockingIOError):
            while True:
                reader, _ = listeners[host.name].accept()
                reader.setblocking(False)
                readers[host.name].append(reader)
        line = snapshot(host, time.time()).encode()
        for reader in list(readers[host.name]):
            try:
                reader.send(line)
            except OSError:
                reader.close()
                readers[host.name].remove(reader)


def main():
    # So that the children are ended, too.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    folder, url = pathlib.Path(sys.argv[1]), sys.argv[2]
    all_hosts = hosts()
    children = [child for host in all_hosts for child in start_programs(host, folder)]
    try:
        listeners, readers = {}, {host.name: [] for host in all_hosts}
        for host in all_hosts:
            listeners[host.name] = socket.socket(socket.AF_UNIX)
            listeners[host.name].bind(str(folder / f"{host.name}.sock"))
            listeners[host.name].listen()
            listeners[host.name].setblocking(False)
        write_scenarios(all_hosts, folder)
        for host in all_hosts:
            tell_the_past(host, folder, url)
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 1)[0]:
            write_scenarios(all_hosts, folder)
            publish(listeners, readers, all_hosts)
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()


if __name__ == "__main__":
    main()
