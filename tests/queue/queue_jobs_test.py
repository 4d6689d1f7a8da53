"""What becomes of jobs: each thing that the script got wrong, on real processes."""
import json
import os
import pathlib
import signal
import time
import unittest

from queue_under_test import PATIENCE, QueueTest, eventually, is_alive, processes_with


class Running(QueueTest):
    def test_a_job_is_over_when_its_processes_are(self):
        self.commands("(sleep 0.7; echo late >> order.txt) &\nsetsid sh -c 'sleep 0.5; echo own session >> order.txt' "
                      "> /dev/null 2>&1 &\n1,20\n\necho next >> order.txt\n1,20\n")
        self.assert_runs(0)
        self.assertEqual((self.project.root / "order.txt").read_text(), "own session\nlate\nnext\n")

    def test_a_failed_command_ends_the_try(self):
        self.project.configure(retry_config__max_retries=0)
        self.commands("echo first\nfalse\necho never\n1,20\n\necho next > next.txt\n1,20\n")
        self.assert_runs(1)
        self.assertEqual(self.project.output(1), "first\n")
        self.assertTrue((self.project.root / "next.txt").exists())
        self.assertEqual([entry["result"] for entry in self.project.history()], ["failed", "succeeded"])

    def test_retries_are_used_up(self):
        self.project.configure(retry_config__max_retries=2, retry_config__backoff_duration=0.1)
        self.commands("exit 7\nword,20\n")
        self.assert_runs(1)
        self.assertEqual([(entry["try"], entry["error_type"], entry["code"]) for entry in self.project.history()],
                         [(1, "exit", 7), (2, "exit", 7), (3, "exit", 7)])

    def test_the_environment_holds_for_the_whole_line(self):
        self.commands("true && sh -c 'echo $CUDA_VISIBLE_DEVICES'; echo $CUDA_DEVICE_ORDER | cat\n1,20\n")
        self.assert_runs(0)
        self.assertRegex(self.project.output(1), r"^[01]\nPCI_BUS_ID\n$")

    def test_queues_have_any_names(self):
        self.commands("echo a\nalpha,20\n\necho b\nb-2_x,20\n\necho 中文\n训练,20\n")
        self.assert_runs(0)
        self.assertEqual({entry["queue"] for entry in self.project.history()}, {"alpha", "b-2_x", "训练"})

    def test_queues_run_beside_each_other_and_one_card_holds_one_job(self):
        self.commands("".join("sleep 0.3\n%d,20\n\n" % queue for queue in range(4)))
        self.assert_runs(0)
        spans = [(entry["started"], entry["ended"], entry["cards"][0]) for entry in self.project.history()]
        for i, (begin, end, card) in enumerate(spans):
            for other_begin, other_end, other_card in spans[i + 1:]:
                if card == other_card:
                    self.assertTrue(end <= other_begin or other_end <= begin, spans)
        self.assertTrue(any(a[0] < b[1] and b[0] < a[1] for a, b in zip(spans, spans[1:])), spans)

    def test_long_jobs_are_not_killed_and_a_timeout_ends_the_children_too(self):
        self.project.configure(command_timeout=0.5, retry_config__max_retries=0)
        mark = f"{self.project.root}/mark"
        self.commands(f"sh -c 'sleep 1000; : {mark}' & sleep 1000; : {mark}\n1,20\n")
        self.assert_runs(1)
        self.assertEqual(self.project.history()[0]["error_type"], "timeout")
        self.assertEqual(processes_with(mark), [])

    def test_a_job_may_report_its_own_failure(self):
        self.project.configure(retry_config__max_retries=0)
        report = ("import json,sys;p=sys.argv[1];d=json.load(open(p));d[sys.argv[2]].update(state='abnormal_exit',"
                  "error_type='lost_node',mine=7);json.dump(d,open(p,'w'))")
        self.commands(f"python3 -c \"{report}\" {self.project.state}/uni_id.json {{uni_id}}\n1,20\n")
        self.assert_runs(1)
        self.assertEqual(self.project.history()[0]["error_type"], "reported")
        record = list(self.project.uni_ids().values())[0]
        self.assertEqual((record["state"], record["error_type"], record["mine"]), ("abnormal_exit", "lost_node", 7))

    def test_out_of_memory_is_told_apart_and_asks_for_more(self):
        self.project.configure(retry_config__max_retries=1, oom_memory_growth=50)
        self.commands("echo 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB'; exit 1\n1,20\n")
        self.assert_runs(1)
        self.assertEqual([(entry["error_type"], entry["memory_bytes"] >> 30) for entry in self.project.history()],
                         [("oom", 20), ("oom", 30)])


class Cards(QueueTest):
    def test_cards_are_left_to_others(self):
        self.project.configure(gpu_left=1)
        self.commands("sleep 0.3\n1,20\n\nsleep 0.3\n2,20\n")
        self.assert_runs(0)
        first, second = self.project.history()
        self.assertLessEqual(first["ended"], second["started"])

    def test_too_many_left_is_said_and_nothing_starts(self):
        self.project.configure(gpu_left=2)
        self.commands("echo never\n1,20\n")
        self.started()
        self.assert_eventually(lambda: (self.project.status() or {}).get("nothing_can_start"))
        self.assertIn("gpu_left is 2", self.project.status()["nothing_can_start"])
        self.assertEqual(self.project.state_of(1), "pending")
        self.project.configure(gpu_left=1)  # mended while it runs
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)

    def test_a_job_that_can_never_start_says_so_and_holds_no_other_queue(self):
        self.project.configure(gpu_left=1)
        self.commands("echo large\nlarge,81\n\nmany\necho many\n2\n20\n\necho behind\nlarge,20\n\necho fits\nfits,20\n")
        scheduler = self.started()
        self.assert_eventually(lambda: self.project.state_of(4) == "succeeded")
        self.assert_eventually(lambda: all(self.project.job(job)["reason"] for job in (1, 2)))
        large, many, behind = (self.project.job(job) for job in (1, 2, 3))
        self.assertEqual((large["state"], large["reason"]), (
            "pending", "it wants 81 GB on 1 card, and no card is so large: it can never start"))
        self.assertEqual((many["state"], many["reason"]), (
            "pending", "it wants 2 cards, and of 2 cards gpu_left keeps 1: it can never start"))
        self.assertEqual((behind["state"], behind["reason"]), ("pending", None))
        self.assertIsNone(self.project.status()["nothing_can_start"])
        self.assertIn("81 GB on 1 card, and no card is so large", self.project.ask("status").stdout)
        self.assertEqual(len(self.lines(r"WARNING - job 1 \(queue large\) waits: .*can never start")), 1)
        self.assertEqual(len(self.lines(r"WARNING - job 2 \(queue many\) waits: .*can never start")), 1)
        self.assertIsNone(scheduler.poll())
        self.project.set_cards([100_000] * 3, total_mib=100_000)  # other cards are there
        self.assertEqual(scheduler.wait(PATIENCE), 0, self.project.log())
        self.assertEqual(self.project.output(2), "many\n")

    def test_memory_is_what_the_driver_says_is_free(self):
        self.project.set_cards([10_000, 30_000])
        self.commands("echo $CUDA_VISIBLE_DEVICES\n1,20\n\ntrue\n2,40\n")
        self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "succeeded")
        self.assertEqual(self.project.output(1), "1\n")
        self.assertRegex(self.project.job(2)["reason"], "40 GB")
        self.project.set_cards([10_000, 50_000])
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)
        self.assertEqual(len(self.lines(r"job 2 \(queue 2\) waits")), 1, self.project.log())

    def test_several_cards_at_once(self):
        self.commands("both\necho $CUDA_VISIBLE_DEVICES\n2\n20\n")
        self.assert_runs(0)
        self.assertEqual(self.project.output(1), "0,1\n")

    def test_the_own_mask_counts(self):
        self.commands("echo $CUDA_VISIBLE_DEVICES\n1,20\n")
        self.assertEqual(self.project.run(CUDA_VISIBLE_DEVICES="1"), 0)
        self.assertEqual(self.project.output(1), "1\n")

    def test_jobs_share_a_card_as_far_as_its_memory_lasts(self):
        self.project.set_cards([81920])
        self.project.configure(maximize_resource_utilization=True)
        other = type(self.project)(self.project.root / "other", cards=1, locks=self.project.locks)
        self.addCleanup(other.end)
        other.configure()
        self.commands("".join("while [ ! -e go%d ]; do sleep 0.05; done\n%d,30\n\n" % (i, i) for i in range(3)))
        self.started()
        self.assert_eventually(lambda: [self.project.state_of(i) for i in (1, 2, 3)] == ["running"] * 2 + ["pending"])
        other.commands.write_text("true\n1,1\n")
        other.start()
        (self.project.root / "go0").touch()  # whose keeper was the first to have the card's lock
        self.assert_eventually(lambda: self.project.state_of(3) == "running")
        self.assertEqual(other.state_of(1), "pending")
        for i in (1, 2):
            (self.project.root / f"go{i}").touch()
        self.assert_eventually(lambda: other.runs[0].poll() == 0 and self.project.runs[0].poll() == 0)

    def test_two_schedulers_of_a_host_take_different_cards(self):
        other = type(self.project)(self.project.root / "other", locks=self.project.locks)
        self.addCleanup(other.end)
        other.configure()
        for project in (self.project, other):
            project.commands.write_text("sleep 1000\n1,20\n")
            project.start()
        for project in (self.project, other):
            self.assert_eventually(lambda p=project: p.status() is not None and p.state_of(1) == "running")
        cards = [project.job(1)["cards"][0]["index"] for project in (self.project, other)]
        self.assertEqual(sorted(cards), [0, 1])
        other.ask("add", "--queue", "2", "--", "true")
        self.assert_eventually(lambda: other.status()["cards"][cards[0]]["is_held_by_other_scheduler"])
        self.assertEqual(other.state_of(2), "pending")
        self.project.ask("cancel", "1")
        self.assert_eventually(lambda: other.state_of(2) == "succeeded")

    def test_a_driver_that_hangs_holds_no_answer(self):
        (self.project.bin / "hangs").touch()
        self.commands("true\n1,20\n")
        self.started()
        begin = time.monotonic()
        self.assertEqual(self.project.state_of(1), "pending")
        self.assertLess(time.monotonic() - begin, 5)
        (self.project.bin / "hangs").unlink()
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)


class Ending(QueueTest):
    def test_a_cancel_ends_what_ignores_it(self):
        mark = f"{self.project.root}/mark"
        self.commands(f"trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; : {mark}; done' & "
                      f"while :; do sleep 0.1; : {mark}; done\n1,20\n\necho next\n1,20\n")
        self.started()
        self.assert_eventually(lambda: len(processes_with(mark)) >= 2)
        self.assertEqual(self.project.ask("cancel", "1").returncode, 0)
        self.assert_eventually(lambda: self.project.runs[0].poll() is not None)
        self.assertEqual(processes_with(mark), [])
        self.assertEqual([(entry["job"], entry["result"]) for entry in self.project.history()],
                         [(1, "canceled"), (2, "succeeded")])

    def test_a_restart_takes_over_what_runs(self):
        self.commands("echo once >> once.txt; while [ ! -e go ]; do sleep 0.05; done\n1,20\n\necho second\n1,20\n")
        first = self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "running" and (self.project.root / "once.txt").exists())
        pid = list(self.project.uni_ids().values())[0]["pid"]
        first.kill()
        first.wait()
        self.assertTrue(is_alive(pid))
        self.started()
        self.assertEqual(self.project.state_of(1), "running")
        (self.project.root / "go").touch()
        self.assert_eventually(lambda: self.project.runs[1].poll() == 0)
        self.assertEqual((self.project.root / "once.txt").read_text(), "once\n")
        self.assertEqual(self.project.output(2), "second\n")

    def test_what_ended_meanwhile_has_its_result(self):
        self.commands("while [ ! -e go ]; do sleep 0.05; done; exit 5\n1,20\n")
        self.project.configure(retry_config__max_retries=0)
        first = self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        pid = list(self.project.uni_ids().values())[0]["pid"]
        first.kill()
        first.wait()
        (self.project.root / "go").touch()
        self.assertTrue(eventually(lambda: not is_alive(pid)))
        self.assert_runs(1)
        self.assertEqual([(entry["error_type"], entry["code"]) for entry in self.project.history()], [("exit", 5)])

    def test_a_killed_keeper_is_an_unknown_end_and_nothing_is_left(self):
        mark = f"{self.project.root}/mark"
        self.commands(f"sleep 1000; : {mark}\n1,20\n")
        self.project.configure(retry_config__max_retries=0)
        self.started()
        self.assert_eventually(lambda: processes_with(mark))
        os.kill(list(self.project.uni_ids().values())[0]["pid"], signal.SIGKILL)
        self.assert_eventually(lambda: self.project.runs[0].poll() == 1)
        self.assertEqual(self.project.history()[0]["error_type"], "unknown")
        self.assertEqual(processes_with(mark), [])

    def test_a_stop_leaves_jobs_alone_and_says_so(self):
        self.commands("while [ ! -e go ]; do sleep 0.05; done\n1,20\n")
        first = self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(10), 3)
        self.assertRegex(self.project.log(), r"stopped; job 1 \(queue 1\), pid \d+ goes on without it")
        (self.project.root / "go").touch()
        self.assert_runs(0)

    def test_torn_json_is_kept_aside_and_old_entries_end(self):
        self.project.state.mkdir()
        (self.project.state / "uni_id.json").write_text('{"compete_1": {"pid": 1, "sta')
        self.commands("true\n1,20\n")
        self.assert_runs(0)
        self.assertEqual([record["state"] for record in self.project.uni_ids().values()], ["normal_exit"])
        self.assertEqual(len(list(self.project.state.glob("uni_id.json.bad-*"))), 1)
        gone = {"compete_000001": {"pid": 2 ** 22 - 1, "state": "running", "retry_count": 0, "note": "kept"}}
        (self.project.state / "uni_id.json").write_text(json.dumps(gone))
        self.assert_runs(0, "--again")
        record = self.project.uni_ids()["compete_000001"]
        self.assertEqual((record["state"], record["error_type"], record["note"]), ("abnormal_exit", "unknown", "kept"))


if __name__ == "__main__":
    unittest.main()
