"""Device history of wemol-recorder as a program, and the report of it: stand-ins for docker and nvidia-smi."""
import csv
import datetime
import json
import time
import unittest

from daily_under_test import PATIENCE, DailyTest
from gpu_stage import UUIDS, Stage, device_rows, eventually

FIGURES = "figures() { utilization=$(($1 * 40 + 10)) memory=$(($1 * 250)); }\n"
CONTAINER = "wemol_rc_task_gpu_132178_182060_334177"


class RecorderDevices(DailyTest):
    def setUp(self):
        super().setUp()
        self.history = self.folder / "history"

    def stage(self, **more):
        return Stage(self, self.folder / "host", FIGURES, **more)

    def stop(self, stage, recorder):
        recorder.terminate()
        self.assertEqual(recorder.wait(PATIENCE), 0, stage.log("recorder"))
        return device_rows(self.history)

    def report(self, url="history", more=""):
        """Of the day that has rows, in a zone in which it is about noon."""
        now = int(time.time())
        hours = 12 - now // 3600 % 24
        (self.folder / "daily.toml").write_text(
            f'zone = "{hours:+03}:00"\n[[node]]\nname = "own"\nsource = "recorder"\nurl = "{url}"\n{more}')
        date = datetime.datetime.fromtimestamp(now + hours * 3600, datetime.timezone.utc).strftime("%Y-%m-%d")
        report = json.loads(self.run_daily(date, "--format", "json").stdout)
        return date, report["nodes"][0]["gpus"]

    def test_a_row_for_each_gpu_with_the_task_that_has_it(self):
        stage = self.stage(is_used=True, container=CONTAINER)
        recorder = stage.start_recorder(self.history)
        self.assertTrue(eventually(lambda: len(device_rows(self.history)) >= 6), stage.log("recorder"))
        rows = self.stop(stage, recorder)
        self.assertEqual({(row["index"], row["uuid"], row["users"]) for row in rows},
                         {("0", UUIDS[0], "-"), ("1", UUIDS[1], "task 132178")})
        self.assertEqual({(row["index"], row["utilization_percent"], row["memory_percent"]) for row in rows},
                         {("0", "10", "0"), ("1", "50", "25")})
        with open(self.folder / "host" / "tasks" / "Unknown_Module" / "132178.csv", newline="", encoding="utf-8") as text:
            self.assertEqual({row["gpu_ids"] for row in csv.DictReader(text)}, {"1"})

        date, gpus = self.report()
        self.assertEqual([(gpu["uuid"], gpu["utilization_percent"], gpu["memory_percent"], gpu["users"]) for gpu in gpus],
                         [(UUIDS[0], 10, 0, []), (UUIDS[1], 50, 25, ["task 132178"])])
        self.assertGreater(gpus[1]["held_hours"], 0)
        self.assertEqual((self.data / "own" / date / f"average_{date}.csv").read_text(encoding="utf-8"),
                         "GPU編號,平均GPU使用率(%),平均VRAM使用率(%),使用者\nGPU[0],10.00,0.00,未使用\n"
                         "GPU[1],50.00,25.00,task 132178\n全部平均,30.00,12.50,所有使用者\n")

        # The same, where only the CSVs of the tasks tell who it was.
        for file in self.history.glob("devices/*.csv"):
            other = self.folder / "other" / "devices" / file.name
            other.parent.mkdir(parents=True, exist_ok=True)
            other.write_bytes(file.read_bytes().replace(b",task 132178\r\n", b",\r\n").replace(b",-\r\n", b",\r\n"))
        self.assertEqual([gpu["users"] for gpu in self.report("other")[1]], [None, None])
        gpus = self.report("other", 'tasks = "host/tasks"\n')[1]
        self.assertEqual([gpu["users"] for gpu in gpus], [None, ["task 132178"]])
        self.assertGreater(gpus[1]["held_hours"], 0)

    def test_rows_go_on_without_docker_and_then_nobody_knows_whose_a_gpu_is(self):
        stage = self.stage()
        stage.put("docker", "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n")
        recorder = stage.start_recorder(self.history)
        self.assertTrue(eventually(lambda: len(device_rows(self.history)) >= 4), stage.log("recorder"))
        self.assertEqual({row["users"] for row in self.stop(stage, recorder)}, {""})
        self.assertEqual([(gpu["utilization_percent"], gpu["users"]) for gpu in self.report()[1]],
                         [(10, None), (50, None)])

    def test_each_local_day_has_its_file(self):
        """In a zone in which midnight is some seconds away."""
        stage = self.stage()
        # Begins before noon: 2 h 30 min east of Greenwich is TZ=X-2:30.
        until_midnight = 6
        east = (86400 - until_midnight - int(time.time())) % 86400
        zone = f"XXX-{east // 3600}:{east // 60 % 60:02}:{east % 60:02}"
        recorder = stage.start_recorder(self.history, TZ=zone)
        self.assertTrue(eventually(lambda: len(list(self.history.glob("devices/*.csv"))) == 2), stage.log("recorder"))
        self.stop(stage, recorder)
        days = sorted(self.history.glob("devices/*.csv"))
        dates = [datetime.date.fromisoformat(day.stem) for day in days]
        self.assertEqual(dates[1] - dates[0], datetime.timedelta(days=1))
        texts = [day.read_bytes().decode().split("\r\n") for day in days]
        self.assertEqual(texts[0][0], texts[1][0])
        # The last interval of a day ends at midnight.
        self.assertTrue(texts[0][-2].startswith(f"{dates[1]}T00:00:00"), texts[0])
        self.assertTrue(texts[1][1].startswith(f"{dates[1]}T00:00:0"), texts[1])
        self.assertFalse(texts[1][1].startswith(f"{dates[1]}T00:00:00"), texts[1])


if __name__ == "__main__":
    unittest.main()
