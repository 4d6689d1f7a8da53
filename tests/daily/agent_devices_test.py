"""Device history of wemol-agent as a program: a stand-in for nvidia-smi, a real process as the user of a GPU."""
import csv
import datetime
import getpass
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

AGENT = os.environ["WEMOL_AGENT"]
PATIENCE = 60
UUIDS = ["GPU-11111111-aaaa-bbbb-cccc-000000000000", "GPU-22222222-aaaa-bbbb-cccc-000000000000"]
SMI = """#!/bin/sh
case $1 in
  --query-gpu=*)
    fields=${{1#--query-gpu=}}
    for gpu in 0 1; do
      line=
      for field in $(echo "$fields" | tr , ' '); do
        case $field in
          index) v=$gpu ;; uuid) v={uuids}; v=$(echo $v | cut -d, -f$((gpu + 1))) ;; name) v="NVIDIA L4" ;;
          memory.total) v=1000 ;; memory.used) v=$((gpu * 250)) ;; utilization.gpu) v=$((gpu * 40)) ;;
          temperature.gpu) v=50 ;; power.draw) v=71.5 ;; *) v="[N/A]" ;;
        esac
        line="$line, $v"
      done
      echo "${{line#, }}"
    done ;;
  --query-compute-apps=*)
    line=
    for field in $(echo "${{1#--query-compute-apps=}}" | tr , ' '); do
      case $field in pid) v={pid} ;; gpu_uuid) v={uuid} ;; used_memory) v=100 ;; *) v="[N/A]" ;; esac
      line="$line, $v"
    done
    echo "${{line#, }}" ;;
esac
"""


def eventually(holds, patience=PATIENCE):
    due = time.monotonic() + patience
    while not (result := holds()):
        if time.monotonic() > due:
            return result
        time.sleep(0.05)
    return result


class AgentDevices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        user = subprocess.Popen(["sleep", "600"])
        self.addCleanup(lambda: (user.kill(), user.wait()))
        smi = self.folder / "bin" / "nvidia-smi"
        smi.parent.mkdir()
        smi.write_text(SMI.format(uuids=",".join(UUIDS), uuid=UUIDS[1], pid=user.pid))
        smi.chmod(0o755)
        self.history = self.folder / "history"

    def start(self, *options, environment=None):
        with open(self.folder / "log", "a") as log:
            agent = subprocess.Popen(
                [AGENT, "--listen", f"unix:{self.folder}/agent{time.monotonic_ns()}.sock", "--recorder-socket=",
                 "--interval", "0.3", "--device-interval", "1", *options], stderr=log,
                env={**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", **(environment or {})})
        self.addCleanup(lambda: (agent.kill(), agent.wait()))
        return agent

    def log(self):
        return (self.folder / "log").read_text()

    def rows(self, history=None):
        rows = []
        for file in sorted((history or self.history).glob("devices/*.csv")):
            with open(file, newline="") as text:
                rows += csv.DictReader(text)
        return rows

    def test_a_row_for_each_card_and_interval_with_its_users(self):
        agent = self.start("--device-history", self.history)
        self.assertTrue(eventually(lambda: len(self.rows()) >= 6), self.log())
        agent.terminate()
        self.assertEqual(agent.wait(PATIENCE), 0)
        rows = self.rows()
        self.assertEqual({row["uuid"] for row in rows}, set(UUIDS))
        for row in rows[:-2]:
            self.assertEqual(row["utilization_percent"], ["0", "40"][int(row["index"])])
            self.assertEqual(row["memory_percent"], ["0", "25"][int(row["index"])])
            self.assertEqual((row["memory_total_mib"], row["temperature_celsius"], row["power_watts"]),
                             ("1000", "50", "71.5"))
        self.assertEqual({row["users"] for row in rows if row["index"] == "1"}, {getpass.getuser()})
        self.assertEqual({row["users"] for row in rows if row["index"] == "0"}, {"-"})
        times = [datetime.datetime.fromisoformat(row["time"]) for row in rows if row["index"] == "0"]
        self.assertEqual(times, sorted(set(times)))
        self.assertLess(abs((times[-1] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()), PATIENCE)

    def test_a_kill_leaves_whole_rows_and_the_next_one_goes_on(self):
        for _ in range(3):
            before = len(self.rows())
            agent = self.start("--device-history", self.history)
            self.assertTrue(eventually(lambda: len(self.rows()) > before), self.log())
            agent.kill()
            agent.wait()
        for file in self.history.glob("devices/*.csv"):
            lines = file.read_bytes().split(b"\r\n")
            self.assertEqual(lines[-1], b"")
            self.assertTrue(all(line.count(b",") == 9 for line in lines[:-1]), lines)
            self.assertEqual(sum(line.startswith(b"time,") for line in lines), 1)

    def test_a_second_agent_is_refused(self):
        self.start("--device-history", self.history)
        self.assertTrue(eventually(lambda: self.rows()), self.log())
        second = self.start("--device-history", self.history)
        self.assertEqual(second.wait(PATIENCE), 1)
        self.assertIn("another program already writes device history", self.log())

    def test_the_services_folder_is_the_default_and_none_switches_it_off(self):
        state = self.folder / "state"
        agent = self.start(environment={"STATE_DIRECTORY": str(state)})
        self.assertTrue(eventually(lambda: self.rows(state)), self.log())
        agent.kill()
        agent.wait()
        other = self.folder / "other"
        other.mkdir()
        off = self.start("--device-history", "none", environment={"STATE_DIRECTORY": str(other)})
        time_enough = len(self.rows(state))
        watched = self.start("--device-history", state)  # as long as this one takes to write, so had the other
        self.assertTrue(eventually(lambda: len(self.rows(state)) > time_enough + 2), self.log())
        self.assertEqual(list(other.iterdir()), [])
        for agent in (off, watched):
            agent.terminate()
            self.assertEqual(agent.wait(PATIENCE), 0)

    def test_a_folder_that_cannot_be_written_is_said_once(self):
        self.history.write_text("in its place")
        agent = self.start("--device-history", self.history)
        self.assertTrue(eventually(lambda: "device history cannot be kept" in self.log()), self.log())
        time.sleep(3)  # three intervals that could say it again
        self.assertEqual(self.log().count("device history cannot be kept"), 1, self.log())
        self.history.unlink()
        self.assertTrue(eventually(lambda: self.rows()), self.log())
        self.assertTrue(eventually(lambda: "device history is written again" in self.log()), self.log())
        agent.terminate()
        self.assertEqual(agent.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
