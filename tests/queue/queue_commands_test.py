"""The commands beside `run`, and what is read again while it runs."""
import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import time
import unittest

from queue_under_test import PATIENCE, QUEUE, QueueTest, eventually


class Commands(QueueTest):
    def setUp(self):
        super().setUp()
        self.commands("")

    def keep_running(self):
        return self.started("--keep-running")

    def add(self, *arguments):
        answer = self.project.ask("add", *arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return int(answer.stdout)

    def test_without_a_scheduler_they_say_how_to_start_one(self):
        for command in (["status"], ["add", "--", "true"], ["cancel", "1"], ["hold", "1"], ["wait"]):
            answer = self.project.ask(*command)
            self.assertEqual(answer.returncode, 1, command)
            self.assertIn("`wemol-queue run`", answer.stderr)

    def test_a_second_scheduler_names_the_first(self):
        first = self.keep_running()
        second = self.project.start()
        self.assertEqual(second.wait(PATIENCE), 2)
        self.assertIn(str(first.pid), second.log.read_text())

    def test_add_log_and_wait(self):
        self.keep_running()
        job = self.add("--queue", "late", "--memory", "4", "--", "printf", "%s|%s\n", "two words", "it's")
        self.assertEqual(self.project.ask("wait", job).returncode, 0)
        self.assertEqual(self.project.ask("log", job).stdout, "two words|it's\n")
        line = self.add("--", "echo $((40 + 2)); echo {uni_id}")
        self.assertEqual(self.project.ask("wait").returncode, 0)
        self.assertRegex(self.project.ask("log", line).stdout, r"^42\ncompete_\d{6}\n$")
        self.assertEqual(self.project.ask("log", 99).returncode, 1)

    def test_wait_tells_of_failures(self):
        self.project.configure(retry_config__max_retries=0)
        self.keep_running()
        job = self.add("--", "false")
        self.assertEqual(self.project.ask("wait", job).returncode, 1)

    def test_log_follows_to_the_end_over_tries(self):
        self.project.configure(retry_config__backoff_duration=0.1, retry_config__max_retry_before_backoff=1)
        self.keep_running()
        job = self.add("--", "echo try; while [ ! -e go ]; do sleep 0.05; done; "
                             "[ -e again ] || { touch again; exit 1; }; echo done")
        self.assert_eventually(lambda: self.project.state_of(job) == "running")
        log = subprocess.Popen(self.project.command("log", "-f", job), stdout=subprocess.PIPE, text=True,
                               env=self.project.environment())
        self.assertEqual(log.stdout.readline(), "try\n")
        (self.project.root / "go").touch()
        output, _ = log.communicate(timeout=PATIENCE)
        self.assertEqual(output, "try\ndone\n")
        self.assertEqual(log.returncode, 0)

    def test_after_comes_after(self):
        self.keep_running()
        first = self.add("--queue", "a", "--", "while [ ! -e go ]; do sleep 0.05; done")
        second = self.add("--queue", "b", "--after", first, "--", "true")
        self.assert_eventually(lambda: self.project.job(second)["reason"] == f"it comes after job {first}")
        (self.project.root / "go").touch()
        self.assertEqual(self.project.ask("wait").returncode, 0)
        self.assertEqual(self.project.ask("add", "--after", 99, "--", "true").returncode, 1)

    def test_hold_release_skip_retry(self):
        self.project.configure(retry_config__max_retries=0)
        self.keep_running()
        failed = self.add("--", "[ -e mended ]")
        self.assertEqual(self.project.ask("wait", failed).returncode, 1)
        self.assertEqual(self.project.ask("hold", "1").returncode, 0)
        left_out, held = self.add("--", "true"), self.add("--", "true")
        self.assertEqual(self.project.ask("skip", left_out).returncode, 0)
        self.assertEqual([queue["state"] for queue in self.project.status()["queues"]], ["HELD"])
        (self.project.root / "mended").touch()
        self.assertEqual(self.project.ask("retry", failed).returncode, 0)
        self.assertEqual(self.project.state_of(failed), "pending")
        self.assertEqual(self.project.ask("release", "1").returncode, 0)
        self.assertEqual(self.project.ask("wait", failed, held).returncode, 0, self.project.log())
        self.assertEqual(self.project.state_of(left_out), "skipped")

    def test_what_cannot_be_done_is_said(self):
        self.keep_running()
        job = self.add("--", "true")
        self.project.ask("wait", job)
        for command in (["cancel", job], ["skip", job], ["cancel", 99], ["hold", "nobody"]):
            answer = self.project.ask(*command)
            self.assertEqual(answer.returncode, 1, command)
            self.assertNotEqual(answer.stderr, "")

    def test_status_is_at_once_and_both_forms_say_the_same(self):
        self.keep_running()
        self.add("--queue", "busy", "--", "sleep 1000")
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        table = self.project.ask("status").stdout
        self.assertRegex(table, r"busy +BUSY")
        self.assertRegex(table, r"1 +busy +running +[01] +20\.0")
        self.assertRegex(table, r"[01] +NVIDIA A100-SXM4-80GB +80\.0 +80\.0 +job 1")
        job = self.project.job(1)
        self.assertEqual((job["tries"], job["gpus"], job["memory_bytes"]), (1, 1, 20 << 30))
        watching = subprocess.Popen(self.project.command("status", "--format", "json", "--watch"), text=True,
                                    stdout=subprocess.PIPE, env=self.project.environment())
        seen = [json.loads(watching.stdout.readline())["pid"] for _ in range(2)]
        watching.terminate()
        watching.communicate()
        self.assertEqual(seen, [self.project.runs[0].pid] * 2)

    def test_long_lists_are_cut_and_whole_on_demand(self):
        jobs, queues = 10_000, 50
        self.project.configure(retry_config__max_retries=0)
        self.commands("".join(f"echo {i}\nq{i % queues},200\n\n" for i in range(jobs)))  # more than a card has
        self.keep_running()
        short = json.loads(self.project.ask("status", "--format", "json").stdout)
        self.assertEqual([job["job"] for job in short["jobs"]], list(range(1, 101)))
        self.assertEqual(short["jobs_left_out"], {"pending": jobs - 100, "ended": 0})
        self.assertEqual({queue["queue"]: queue["pending"] for queue in short["queues"]},
                         {f"q{i}": jobs // queues for i in range(queues)})
        whole = json.loads(self.project.ask("status", "--all", "--format", "json").stdout)
        self.assertEqual([job["job"] for job in whole["jobs"]], list(range(1, jobs + 1)))
        self.assertEqual(whole["jobs_left_out"], {"pending": 0, "ended": 0})
        self.assertEqual(whole["jobs"][:100], short["jobs"])
        self.assertEqual(set(whole), set(short))
        self.assertIn(f"{jobs - 100} jobs more pending: --all shows them", self.project.ask("status").stdout)
        self.assertRegex(self.project.ask("status", "--all").stdout, rf"(?m)^ *{jobs} +q49 +pending")

    def test_the_socket_is_its_owners_and_gone_with_the_scheduler(self):
        scheduler = self.keep_running()
        path = self.project.state / "control.sock"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        scheduler.terminate()
        scheduler.wait(PATIENCE)
        self.assertFalse(path.exists())

    def test_a_long_path_is_no_hindrance(self):
        project = type(self.project)(self.project.root / ("long" * 20) / ("path" * 20))
        self.addCleanup(project.end)
        project.configure()
        project.commands.write_text("true\n1,20\n")
        project.start("--keep-running")
        self.assertTrue(eventually(lambda: project.status() is not None and project.state_of(1) == "succeeded"),
                        project.log())

    def test_hostile_clients_hold_nothing(self):
        self.keep_running()
        path = str(self.project.state / "control.sock")
        clients = []
        for said in (b"", b"{", b"\x00" * 100 + b"\n", b"[" * 100_000 + b"\n", b"x" * (2 << 20), b'{"action":"add"}\n',
                     b'{"action":"cancel","jobs":[-1]}\n', b'{"action":"status"}\n') * 4:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(5)
            client.connect(path)
            try:
                client.sendall(said)
            except OSError:
                pass
            clients.append(client)
        begin = time.monotonic()
        self.assertIsNotNone(self.project.status())
        self.assertLess(time.monotonic() - begin, 5)
        for client in clients:
            client.close()
        self.assertEqual(self.add("--", "true"), 1)


class Files(QueueTest):
    def test_blocks_that_cannot_be_understood_stop_the_start(self):
        self.commands("echo good\n1,20\n\necho bad\nneither number nor queue\n")
        checked = self.project.ask("check", self.project.commands)
        self.assertEqual(checked.returncode, 2)
        self.assertIn("command.txt:", checked.stdout)
        process = self.project.start()
        self.assertEqual(process.wait(PATIENCE), 2)
        self.assertRegex(process.log.read_text(), r"command\.txt:\d+: ")
        self.assert_runs(0, "--skip-bad")
        self.assertEqual(len(self.project.history()), 1)

    def test_wrong_settings_are_a_usage_error_with_their_line(self):
        self.commands("true\n1,20\n")
        self.project.config.write_text("check_time: 1\ngpu_left: many\n")
        process = self.project.start()
        self.assertEqual(process.wait(PATIENCE), 2)
        self.assertIn("config.yaml:2", process.log.read_text())

    def test_a_missing_command_file_is_said(self):
        process = self.project.start()
        self.assertEqual(process.wait(PATIENCE), 2)
        self.assertIn("command.txt", process.log.read_text())

    def test_new_blocks_are_new_jobs_and_gone_ones_are_taken_away(self):
        self.commands("while [ ! -e go ]; do sleep 0.05; done\n1,20\n\necho gone\n1,20\n")
        self.started()
        self.assert_eventually(lambda: self.project.state_of(1) == "running")
        self.project.replace(self.project.commands, "echo new\n1,20\n")
        self.assert_eventually(lambda: self.project.state_of(3) == "pending")
        self.assertIsNone(self.project.job(2))
        self.assertEqual(self.project.state_of(1), "running")
        (self.project.root / "go").touch()
        self.assert_eventually(lambda: self.project.runs[0].poll() == 0)
        self.assertEqual(self.project.output(3), "new\n")

    def test_what_came_after_a_block_that_is_gone_stays_skipped(self):
        self.commands("true\nfirst,200\n")
        scheduler = self.started("--keep-running")
        answer = self.project.ask("add", "--queue", "second", "--after", "1", "--", "touch ran")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.project.replace(self.project.commands, "")
        self.assert_eventually(lambda: self.project.state_of(2) == "skipped")
        scheduler.kill()
        scheduler.wait()
        self.started("--keep-running")
        self.assertEqual(self.project.state_of(2), "skipped", self.project.log())
        self.assertFalse((self.project.root / "ran").exists())

    def test_settings_are_read_again_and_bad_ones_refused(self):
        self.commands("")
        scheduler = self.started("--keep-running")
        self.project.config.write_text("check_time: 0.2\ngpu_left: {\n")
        self.assert_eventually(lambda: "the settings stay as they were" in self.project.log())
        self.project.config.write_text("check_time: 0.2\ngpu_left: 5\n")
        self.assert_eventually(lambda: "is read again" in self.project.log())
        scheduler.send_signal(signal.SIGHUP)
        self.assert_eventually(lambda: "SIGHUP" in self.project.log())
        self.assertIsNone(scheduler.poll())

    def test_entries_of_old_tries_are_taken_out_of_uni_id_json(self):
        self.commands("true\n1,20\n")
        self.assert_runs(0)
        last = self.project.history()[-1]
        self.assertEqual((last["user"], last["host"]), (pwd.getpwuid(os.getuid()).pw_name, socket.gethostname()))
        entries = {f"compete_{i}": {"pid": i, "state": "abnormal_exit", "retry_count": 0, "error_type": "exit"}
                   for i in range(1, 1501)}
        entries["of_somebody"] = {"state": "normal_exit"}
        entries["compete_7"]["loss"] = 0.25
        (self.project.state / "uni_id.json").write_text(json.dumps({**entries, **self.project.uni_ids()}))
        with (self.project.state / "history.1.jsonl").open("w") as history:
            history.writelines(json.dumps({**last, "uni_id": f"compete_{i}"}, separators=(",", ":")) + "\n"
                               for i in range(1, 1501))
        self.assert_runs(0, "--again")
        left = self.project.uni_ids()
        ended = [f"compete_{i}" for i in range(502, 1501)] + [last["uni_id"]]
        self.assertEqual([key for key in left if key in {*entries, last["uni_id"]}],
                         ["compete_7", *ended[:-1], "of_somebody", ended[-1]])
        self.assertEqual(left["compete_7"], entries["compete_7"])

    def test_a_second_run_does_not_run_again_what_is_over(self):
        self.commands("echo x >> x.txt\n1,20\n")
        self.assert_runs(0)
        self.assert_runs(0)
        self.assertIn("run --again", self.project.log())
        self.assertEqual((self.project.root / "x.txt").read_text(), "x\n")
        self.assert_runs(0, "--again")
        self.assertEqual((self.project.root / "x.txt").read_text(), "x\nx\n")


class Usage(unittest.TestCase):
    def run_queue(self, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WEMOL_QUEUE_")}
        return subprocess.run([QUEUE, *arguments], capture_output=True, text=True, env=environment, check=False)

    def test_help_and_version(self):
        self.assertRegex(self.run_queue("--version").stdout, r"^wemol-queue \d+\.\d+\.\d+\n$")
        self.assertIn("status", self.run_queue("--help").stdout)
        self.assertIn("--keep-running", self.run_queue("run", "--help").stdout)

    def test_wrong_usage_is_exit_2(self):
        for arguments in ([], ["nonsense"], ["cancel"], ["cancel", "x"], ["add", "--gpus", "0", "--", "true"],
                          ["add", "--memory", "much", "--", "true"], ["add"], ["status", "--format", "xml"]):
            self.assertEqual(self.run_queue(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main()
