"""What must hold whatever goes wrong: a scheduler killed at any moment, two users, jobs that flood, fill and break.

WEMOL_FAULTS=full: 200 kills and an output above the log's cap. WEMOL_SEED: that of an earlier failure.
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import queue_under_test
from queue_under_test import Project, QueueTest, eventually

IS_FULL = os.environ.get("WEMOL_FAULTS") == "full"
LOG_CAP_BYTES = 1 << 30
LOG_TAIL_BYTES = 64 << 10

# Holds a lock for the job, its queue and each of its cards until its last process has ended.
JOB = r"""
name=$1 queue=$2 kind=$3 seconds=$4
cd "$(dirname "$0")"
say() { echo "$1 $name $queue $CUDA_VISIBLE_DEVICES" >> events; }
hold() { flock -n "$1" || echo "$name has not got $2" >> violations; }
exec 3> "locks/job-$name" 4> "locks/queue-$queue"
hold 3 "job-$name"
hold 4 "queue-$queue"
fd=5
for card in $(echo "$CUDA_VISIBLE_DEVICES" | tr , ' '); do
  eval "exec $fd> locks/card-$card"
  hold $fd "card-$card"
  fd=$((fd + 1))
done
say begin
case $kind in
  daemon)
    (exec setsid sh -c "sleep $seconds; echo end $name $queue $CUDA_VISIBLE_DEVICES >> events" > run.out 2>&1) &
    exit 0 ;;
esac
sleep "$seconds"
say end
case $kind in
  fails) exit 7 ;;
  fails-once) [ "$(grep -c "^begin $name " events)" -gt 1 ] || exit 8 ;;
  killed-once) [ "$(grep -c "^begin $name " events)" -gt 1 ] || kill -9 $$ ;;
esac
"""


class Events:
    """The lines that jobs have written, in the order in which they happened."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "job.sh").write_text(JOB)
        (folder / "locks").mkdir()
        for name in ("events", "violations", "run.out"):
            (folder / name).touch()

    def rows(self):
        return [line.split() for line in (self.folder / "events").read_text().splitlines()]

    def violations(self):
        return (self.folder / "violations").read_text()

    def begins(self, name):
        return sum(row[:2] == ["begin", name] for row in self.rows())

    def most_cards_at_once(self):
        held, most = set(), 0
        for what, _, _, cards in self.rows():
            held = held | set(cards.split(",")) if what == "begin" else held - set(cards.split(","))
            most = max(most, len(held))
        return most


class Watcher(threading.Thread):
    """Reads a JSON file over and over: what it found that was none."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.stop, self.reads, self.broken = path, threading.Event(), 0, []

    def run(self):
        while not self.stop.wait(0.005):
            try:
                text = self.path.read_text()
                json.loads(text)
                self.reads += 1
            except FileNotFoundError:
                pass
            except ValueError:
                self.broken.append(text)

    def finish(self):
        self.stop.set()
        self.join()


class Chaos(QueueTest):
    CARDS, GPU_LEFT, MAX_RETRIES = 4, 1, 6
    QUEUES = ("1", "b-2", "night", "训练")
    KINDS = ("ok", "ok", "daemon", "fails-once", "killed-once", "fails")
    KILLS = 200 if IS_FULL else 12

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("WEMOL_SEED", random.randrange(1 << 32)))
        self.random = random.Random(self.seed)
        self.project.set_cards([81920] * self.CARDS)
        self.project.configure(gpu_left=self.GPU_LEFT, retry_config__max_retries=self.MAX_RETRIES,
                               retry_config__backoff_duration=0.1)
        self.events = Events(self.project.root)
        self.jobs = []  # (name, queue, kind) in the order of the command file
        self.text = ""

    def add_block(self):
        name, queue = f"j{len(self.jobs)}", self.QUEUES[len(self.jobs) % len(self.QUEUES)]
        kind = self.KINDS[len(self.jobs) // len(self.QUEUES) % len(self.KINDS)]
        seconds = self.random.uniform(0.05, 0.6) if kind != "fails" else 0.05
        gpus = self.random.choice((1, 1, 1, 2))
        self.jobs.append((name, queue, kind))
        self.text += f"{queue}\nsh job.sh {name} {queue} {kind} {seconds:.2f}\n{gpus}\n20\n\n"
        self.project.replace(self.project.commands, self.text)

    def kill_again_and_again(self):
        for _ in range(self.KILLS):
            scheduler = self.project.start("--keep-running")
            time.sleep(self.random.choice((self.random.uniform(0, 0.3), self.random.uniform(0.2, 1.2))))
            if self.random.random() < 0.5:
                self.add_block()
                time.sleep(self.random.uniform(0, 0.1))
            self.assertIsNone(scheduler.poll(), f"{self.context()}\n{scheduler.log.read_text()}")
            scheduler.kill()
            scheduler.wait()

    def context(self):
        return f"WEMOL_SEED={self.seed}\n{self.events.violations()}\n{self.project.log()[-20000:]}"

    def test_a_scheduler_may_be_killed_at_any_moment(self):
        for _ in range(self.KILLS * 2):
            self.add_block()
        watcher = Watcher(self.project.state / "uni_id.json")
        watcher.start()
        self.kill_again_and_again()
        last = self.project.start()
        last.wait(60 + self.KILLS * 6)
        watcher.finish()
        self.assertEqual(last.returncode, 1, self.context())
        self.assertEqual(watcher.broken, [], self.context())
        self.assertGreater(watcher.reads, self.KILLS)
        self.assertEqual(self.events.violations(), "", self.context())
        self.assertLessEqual(self.events.most_cards_at_once(), self.CARDS - self.GPU_LEFT, self.context())
        self.assertGreater(self.events.most_cards_at_once(), 1)
        self.assert_order()
        self.started("--keep-running")
        self.assert_ends(self.project.status())
        self.assert_records()

    def assert_order(self):
        """Of the jobs of a queue, each after the end of the one before."""
        for queue in self.QUEUES:
            names = [row[1] for row in self.events.rows() if row[2] == queue]
            changes = [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
            self.assertEqual(changes, [name for name, its, _ in self.jobs if its == queue], self.context())

    def assert_ends(self, status):
        self.assertEqual(len(status["jobs"]), len(self.jobs), self.context())
        not_begun = 0
        for job, (name, queue, kind) in zip(status["jobs"], self.jobs):
            begins, message = self.events.begins(name), f"{name} {kind} {job}\n{self.context()}"
            self.assertIn(f" {name} ", job["commands"][0])
            self.assertEqual((job["queue"], job["state"]),
                             (queue, "failed" if kind == "fails" else "succeeded"), message)
            if kind != "fails":
                self.assertEqual(begins, 2 if kind.endswith("once") else 1, message)
            else:
                self.assertEqual(job["retry_count"], self.MAX_RETRIES, message)
            self.assertGreaterEqual(job["tries"], begins, message)
            not_begun += job["tries"] - begins
        self.assertLessEqual(not_begun, self.KILLS * (self.CARDS - self.GPU_LEFT), self.context())

    def assert_records(self):
        states = {record["state"] for record in self.project.uni_ids().values()}
        self.assertEqual(states, {"normal_exit", "abnormal_exit"}, self.context())
        self.assertEqual([path.name for path in self.project.state.glob("*.bad-*")], [])
        self.assertEqual(list((self.project.state / "results").iterdir()), [], self.context())


class OfUser(Project):
    """A project whose commands are run as another user."""

    def __init__(self, root, uid, program, cards, locks):
        super().__init__(root, cards=cards, locks=locks)
        self.uid, self.program = uid, program

    def command(self, *arguments):
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", str(self.program),
                *super().command(*arguments)[1:]]

    def give_away(self):
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, self.uid, self.uid)


@unittest.skipUnless(os.geteuid() == 0, "only root can be two users")
class TwoUsers(unittest.TestCase):
    UIDS = (61001, 61002)
    CARDS = 3

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="queue-users")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o755)
        program = self.root / "wemol-queue"  # the build folder may be root's alone
        shutil.copy(queue_under_test.QUEUE, program)
        locks = self.root / "lock-dir"
        locks.mkdir()
        locks.chmod(0o1777)
        self.share = self.root / "share"
        self.share.mkdir()
        self.events = Events(self.share)
        for card in range(self.CARDS):
            (self.share / "locks" / f"card-{card}").touch()
        for path in (self.share, *self.share.rglob("*")):
            path.chmod(0o777)
        self.users = [OfUser(self.root / f"u{uid}", uid, program, self.CARDS, locks) for uid in self.UIDS]
        for user in self.users:
            user.configure()
            self.addCleanup(user.end)

    def set_cards(self, count):
        for user in self.users:
            user.set_cards([81920] * count)

    def commands(self, user, text):
        user.commands.write_text(text)
        user.give_away()

    def logs(self):
        return self.events.violations() + "\n".join(user.log()[-8000:] for user in self.users)

    def assert_eventually(self, holds):
        self.assertTrue(eventually(holds), self.logs())

    def test_no_card_is_held_by_two_users(self):
        for user in self.users:
            self.commands(user, "".join(
                f"{queue}\nsh {self.share}/job.sh u{user.uid}-{queue}-{i} u{user.uid}-{queue} {kind} 0.2\n"
                f"{1 + (i + queue) % 2}\n20\n\n"
                for queue in range(4) for i, kind in enumerate(("ok", "daemon", "fails-once", "ok"))))
        # Neither is through before the other has begun.
        blockers = [f"while [ ! -e {self.share}/go ]; do sleep 0.05; done\nfirst,20\n\n" for _ in self.users]
        for user, blocker in zip(self.users, blockers):
            self.commands(user, blocker + user.commands.read_text())
            user.start()
        for user in self.users:
            self.assert_eventually(lambda u=user: u.status() is not None and u.state_of(1) == "running")
        (self.share / "go").touch()
        for user in self.users:
            self.assert_eventually(lambda u=user: u.runs[0].poll() is not None)
            self.assertEqual(user.runs[0].returncode, 0, self.logs())
        self.assertEqual(self.events.violations(), "")
        rows = self.events.rows()
        self.assertEqual(sum(row[0] == "begin" for row in rows), 2 * 4 * 5, self.logs())
        self.assertLessEqual(self.events.most_cards_at_once(), self.CARDS)
        owners = [row[1].split("-")[0] for row in rows]
        self.assertGreater(sum(a != b for a, b in zip(owners, owners[1:])), 1, rows)  # they took turns

    def test_the_card_of_a_killed_scheduler_stays_reserved_while_its_job_runs(self):
        first, second = self.users
        self.set_cards(1)
        self.commands(first, f"echo run >> {self.share}/run.out; while [ ! -e {self.share}/go ]; do sleep 0.05; done\n"
                             "1,20\n")
        self.commands(second, f"test -e {self.share}/go\n1,20\n")
        scheduler = first.start()
        self.assert_eventually(lambda: first.status() is not None and first.state_of(1) == "running")
        scheduler.kill()
        scheduler.wait()
        second.configure(retry_config__max_retries=0)
        second.start()
        self.assert_eventually(lambda: second.status() is not None)
        looks = set()

        def has_looked_often():
            looks.add((second.status() or {}).get("cards_looked_at"))
            return len(looks) > 4
        self.assert_eventually(has_looked_often)
        self.assertEqual(second.state_of(1), "pending", self.logs())
        self.assertTrue(second.status()["cards"][0]["is_held_by_other_scheduler"])
        self.assertRegex(second.job(1)["reason"], "held by|another scheduler|other scheduler")
        (self.share / "go").touch()
        self.assert_eventually(lambda: second.runs[0].poll() is not None)
        self.assertEqual(second.runs[0].returncode, 0, self.logs())
        self.assertEqual(first.run(), 0, self.logs())
        self.assertEqual((self.share / "run.out").read_text(), "run\n")


class HeavyJobs(QueueTest):
    LINE = "a line of output that a simulation prints\n"

    def test_a_flood_of_output_is_kept_up_to_the_cap(self):
        count = ((LOG_CAP_BYTES + (64 << 20)) if IS_FULL else (64 << 20)) // len(self.LINE)
        self.commands(f"yes '{self.LINE.strip()}' | head -n {count}; echo the end\n1,20\n")
        self.assert_runs(0)
        path = self.project.state / "jobs" / "1.log"
        expected = count * len(self.LINE) + len("the end\n")
        with path.open("rb") as log:
            self.assertEqual(log.read(len(self.LINE)).decode(), self.LINE)
            log.seek(-len("the end\n"), os.SEEK_END)
            self.assertEqual(log.read(), b"the end\n")
        if expected <= LOG_CAP_BYTES:
            self.assertEqual(path.stat().st_size, expected)
        else:
            self.assertGreater(path.stat().st_size, LOG_CAP_BYTES)
            self.assertLess(path.stat().st_size, LOG_CAP_BYTES + LOG_TAIL_BYTES + 1024)

    def test_a_flood_of_output_does_not_hold_the_scheduler(self):
        self.commands(f"while [ ! -e go ]; do yes '{self.LINE.strip()}' | head -n 20000; done > /dev/stdout\n1,20\n")
        self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        path = self.project.state / "jobs" / "1.log"
        self.assert_eventually(lambda: path.exists() and path.stat().st_size > 4 << 20)
        seconds = []
        for _ in range(9):
            before, begin = path.stat().st_size, time.monotonic()
            self.assertEqual(self.project.state_of(1), "running")
            seconds.append(time.monotonic() - begin)
            self.assertGreater(path.stat().st_size, before)  # it was printing
        self.assertLess(sorted(seconds)[len(seconds) // 2], 1, seconds)
        (self.project.root / "go").touch()
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
    def test_a_full_disk_fails_no_job_and_loses_no_result(self):
        self.project.configure(retry_config__max_retries=0)
        fits = self.project.root / "fits"
        comment = "#" * 6000  # so that no change of a job finds room in the last page of a file
        self.commands(f"echo fill >> runs; while [ ! -e both ]; do sleep 0.05; done; yes | head -c 4M; touch full {comment}"
                      "\n1,1\n\n"
                      f"echo wait >> runs; touch both; while [ ! -e full ]; do sleep 0.05; done; echo lost; exit 5 {comment}"
                      "\n2,1\n")
        self.project.state.mkdir()
        again = self.project.command("run", "--lock-dir", self.project.locks)
        script = (f'mount -t tmpfs -o size=1m tmpfs "{self.project.state}" || exit 77\n'
                  f'"$@"; echo $? > codes\n'
                  f'df --output=avail "{self.project.state}" | tail -1 > avail\n'
                  f'mount -o remount,size=16m "{self.project.state}"\n'
                  f'"$@"; echo $? >> codes\n'
                  f'cp -r "{self.project.state}" "{fits}"\n')
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", *again], cwd=self.project.root, text=True,
                              env=self.project.environment(), capture_output=True, timeout=120, check=False)
        if done.returncode == 77:
            self.skipTest(f"no tmpfs: {done.stderr}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLessEqual(int((self.project.root / "avail").read_text()), 64, "the disk was not full")
        self.assertEqual(sorted((self.project.root / "runs").read_text().split()), ["fill", "wait"], done.stderr)
        self.assertEqual((self.project.root / "codes").read_text().split(), ["1", "1"], done.stderr)
        self.assertRegex(done.stderr, r"job 1 \(queue 1\) has succeeded")
        self.assertRegex(done.stderr, r"job 2 \(queue 2\): try 1 failed.*exited with status 5")
        history = [json.loads(line) for line in (fits / "history.jsonl").read_text().splitlines()]
        self.assertEqual(sorted((entry["job"], entry["result"]) for entry in history),
                         [(1, "succeeded"), (2, "failed")], done.stderr)

    def test_broken_json_of_a_job_costs_no_result(self):
        self.commands("while [ ! -e broken ]; do sleep 0.05; done\n2,20\n\n"
                      f"until grep -q running {self.project.state}/uni_id.json; do sleep 0.05; done; sleep 0.3; "
                      f"printf '{{\"compete_1\": {{' > {self.project.state}/uni_id.json; touch broken\n1,20\n")
        self.assert_runs(0)
        self.assertEqual({record["state"] for record in self.project.uni_ids().values()}, {"normal_exit"})
        self.assertEqual(len(self.project.uni_ids()), 2)
        aside = list(self.project.state.glob("uni_id.json.bad-*"))
        self.assertEqual([path.read_text() for path in aside], ['{"compete_1": {'])
        self.assertEqual(len(self.lines(r"WARNING.*uni_id.json is not what it should be")), 1, self.project.log())

    def test_what_was_killed_for_memory_is_oom(self):
        self.project.configure(retry_config__max_retries=0)
        self.commands("exit 137\n1,20\n\nsh -c 'kill -9 $$'; exit $?\n1,20\n\nexit 136\n1,20\n\nkill -9 $$\n1,20\n")
        self.assert_runs(1)
        self.assertEqual([(entry["error_type"], entry["code"]) for entry in self.project.history()],
                         [("oom", 137), ("oom", 137), ("exit", 136), ("signal", 9)])

    def test_children_in_sessions_of_their_own_are_waited_for(self):
        (self.project.root / "chain.sh").write_text(
            'sleep 0.02\n[ "$1" = 0 ] && { sleep 0.3; echo chain >> ends; exit; }\n'
            'setsid sh chain.sh $(($1 - 1)) > /dev/null 2>&1 < /dev/null &\n')
        self.commands("for i in 1 2 3; do nohup setsid sh chain.sh 12 > /dev/null 2>&1 & done\n1,20\n\n"
                      "echo next >> ends\n1,20\n")
        self.assert_runs(0)
        self.assertEqual((self.project.root / "ends").read_text(), "chain\n" * 3 + "next\n")

    def test_memory_that_somebody_takes_before_the_start_is_oom_and_tried_again(self):
        self.project.configure(retry_config__max_retries=1)
        # The first look is the last at which the card is free.
        self.project.replace(self.project.bin / "nvidia-smi", queue_under_test.NVIDIA_SMI.replace(
            '*) cat "$here/cards" ;;',
            '*) cat "$here/cards"; [ -e "$here/taken" ] || { mv "$here/later" "$here/cards"; touch "$here/taken"; } ;;'))
        (self.project.bin / "nvidia-smi").chmod(0o755)
        self.project.set_cards([1024])
        (self.project.bin / "cards").rename(self.project.bin / "later")
        self.project.set_cards([81920])
        self.commands('[ "$(nvidia-smi --query-gpu=memory.free | cut -d , -f 5)" -gt 20480 ] || '
                      "{ echo 'RuntimeError: CUDA out of memory. Tried to allocate 20.00 GiB'; exit 1; }\n1,20\n")
        self.started()
        self.assert_eventually(lambda: (self.project.job(1) or {}).get("tries") == 1
                               and self.project.state_of(1) == "pending")
        self.assert_eventually(lambda: re.search("20.*GB", self.project.job(1)["reason"] or ""))
        self.assertEqual(self.project.job(1)["last_result"]["error_type"], "oom")
        self.project.set_cards([81920])  # they have gone
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)
        self.assertEqual([(entry["try"], entry["result"], entry.get("error_type")) for entry in self.project.history()],
                         [(1, "failed", "oom"), (2, "succeeded", None)])


if __name__ == "__main__":
    unittest.main()
