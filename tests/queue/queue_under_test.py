"""wemol-queue with cards that a script stands in for, with Python's own library only."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

QUEUE = os.environ["WEMOL_QUEUE"]
PATIENCE = 60

NVIDIA_SMI = """#!/bin/sh
# Answers as it is told to by the files beside it.
here=$(dirname "$0")
[ -e "$here/hangs" ] && exec sleep 1000
case "$*" in
  *query-compute-apps*) cat "$here/processes" ;;
  *) cat "$here/cards" ;;
esac
"""


def eventually(holds, patience=PATIENCE, every=0.02):
    due = time.monotonic() + patience
    while not holds():
        if time.monotonic() > due:
            return False
        time.sleep(every)
    return True


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def processes_with(text):
    """The pids of those whose command line or environment has it."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and folder.name != str(os.getpid()) and is_alive(folder.name):
                if text.encode() in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes():
                    found.append(int(folder.name))
    return found


class Project:
    """A folder with config.yaml, command.txt and a bin/nvidia-smi."""

    def __init__(self, root, cards=2, locks=None):
        self.root = pathlib.Path(root)
        self.bin = self.root / "bin"
        self.state = self.root / "queue" / "logs"
        self.locks = locks or self.root / "locks"
        self.config = self.root / "queue" / "config.yaml"
        self.commands = self.root / "queue" / "command.txt"
        self.bin.mkdir(parents=True)
        self.config.parent.mkdir(parents=True)
        (self.bin / "nvidia-smi").write_text(NVIDIA_SMI)
        (self.bin / "nvidia-smi").chmod(0o755)
        self.set_cards([81920] * cards)
        self.runs = []

    def set_cards(self, free_mib, total_mib=81920):
        self.replace(self.bin / "cards", "".join(
            f"{i}, GPU-{i:08d}-0000-0000-0000-000000000000, NVIDIA A100-SXM4-80GB, {total_mib}, {free}\n"
            for i, free in enumerate(free_mib)))
        self.set_processes([])

    def set_processes(self, rows):
        """Of (pid, index of the card)."""
        self.replace(self.bin / "processes", "".join(
            f"{pid}, GPU-{card:08d}-0000-0000-0000-000000000000, 1024\n" for pid, card in rows))

    @staticmethod
    def replace(path, text):
        draft = path.with_suffix(".new")
        draft.write_text(text)
        draft.replace(path)

    def configure(self, **settings):
        settings = {"check_time": 0.2, "gpu_left": 0, **settings}
        self.config.write_text("".join(f"{key.replace('__', '.')}: {json.dumps(value)}\n"
                                       for key, value in settings.items()))

    def environment(self, **more):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("WEMOL_QUEUE_", "CUDA_"))}
        return {**environment, "PATH": f"{self.bin}:{environment['PATH']}", "HOME": str(self.root), **more}

    def command(self, *arguments):
        return [QUEUE, "--config", str(self.config), *map(str, arguments)]

    def start(self, *arguments, **environment):
        """`run`, in the background."""
        output = open(self.root / f"run{len(self.runs)}.err", "w+", encoding="utf-8")
        process = subprocess.Popen(self.command("run", "--lock-dir", self.locks, *arguments), stderr=output,
                                   stdin=subprocess.DEVNULL, env=self.environment(**environment),
                                   start_new_session=True)
        process.log = pathlib.Path(output.name)
        output.close()
        self.runs.append(process)
        return process

    def run(self, *arguments, **environment):
        """`run` until it ends: its exit status."""
        return self.start(*arguments, **environment).wait(PATIENCE)

    def ask(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=PATIENCE,
                              env=self.environment(), check=False)

    def status(self):
        answer = self.ask("status", "--all", "--format", "json")
        return json.loads(answer.stdout) if answer.returncode == 0 else None

    def job(self, number):
        status = self.status()
        jobs = [job for job in status["jobs"] if job["job"] == number] if status else []
        return jobs[0] if jobs else None

    def state_of(self, number):
        job = self.job(number)
        return job and job["state"]

    def log(self):
        path = self.state / "compete_gpu.log"
        return path.read_text() if path.exists() else ""

    def output(self, job):
        return (self.state / "jobs" / f"{job}.log").read_text()

    def uni_ids(self):
        path = self.state / "uni_id.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def history(self):
        path = self.state / "history.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def end(self):
        """Of all that was started here, whatever a test has left."""
        for process in self.runs:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        for _ in range(100):
            left = processes_with(str(self.root))
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


class QueueTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="queue")
        self.addCleanup(folder.cleanup)
        self.project = Project(folder.name)
        self.addCleanup(self.project.end)
        self.project.configure()

    def commands(self, text):
        self.project.commands.write_text(text)

    def assert_eventually(self, holds, message=""):
        self.assertTrue(eventually(holds), f"{message}\n{self.project.log()}")

    def assert_runs(self, status, *arguments):
        self.assertEqual(self.project.run(*arguments), status, self.project.runs[-1].log.read_text())

    def started(self, *arguments):
        """A scheduler that answers."""
        process = self.project.start(*arguments)
        self.assert_eventually(lambda: self.project.status() is not None or process.poll() is not None)
        return process

    def lines(self, pattern):
        return re.findall(pattern, self.project.log(), re.MULTILINE)
