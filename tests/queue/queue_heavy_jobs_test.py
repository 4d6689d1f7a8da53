"""Jobs that flood, fill the disk, break files, leave children behind, and run out of memory.

WEMOL_FAULTS=full: an output above the log's cap.
"""
import json
import os
import re
import subprocess
import time
import unittest

import queue_under_test
from queue_under_test import QueueTest

IS_FULL = os.environ.get("WEMOL_FAULTS") == "full"
LOG_CAP_BYTES = 1 << 30
LOG_TAIL_BYTES = 64 << 10


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

    def count_looks(self):
        self.project.replace(self.project.bin / "nvidia-smi", queue_under_test.NVIDIA_SMI.replace(
            'case "$*" in', 'echo look >> "$here/looks"\ncase "$*" in'))
        (self.project.bin / "nvidia-smi").chmod(0o755)

    def looks(self):
        path = self.project.bin / "looks"
        return len(path.read_text().splitlines()) if path.exists() else 0

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
    def test_on_a_full_disk_nothing_starts_that_a_restart_would_not_know(self):
        self.count_looks()
        self.project.set_cards([0])
        self.commands(f"echo run >> runs {'#' * 6000}\n1,20\n")  # its record needs a page of its own
        self.project.state.mkdir()
        script = (f'cd "{self.project.root}"; state="{self.project.state}"\n'
                  'mount -t tmpfs -o size=1m tmpfs "$state" || exit 77\n'
                  '"$@" & \n'
                  'while [ ! -S "$state/control.sock" ]; do sleep 0.05; done\n'
                  'head -c 2M /dev/zero > "$state/fill"; touch filled\n'
                  'while [ ! -e room ]; do sleep 0.05; done\n'
                  'rm "$state/fill"; wait $!; echo $? > code; cp "$state/history.jsonl" "$state/uni_id.json" .\n')
        log = self.project.root / "stderr"
        with log.open("w") as stderr:
            scheduler = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", script, "sh", *self.project.command("run", "--lock-dir", self.project.locks)],
                env=self.project.environment(), stderr=stderr, stdin=subprocess.DEVNULL, start_new_session=True)
        scheduler.log = log
        self.project.runs.append(scheduler)
        self.assert_eventually(lambda: (self.project.root / "filled").exists() or scheduler.poll() is not None)
        if scheduler.poll() == 77:
            self.skipTest(f"no tmpfs: {log.read_text()}")
        self.project.set_cards([81920])
        self.assert_eventually(lambda: "job 1 (queue 1) waits: it could not be noted that it starts" in log.read_text())
        looks = self.looks()
        self.assert_eventually(lambda: self.looks() > looks + 8)
        self.assertFalse((self.project.root / "runs").exists())
        errors = [line for line in log.read_text().splitlines() if " - ERROR - " in line]
        self.assertEqual(len(errors), 1, log.read_text())
        self.assertRegex(errors[0], "state.jsonl: No space left on device")
        (self.project.root / "room").touch()
        self.assertEqual(scheduler.wait(queue_under_test.PATIENCE), 0, log.read_text())
        self.assertEqual((self.project.root / "code").read_text(), "0\n", log.read_text())
        self.assertEqual((self.project.root / "runs").read_text(), "run\n")
        history = [json.loads(line) for line in (self.project.root / "history.jsonl").read_text().splitlines()]
        self.assertEqual([(entry["try"], entry["result"]) for entry in history], [(1, "succeeded")])
        self.assertEqual(len(json.loads((self.project.root / "uni_id.json").read_text())), 1)

    def test_a_try_that_could_not_be_started_uses_up_none(self):
        self.count_looks()
        self.project.configure(retry_config__max_retries=0)
        self.commands("echo first >> runs\n1,20\n\necho second >> runs\n2,20\n")
        self.project.state.mkdir()
        results = self.project.state / "results"
        results.touch()  # where keepers leave their results, a folder is expected
        scheduler = self.started()
        self.assert_eventually(lambda: all((self.project.job(job) or {}).get("reason") for job in (1, 2)))
        looks = self.looks()
        self.assert_eventually(lambda: self.looks() > looks + 8)
        for job in (self.project.job(1), self.project.job(2)):
            self.assertEqual((job["state"], job["tries"], job["retry_count"], job["uni_id"]), ("pending", 0, 0, None))
            self.assertRegex(job["reason"], "cannot start a keeper: .*; it is tried again")
        self.assertEqual(len(self.lines(" - ERROR - ")), 1, self.project.log())
        self.assertEqual(len(self.lines(r"job \d \(queue \d\) waits: cannot start a keeper")), 2, self.project.log())
        self.assert_eventually(lambda: self.project.uni_ids() == {})  # it is there while one is being tried
        results.unlink()
        self.assertEqual(scheduler.wait(queue_under_test.PATIENCE), 0, self.project.log())
        self.assertEqual(sorted((self.project.root / "runs").read_text().split()), ["first", "second"])
        self.assertEqual([(entry["try"], entry["result"]) for entry in self.project.history()], [(1, "succeeded")] * 2)
        self.assertIn("jobs can be started again", self.project.log())

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
