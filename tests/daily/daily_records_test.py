"""wemol-report daily of the device history that wemol-agent keeps."""
import collections
import datetime
import json
import unittest

from daily_under_test import BEGIN, DATE, PIECE, DailyTest

HEADER = "time,index,uuid,name,utilization_percent,memory_percent,memory_total_mib,temperature_celsius,power_watts," \
         "users\r\n"


class OwnRecords(DailyTest):
    """Two GPUs' rows of each minute, as wemol-agent keeps them; the second GPU lacks the last quarter."""

    def setUp(self):
        super().setUp()
        devices = self.folder / "records" / "devices"
        devices.mkdir(parents=True)
        days = collections.defaultdict(list)
        zone = datetime.timezone(datetime.timedelta(hours=8))
        for end in range(BEGIN + 60, BEGIN + 86400 + 60, 60):
            piece = (end - BEGIN - 1) // PIECE
            time_ = datetime.datetime.fromtimestamp(end, zone)
            # An interval belongs to the day in which it began.
            day = (time_ - datetime.timedelta(seconds=60)).strftime("%Y-%m-%d")
            for index, values in enumerate(([10, 20, 30, 60], [0, 1, 4])):
                if piece < len(values):
                    user = "-" if index else ("alice" if piece < 2 else "bob;chen")
                    stamp = time_.strftime("%Y-%m-%dT%H:%M:%S.000+08:00")
                    days[day].append(
                        f"{stamp},{index},AMD-{index},MI300X,{values[piece]},25,196608,,,{user}\r\n")
        for day, rows in days.items():
            (devices / f"{day}.csv").write_bytes((HEADER + "".join(rows)).encode())
        self.config({"own": 'source = "recorder"\nurl = "records"\n'})

    def test_the_report_is_the_same_as_of_any_source(self):
        done = self.run_daily(DATE)
        self.assertEqual(self.files(), [f"own/{DATE}/average_{DATE}.csv", f"own/{DATE}/gpu0_{DATE}.csv",
                                        f"own/{DATE}/gpu1_{DATE}.csv", f"own/{DATE}/summary_{DATE}.txt"])
        self.assertEqual((self.data / f"own/{DATE}/average_{DATE}.csv").read_text(),
                         "GPU編號,平均GPU使用率(%),平均VRAM使用率(%),使用者\nGPU[0],30.00,25.00,alice;bob;chen\n"
                         "GPU[1],1.67,25.00,未使用\n全部平均,15.83,25.00,所有使用者\n")
        rows = (self.data / f"own/{DATE}/gpu0_{DATE}.csv").read_text().splitlines()
        self.assertEqual(rows[1:], [f'{BEGIN + PIECE},"2025-08-01 06:00:00",10,25',
                                    f'{BEGIN + 2 * PIECE},"2025-08-01 12:00:00",20,25',
                                    f'{BEGIN + 3 * PIECE},"2025-08-01 18:00:00",30,25',
                                    f'{BEGIN + 4 * PIECE},"2025-08-02 00:00:00",60,25'])
        self.assertIn("資料完整度: 87.5%", (self.data / f"own/{DATE}/summary_{DATE}.txt").read_text())
        self.assertIn("alice", done.stdout)

    def test_users_have_hours(self):
        report = json.loads(self.run_daily(DATE, "--format", "json").stdout)
        hours = {user["user"]: user["gpu_hours"] for user in report["users"]}
        self.assertEqual(sorted(hours), ["alice", "bob", "chen"])
        for user in hours:
            self.assertAlmostEqual(hours[user], 12, delta=0.1)

    def test_who_has_what(self):
        self.assertIn("GPU[0]: alice;bob;chen", self.run_daily(DATE, "--user-report").stdout)

    def test_a_day_without_records_is_a_failure(self):
        self.run_daily("2025-07-01", status=1)


if __name__ == "__main__":
    unittest.main()
