"""A scheduler that is killed at any moment, and two users on the same cards.

WEMOL_FAULTS=full: 200 kills. WEMOL_SEED: that of an earlier failure.
"""
import json
import os
import pathlib
import random
import shutil
import tempfile
import threading
import time
import unittest

import queue_under_test
from queue_under_test import Project, QueueTest, eventually

IS_FULL = os.environ.get("WEMOL_FAULTS") == "full"

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
        for _ in range(24):
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

    def test_a_job_is_found_again_whose_process_was_not_noted(self):
        """As after a kill between its start and the note of it; its processes do not show whose they are."""
        self.project.commands.write_text("exec env -i PATH=$PATH sh -c 'echo once >> once; "
                                         "while [ ! -e go ]; do sleep 0.05; done'\n1,20\n")
        first = self.started()
        self.assert_eventually((self.project.root / "once").exists)
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        first.kill()
        first.wait()
        journal = self.project.state / "state.jsonl"
        records = [record for line in journal.read_text().splitlines() for record in json.loads(line)]
        job = [record for record in records if "job" in record][-1]
        job["job"].update(keeper_pid=0, keeper_start_ticks=0)
        with journal.open("a") as journal_end:
            journal_end.write(json.dumps([job]) + "\n")
        self.started()
        self.assertEqual(self.project.state_of(1), "running", self.project.log())
        (self.project.root / "go").touch()
        self.assert_eventually(lambda: self.project.runs[1].poll() is not None)
        self.assertEqual(self.project.runs[1].returncode, 0)
        self.assertEqual((self.project.root / "once").read_text(), "once\n")

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
        told = {entry["job"] for entry in self.project.history() if entry["result"] == "succeeded"}
        self.assertEqual(told, {i for i, (_, _, kind) in enumerate(self.jobs, 1) if kind != "fails"}, self.context())


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
        self.assertRegex(second.job(1)["reason"], r"no card is free.*\(1 card held by another scheduler\)")
        (self.share / "go").touch()
        self.assert_eventually(lambda: second.runs[0].poll() is not None)
        self.assertEqual(second.runs[0].returncode, 0, self.logs())
        self.assertEqual(first.run(), 0, self.logs())
        self.assertEqual((self.share / "run.out").read_text(), "run\n")


if __name__ == "__main__":
    unittest.main()
