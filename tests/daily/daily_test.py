"""wemol-report daily from the command line to the files."""
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

from daily_under_test import (CARDS, DATE, EXAMPLE, EXAMPLE_TASKS, SANITIZED, DailyTest, Management, Netdata, Silent,
                              gpu, task)


class ExampleDay(DailyTest):
    def setUp(self):
        super().setUp()
        self.node = self.serve(Netdata(EXAMPLE))
        self.management = self.serve(Management(EXAMPLE_TASKS))
        self.config({"gpu4": self.node.url}, self.management)

    def test_files_are_those_written_by_hand(self):
        done = self.run_daily(DATE)
        self.assertEqual(done.stderr, "")
        self.assert_golden("zh")
        self.assertEqual(self.files(), sorted([f"gpu4/{DATE}/gpu{i}_{DATE}.csv" for i in range(8)] +
                                              [f"gpu4/{DATE}/average_{DATE}.csv", f"gpu4/{DATE}/summary_{DATE}.txt"]))

    def test_titles_can_be_english(self):
        self.run_daily(DATE, "--titles", "en")
        self.assert_golden("en")

    def test_a_second_run_writes_the_same(self):
        self.run_daily(DATE)
        self.run_daily(DATE)
        self.assert_golden("zh")

    def test_the_zone_moves_the_day(self):
        self.config({"gpu4": self.node.url})
        file = self.folder / "daily.toml"
        file.write_text(file.read_text().replace("Asia/Taipei", "UTC"))
        self.run_daily(DATE)
        rows = (self.data / f"gpu4/{DATE}/gpu2_{DATE}.csv").read_text().splitlines()
        # The stand-in's pieces are those of Taipei's day: two of its four end later than 00:00 UTC.
        self.assertTrue(all(row.split(",")[1].startswith(f'"{DATE} ') for row in rows[1:]), rows)

    def test_without_task_info_nobody_is_asked(self):
        self.run_daily(DATE, "--skip-task-info")
        self.assertEqual(self.management.asked, [])
        summary = (self.data / f"gpu4/{DATE}/summary_{DATE}.txt").read_text()
        self.assertNotIn("nycubme", summary)
        self.assertNotIn("GPU 使用者任務資訊", summary)
        self.assertIn("GPU[2]: GPU使用率 = 20.28%, VRAM使用率 = 83.38%", summary)

    def test_who_has_what_needs_no_node_and_writes_nothing(self):
        done = self.run_daily(DATE, "--user-report")
        self.assertIn("GPU 27: nycubme", done.stdout)
        self.assertEqual(self.node.asked, [])
        self.assertFalse(self.data.exists())


class ExitStatus(DailyTest):
    def test_a_card_that_fails_is_named_and_the_others_are_there(self):
        node = self.serve(Netdata(EXAMPLE, broken=[33]))
        self.config({"gpu4": node.url})
        done = self.run_daily(DATE, status=3)
        self.assertRegex(done.stderr, r"WARNING: 2025-08-01, gpu4, GPU\[4\]: ")
        average = (self.data / f"gpu4/{DATE}/average_{DATE}.csv").read_text()
        self.assertIn("GPU[4],N/A,N/A,", average)
        self.assertIn("GPU[2],20.28,83.38,", average)
        self.assertIn("資料完整度: 87.5%", (self.data / f"gpu4/{DATE}/summary_{DATE}.txt").read_text())
        self.assertNotIn(f"gpu4/{DATE}/gpu4_{DATE}.csv", self.files())

    def test_a_node_that_fails_is_named_and_the_others_are_there(self):
        silent = self.serve(Silent())
        node = self.serve(Netdata(EXAMPLE))
        self.config({"gpu3": silent.url, "gpu4": node.url}, timeout=1)
        done = self.run_daily(DATE, status=3)
        self.assertIn("WARNING: 2025-08-01, gpu3", done.stderr)
        averages = {node: (self.data / f"{node}/{DATE}/average_{DATE}.csv").read_text() for node in ("gpu3", "gpu4")}
        self.assertIn("GPU[2],20.28,83.38,", averages["gpu4"])
        self.assertIn("全部平均,N/A,N/A,所有使用者", averages["gpu3"])

    def test_nothing_at_all_is_a_failure(self):
        self.config({"gpu3": "http://127.0.0.1:9"})
        self.assertIn("gpu3", self.run_daily(DATE, status=1).stderr)

    def test_a_failed_node_does_not_replace_good_files(self):
        node = Netdata(EXAMPLE)
        management = self.serve(Management(EXAMPLE_TASKS))
        self.config({"gpu4": node.url}, management)
        self.run_daily(DATE)
        node.close()
        self.assertIn("kept", self.run_daily(DATE, status=1).stderr)
        self.assert_golden("zh")

    def test_wrong_usage(self):
        self.config({"gpu4": "http://127.0.0.1:9"})
        for arguments, part in [(["2025-02-30"], "2025-02-30"), (["2199-01-01"], "has not begun"),
                                ([DATE, "--node", "gpu9"], "gpu9"), ([DATE, "--range", "a..b"], "one of them"),
                                (["--range", "2025-08-02..2025-08-01"], "later"), (["--range", DATE], "FROM..TO"),
                                ([DATE, "--format", "xml"], "csv, html, json"), ([DATE, "--jobs", "0"], "--jobs"),
                                ([DATE, "--titles", "fr"], "en, zh"), ([DATE, "--what"], "--what"),
                                ([DATE, "--user-report", "--stored"], "--user-report")]:
            with self.subTest(arguments=arguments):
                done = self.run_daily(*arguments, status=2)
                self.assertIn(part, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(self.data.exists())

    def test_wrong_settings_are_wrong_usage(self):
        file = self.config({"gpu4": "http://127.0.0.1:9"})
        file.write_text("[[node]]\nname = \"a\"\n")
        self.assertIn("url: is missing", self.run_daily(DATE, status=2).stderr)
        file.unlink()
        self.assertIn("daily.toml", self.run_daily(DATE, status=2).stderr)

    def test_an_unknown_key_is_only_a_warning(self):
        node = self.serve(Netdata(EXAMPLE))
        self.config({"gpu4": node.url}, head="zoom = 1\n")
        self.assertIn("WARNING", self.run_daily(DATE).stderr)

    def test_help_is_no_failure(self):
        done = subprocess.run([self.command()[0], "daily", "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--user-report", done.stdout)
        done = subprocess.run([self.command()[0], "--help"], capture_output=True, text=True, check=True)
        self.assertIn("daily", done.stdout)


class Users(DailyTest):
    def setUp(self):
        super().setUp()
        self.node = self.serve(Netdata(EXAMPLE))

    def average(self):
        with open(self.data / f"gpu4/{DATE}/average_{DATE}.csv", newline="", encoding="utf-8") as file:
            return {row[0]: row[3] for row in csv.reader(file)}

    def test_a_management_that_fails_costs_only_the_users(self):
        management = self.serve(Management(EXAMPLE_TASKS))
        management.status = 500
        self.config({"gpu4": self.node.url}, management)
        done = self.run_daily(DATE)
        self.assertIn("WARNING", done.stderr)
        self.assertNotIn(management.token, done.stderr)
        # As in the script's files. That they are not known stands beside it.
        self.assertEqual(self.average()["GPU[2]"], "未使用")
        summary = (self.data / f"gpu4/{DATE}/summary_{DATE}.txt").read_text()
        self.assertRegex(summary, "\n未取得: 使用者: .*500")
        for way in ([], ["--stored"]):
            report = json.loads(self.run_daily(DATE, "--format", "json", *way).stdout)
            self.assertIsNone(report["nodes"][0]["gpus"][2]["users"], way)
        self.run_daily(DATE, "--user-report", status=1)

    def test_a_token_that_others_can_read_is_not_used(self):
        management = self.serve(Management(EXAMPLE_TASKS))
        self.config({"gpu4": self.node.url}, management)
        (self.folder / "token").chmod(0o644)
        done = self.run_daily(DATE)
        self.assertIn("token", done.stderr)
        self.assertEqual(management.asked, [])

    def test_a_token_can_come_from_the_environment(self):
        management = self.serve(Management(EXAMPLE_TASKS))
        file = self.config({"gpu4": self.node.url}, management)
        file.write_text(file.read_text().replace('token-file = "token"', 'token-env = "LAB_TOKEN"'))
        self.run_daily(DATE, env={**os.environ, "LAB_TOKEN": management.token})
        self.assertEqual(self.average()["GPU[2]"], "nycubme")

    def test_the_token_is_in_no_file_and_no_text(self):
        management = self.serve(Management(EXAMPLE_TASKS, token="tok3n-that-is-secret"))
        self.config({"gpu4": self.node.url}, management)
        texts = []
        for arguments in [[DATE], [DATE, "--format", "json"], [DATE, "--format", "html"], [DATE, "--user-report"]]:
            done = self.run_daily(*arguments)
            texts += [done.stdout, done.stderr]
        management.status = 403
        texts.append(self.run_daily(DATE).stderr)
        texts += [file.read_text() for file in self.data.rglob("*") if file.is_file()]
        self.assertFalse([text for text in texts if "tok3n" in text])
        self.assertTrue(management.asked)

    def test_the_token_is_not_in_the_list_of_processes(self):
        slow = self.serve(Netdata(EXAMPLE, delay=0.3))
        management = self.serve(Management(EXAMPLE_TASKS, token="tok3n-that-is-secret"))
        self.config({"gpu4": slow.url}, management)
        running = subprocess.Popen(self.command(DATE), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = set()
        while running.poll() is None:
            for name in ("cmdline", "environ"):
                try:
                    seen.add(pathlib.Path(f"/proc/{running.pid}/{name}").read_bytes())
                except OSError:
                    pass
            time.sleep(0.01)
        self.assertTrue(seen)
        self.assertFalse([text for text in seen if b"tok3n" in text])

    def test_hostile_names_stay_in_their_cells(self):
        names = ["=HYPERLINK(\"http://x\")", "a,b", "c\"d", "e\nGPU[9],1,1,x", "陳小明", "+1"]
        tasks = {str(i): task(name, "gpu4", [gpu(25 + i, f"U{i}")], "Fri, 01 Aug 2025 00:00:00 GMT")
                 for i, name in enumerate(names)}
        self.config({"gpu4": self.node.url}, self.serve(Management(tasks)))
        self.run_daily(DATE)
        average = self.average()
        self.assertEqual(len(average), 10)
        self.assertEqual(average["GPU[0]"], "'=HYPERLINK(\"http://x\")")
        self.assertEqual(average["GPU[1]"], "a,b")
        self.assertEqual(average["GPU[2]"], "c\"d")
        self.assertNotIn("\n", average["GPU[3]"])
        self.assertEqual(average["GPU[4]"], "陳小明")
        self.assertEqual(average["GPU[5]"], "'+1")


class Interruptions(DailyTest):
    def start(self, *arguments):
        running = subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: running.poll() is None and running.kill())
        return running

    def wait_for_question(self, node):
        due = time.monotonic() + 30
        while not node.asked:
            self.assertLess(time.monotonic(), due)
            time.sleep(0.01)

    def test_ctrl_c_while_it_asks_leaves_no_file(self):
        node = self.serve(Netdata(EXAMPLE, delay=5))
        self.config({"gpu4": node.url})
        running = self.start(DATE)
        self.wait_for_question(node)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
        self.assertNotEqual(running.returncode, 0)
        self.assertEqual(self.files(), [])

    def test_a_second_run_at_once_is_refused(self):
        node = self.serve(Netdata(EXAMPLE, delay=1))
        self.config({"gpu4": node.url})
        running = self.start(DATE)
        self.wait_for_question(node)
        self.assertIn("another run", self.run_daily(DATE, status=1).stderr)
        running.communicate(timeout=30)
        self.assertEqual(running.returncode, 0)


class Views(DailyTest):
    def setUp(self):
        super().setUp()
        self.nodes = {name: self.serve(Netdata(cards)) for name, cards in
                      (("gpu4", EXAMPLE), ("gpu5", {card: [(50, 10), (None, None), (70, 10), (60, 10)]
                                                    for card in CARDS}))}
        tasks = {**EXAMPLE_TASKS, "7": task("alice", "gpu5", [gpu(33, "A"), gpu(34, "B")],
                                            "Thu, 31 Jul 2025 16:00:00 GMT")}
        self.config({name: f'url = "{node.url}"\ncards = {CARDS}\nid-base = {24 + 8 * i}\n'
                     for i, (name, node) in enumerate(self.nodes.items())}, self.serve(Management(tasks)))

    def test_a_table_for_people(self):
        text = self.run_daily(DATE).stdout
        for part in ("gpu4", "20.28 %", "83.38 %", "nycubme", "GPU hours"):
            self.assertIn(part, text)

    def test_one_node(self):
        self.run_daily(DATE, "--node", "gpu5")
        self.assertEqual(self.nodes["gpu4"].asked, [])
        self.assertTrue(all(name.startswith("gpu5/") for name in self.files()))

    def test_nodes_side_by_side(self):
        text = self.run_daily(DATE, "--compare").stdout
        row = next(line for line in text.splitlines() if line.split()[:1] == ["2"])
        self.assertEqual([cell for cell in row.split() if cell != "%"], ["2", "20.28", "83.38", "60.00", "10.00"])

    def test_json(self):
        report = json.loads(self.run_daily(DATE, "--format", "json").stdout)
        self.assertEqual([node["node"] for node in report["nodes"]], ["gpu4", "gpu5"])
        self.assertAlmostEqual(report["nodes"][1]["utilization_percent"], 60)
        self.assertEqual(len(report["days"]), 16)
        alice = next(user for user in report["users"] if user["user"] == "alice")
        self.assertAlmostEqual(alice["gpu_hours"], 6 + 2 * 24)
        self.assertEqual(alice["gpus"], 3)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.run_daily(DATE, "--format", "csv").stdout)))
        self.assertEqual(len(rows), 16)
        self.assertEqual(rows[2]["users"], "nycubme")
        self.assertAlmostEqual(float(rows[2]["utilization_percent"]), 20.28)

    def test_a_user(self):
        rows = list(csv.DictReader(io.StringIO(self.run_daily(DATE, "--user", "alice", "--format", "csv").stdout)))
        self.assertEqual([(row["node"], row["gpu"]) for row in rows], [("gpu4", "3"), ("gpu5", "0"), ("gpu5", "1")])
        # Six hours of gpu4's GPU 3, all of them in the piece with 72.68 %.
        self.assertAlmostEqual(float(rows[0]["held_hours"]), 6)
        self.assertAlmostEqual(float(rows[0]["idle_held_hours"]), 0)
        self.assertIn("54.0 GPU hours", self.run_daily(DATE, "--user", "alice").stdout)

    def test_a_page(self):
        done = self.run_daily(DATE, "--format", "html")
        file = self.data / f"report_{DATE}.html"
        self.assertEqual(done.stdout, f"{file}\n")
        text = file.read_text(encoding="utf-8")
        self.assertEqual(text.count('role="img"'), 17)
        body = text[text.index("<body>"):text.index("</body>") + len("</body>")]
        xml.etree.ElementTree.fromstring(body)  # as well formed as XML

    def test_days_of_a_range_and_the_means_over_them(self):
        report = json.loads(self.run_daily("--range", "2025-07-31..2025-08-01", "--format", "json", status=3).stdout)
        self.assertEqual({day["date"] for day in report["days"]} | {"2025-07-31"}, {"2025-07-31", "2025-08-01"})
        self.assertAlmostEqual(report["nodes"][0]["gpus"][2]["utilization_percent"], 20.28)
        self.assertEqual(report["from"], "2025-07-31")

    def test_stored_days_need_nobody(self):
        self.run_daily(DATE)
        before = {node: len(server.asked) for node, server in self.nodes.items()}
        report = json.loads(self.run_daily(DATE, "--stored", "--format", "json").stdout)
        self.assertEqual({node: len(server.asked) for node, server in self.nodes.items()}, before)
        self.assertAlmostEqual(report["nodes"][0]["gpus"][2]["utilization_percent"], 20.28)
        self.assertEqual(report["nodes"][0]["gpus"][2]["users"], ["nycubme"])
        self.assertIsNone(report["nodes"][0]["gpus"][2]["held_hours"])

    def test_yesterday_is_a_day(self):
        done = self.run_daily("yesterday", "--format", "json", status=1)
        self.assertRegex(json.loads(done.stdout)["from"], r"^20\d\d-\d\d-\d\d$")


class ManyNodes(DailyTest):
    def test_a_dead_node_costs_one_timeout(self):
        nodes = {f"gpu{i}": self.serve(Netdata(EXAMPLE)).url for i in range(3)}
        nodes["gpu3"] = self.serve(Silent()).url
        self.config(nodes, timeout=2)
        begin = time.monotonic()
        self.run_daily(DATE, status=3)
        took = time.monotonic() - begin
        self.assertLess(took, 2 + (8 if SANITIZED else 2))


if __name__ == "__main__":
    unittest.main()
