"""Device history of wemol-agent as a program: a stand-in for nvidia-smi, a real process as the user of a GPU."""
import datetime
import getpass
import pathlib
import tempfile
import time
import unittest

from gpu_stage import AGENT, PATIENCE, UUIDS, Stage, device_rows, eventually

FIGURES = "figures() { utilization=$(($1 * 40)) memory=$(($1 * 250)); }\n"


class AgentDevices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.stage = Stage(self, self.folder / "host", FIGURES, is_used=True)
        self.history = self.folder / "history"

    def start(self, *options, environment=None):
        return self.stage.start(
            "agent", [AGENT, "--listen", f"unix:{self.folder}/agent{time.monotonic_ns()}.sock", "--recorder-socket=",
                      "--interval", "0.3", "--device-interval", "1", *options], **(environment or {}))

    def log(self):
        return self.stage.log("agent")

    def rows(self, history=None):
        return device_rows(history or self.history)

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
