"""What wemol-queue takes, for bench/queue-cost."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "queue"))
from queue_under_test import Project, eventually  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """Of the process and of the children that it has reaped (nvidia-smi)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICKS + int(fields[12]) / TICKS, (int(fields[13]) + int(fields[14])) / TICKS


def memory_mib(pid):
    """Resident, and what is its own of that."""
    rows = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    private = sum(int(rows[key].split()[0]) for key in ("Private_Clean", "Private_Dirty"))
    return int(rows["Rss"].split()[0]) / 1024, private / 1024


class Scheduler:
    def __init__(self, commands, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="queue-cost")
        self.project = Project(self.folder.name)
        self.project.configure(check_time=5, **settings)
        self.project.commands.write_text(commands)
        self.process = self.project.start("--keep-running")
        assert eventually(lambda: self.project.status() is not None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.project.end()
        self.folder.cleanup()

    def at_rest(self, what, seconds):
        time.sleep(2)
        own, children = cpu_seconds(self.process.pid)
        time.sleep(seconds)
        own_after, children_after = cpu_seconds(self.process.pid)
        resident, private = memory_mib(self.process.pid)
        print(f"{what}: {(own_after - own) / seconds:.3%} CPU ({children_after - children:.2f} s more in nvidia-smi's "
              f"stand-in), {resident:.1f} MiB resident, {private:.1f} MiB its own")


def seconds_between(project, pairs):
    """From the end of one job to the begin of the next, by what they have written."""
    times = [float(line) for line in (project.root / "times").read_text().split()]
    return [times[2 * i + 2] - times[2 * i + 1] for i in range(pairs)]


def start_latency(jobs=20):
    job = "date +%s.%N >> times; date +%s.%N >> times\n1,20\n\n"
    with Scheduler(job * jobs) as scheduler:
        assert eventually(lambda: scheduler.project.state_of(jobs) == "succeeded")
        spans = sorted(seconds_between(scheduler.project, jobs - 1))
        cards = scheduler.project.bin / "nvidia-smi"
        begin = time.monotonic()
        for _ in range(10):
            subprocess.run([cards, "--query-gpu=index"], stdout=subprocess.DEVNULL, check=True)
        asking = (time.monotonic() - begin) / 10
    print(f"from a job's end to the next one's first command: median {statistics.median(spans) * 1000:.0f} ms, longest "
          f"{spans[-1] * 1000:.0f} ms (nvidia-smi's stand-in takes {asking * 1000:.0f} ms a call)")


def task_spooler_latency(jobs=20):
    if not shutil.which("tsp"):
        print("task-spooler is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TS_SOCKET": f"{folder}/socket", "TMPDIR": folder}
        for _ in range(jobs):
            subprocess.run(["tsp", "sh", "-c", f"date +%s.%N >> {folder}/times; date +%s.%N >> {folder}/times"],
                           env=environment, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["tsp", "-w"], env=environment, check=True)
        times = [float(line) for line in pathlib.Path(folder, "times").read_text().split()]
        spans = sorted(times[2 * i + 2] - times[2 * i + 1] for i in range(jobs - 1))
        begin = time.monotonic()
        subprocess.run(["tsp"], env=environment, stdout=subprocess.DEVNULL, check=True)
        listing = time.monotonic() - begin
        subprocess.run(["tsp", "-K"], env=environment, check=True)
    print(f"task-spooler, which looks at no card: median {statistics.median(spans) * 1000:.0f} ms, longest "
          f"{spans[-1] * 1000:.0f} ms; its list of {jobs} jobs {listing * 1000:.0f} ms")


def foreign_card_latency(rounds=5, check_time=5):
    """From the moment at which somebody else's memory is free to the job's first command."""
    spans = []
    with Scheduler("") as scheduler:
        project = scheduler.project
        for round_number in range(1, rounds + 1):
            project.set_cards([100, 100])
            time.sleep(1.1)  # a look is fresh for a second
            project.ask("add", "--memory", "20", "--", f"date +%s.%N > time{round_number}")
            assert eventually(lambda number=round_number: f"job {number} " in project.log())
            time.sleep(round_number * check_time / rounds)
            freed = time.time()
            project.set_cards([81920, 81920])
            time.sleep(check_time + 1)  # each question would be a look
            spans.append(float((project.root / f"time{round_number}").read_text()) - freed)
    print(f"from a card that others free to a job's first command, looking each {check_time} s: median "
          f"{statistics.median(spans):.2f} s, longest {max(spans):.2f} s")


def batch_latency(jobs=3):
    """at's batch, with an atd of its own, which the load does not hold up; its interval is 60 s unless told."""
    if not shutil.which("batch") or os.geteuid() != 0:
        print("batch is not installed, or this is not root")
        return
    if subprocess.run(["pgrep", "-x", "atd"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        print("batch was not measured: an atd runs here, whose queue is other people's")
        return
    own = subprocess.Popen(["atd", "-f", "-l", "1000"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(jobs):
                subprocess.run(["batch"], check=True, text=True, stderr=subprocess.DEVNULL,
                               input=f"date +%s.%N >> {folder}/times; date +%s.%N >> {folder}/times\n")
            times = pathlib.Path(folder, "times")
            assert eventually(lambda: times.exists() and len(times.read_text().split()) == 2 * jobs, 60 * jobs + 120)
            at = [float(line) for line in times.read_text().split()]
            spans = sorted(at[2 * i + 2] - at[2 * i + 1] for i in range(jobs - 1))
    finally:
        own.terminate()
        own.wait()
    print(f"batch, with the load left aside: median {statistics.median(spans):.0f} s, "
          f"longest {spans[-1]:.0f} s")


def median_and_longest(command, project):
    spans = []
    for _ in range(10):
        begin = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, env=project.environment(), check=True)
        spans.append((time.monotonic() - begin) * 1000)
    return f"median {statistics.median(spans):.0f} ms, longest {max(spans):.0f} ms"


def status_time(jobs):
    with Scheduler("".join(f"sleep 1000\n{i % 1000},200\n\n" for i in range(jobs))) as scheduler:
        assert eventually(lambda: sum(queue["pending"] for queue in scheduler.project.status()["queues"]) == jobs)
        for options in ([], ["--format", "json"], ["--all"], ["--all", "--format", "json"]):
            command = scheduler.project.command("status", *options)
            print(f"{' '.join(['status', *options])} of {jobs:,} jobs: {median_and_longest(command, scheduler.project)}")
        resident, private = memory_mib(scheduler.process.pid)
        print(f"the scheduler then: {resident:.1f} MiB resident, {private:.1f} MiB its own")


def main():
    seconds = float(sys.argv[1])
    with Scheduler("") as scheduler:
        scheduler.at_rest("at rest", seconds)
    with Scheduler("true\n1,200\n") as scheduler:
        scheduler.at_rest("a job waits for a card, a look each 5 s", seconds)
    with Scheduler("sleep 1000\n1,20\n") as scheduler:
        assert eventually(lambda: scheduler.project.state_of(1) == "running")
        keeper = list(scheduler.project.uni_ids().values())[0]["pid"]
        time.sleep(1)
        own, _ = cpu_seconds(keeper)
        time.sleep(min(seconds, 20))
        resident, private = memory_mib(keeper)
        print(f"a keeper: {cpu_seconds(keeper)[0] - own:.2f} s CPU in {min(seconds, 20):.0f} s, {resident:.1f} MiB resident, "
              f"{private:.1f} MiB its own")
        scheduler.at_rest("a job runs, none waits", min(seconds, 20))
    start_latency()
    foreign_card_latency()
    task_spooler_latency()
    batch_latency()
    for jobs in (10, 10_000):
        status_time(jobs)


main()
