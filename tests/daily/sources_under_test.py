"""What the tests of sources share: days of zones, and the program that fetches them."""
import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zoneinfo

PROBE = os.environ["WEMOL_FETCH_PROBE"]


def day(date, zone="Asia/Taipei"):
    begin = datetime.datetime.fromisoformat(date)
    end = begin + datetime.timedelta(days=1)
    at = [int(time.replace(tzinfo=zoneinfo.ZoneInfo(zone)).timestamp()) for time in (begin, end)]
    return {"date": date, "begin": at[0], "end": at[1]}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wemol-daily-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def fetch(self, nodes, days, now=None, env=None, **more):
        plan = {"nodes": nodes, "days": days, "now": now or max(d["end"] for d in days) + 600, **more}
        done = subprocess.run([PROBE], input=json.dumps(plan).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120, env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.output = done.stdout.decode() + done.stderr.decode()
        return json.loads(done.stdout)
