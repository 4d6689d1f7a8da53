"""wemol-agent and a hub: the program, a small hub, real processes, a CA of the test's own."""
import datetime
import fcntl
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fake_hub import FakeHub  # noqa: E402

AGENT = os.environ["WEMOL_AGENT"]
PATIENCE = 60
GOLDEN_TOOLS = pathlib.Path(__file__).parent.parent / "golden" / "tools"
USER = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


def eventually(holds, patience=PATIENCE):
    due = time.monotonic() + patience
    while not holds():
        if time.monotonic() > due:
            return False
        time.sleep(0.05)
    return True


class AgentAndHub(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.token_file = self.folder / "token"
        self.write_token("0123456789abcdef-hub")

    def write_token(self, text):
        self.token_file.write_text(text + "\n")
        self.token_file.chmod(0o600)

    def hub(self, **settings):
        hub = FakeHub(**settings)
        self.addCleanup(lambda: hub._thread.is_alive() and hub.close())
        return hub

    def start(self, url, *options, **environment):
        portfile = self.folder / "port"
        portfile.unlink(missing_ok=True)
        with open(self.folder / "log", "a") as log:
            agent = subprocess.Popen(
                [AGENT, "--listen", "127.0.0.1:0", "--portfile", portfile, "--recorder-socket=", "--interval", "0.3",
                 "--processes", "all", "--hub", url, "--hub-token-file", self.token_file, "--hub-hostname", "gpu7",
                 *options], stderr=log, env=os.environ | environment)
        self.addCleanup(lambda: (agent.kill(), agent.wait()))
        self.assertTrue(eventually(portfile.exists), self.log())
        self.port = portfile.read_text().split("=")[1]
        return agent

    def log(self):
        return (self.folder / "log").read_text()

    def health(self):
        begin = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health", timeout=30) as answer:
            status = json.load(answer)["status"]
        return status, time.monotonic() - begin

    def check(self, url, *options):
        return subprocess.run([AGENT, "--check", "--listen", "127.0.0.1:0", "--recorder-socket=", "--hub", url,
                               *options], capture_output=True, text=True).stdout

    def test_reports_what_the_host_has(self):
        secret = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "--api-token", "hunter2"])
        self.addCleanup(lambda: (secret.kill(), secret.wait()))
        hub = self.hub()
        agent = self.start(f"http://127.0.0.1:{hub.port}")
        self.assertTrue(eventually(lambda: len(hub.reports) >= 3), self.log())
        report = hub.reports[-1]
        self.assertEqual(report["hostname"], "gpu7")
        self.assertLess(report["age"], 5)
        self.assertEqual(report["interval"], 0.3)
        self.assertEqual(report["system_info"]["ip_address"], "127.0.0.1")
        self.assertGreater(report["system_info"]["memory_total"], 0)
        by_pid = {it["pid"]: it for it in report["system_info"]["processes"]}
        self.assertIn(agent.pid, by_pid)
        self.assertTrue(by_pid[secret.pid]["cmdline"].endswith("--api-token ***"), by_pid[secret.pid])
        self.assertNotIn("hunter2", json.dumps(hub.reports))
        self.assertEqual(by_pid[secret.pid]["username"], USER)
        self.assertTrue(eventually(lambda: hub.registrations))
        self.assertEqual(hub.registrations[0],
                         {"type": "register", "hostname": "gpu7", "token": "0123456789abcdef-hub"})
        agent.send_signal(signal.SIGTERM)
        self.assertEqual(agent.wait(PATIENCE), 0)

    def test_reports_which_job_holds_a_gpu(self):
        tools = self.folder / "tools"
        tools.mkdir()
        smi = tools / "nvidia-smi"
        smi.symlink_to(GOLDEN_TOOLS / "nvidia-smi")
        locks = self.folder / "locks"
        hub = self.hub()
        agent = self.start(f"http://127.0.0.1:{hub.port}", "--queue-lock-dir", locks,
                           PATH=f"{tools}:{os.environ['PATH']}")

        def cards():
            cards = hub.reports[-1]["gpu_data"] if hub.reports else None
            return cards or []

        self.assertTrue(eventually(lambda: len(cards()) == 2), self.log())
        self.assertNotIn("queue_job", cards()[0], "no scheduler has ever been here")
        uuid = cards()[0]["uuid"]
        locks.mkdir()
        with open(locks / f"{uuid}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            holder = {"user": "x", "uid": os.getuid(), "queue": "night", "job": 17, "uni_id": "compete_1",
                      "keeper_pid": os.getpid(), "since": "2026-01-15T10:30:00.000+00:00"}
            (locks / f"{uuid}.{os.getuid()}.json").write_text(json.dumps(holder))
            self.assertTrue(eventually(lambda: cards()[0].get("queue_job")), self.log())
            job = cards()[0]["queue_job"]
            self.assertEqual((job["user"], job["queue"], job["job"]), (USER, "night", 17))
            self.assertEqual(datetime.datetime.fromisoformat(job["since"]),
                             datetime.datetime.fromisoformat(holder["since"]))
            self.assertIsNone(cards()[1]["queue_job"])
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/system/metrics", timeout=30) as answer:
                self.assertEqual(json.load(answer)[0]["accelerators"][0]["queueJob"], job)
        self.assertTrue(eventually(lambda: cards()[0]["queue_job"] is None), "its lock is free, its file still there")
        agent.send_signal(signal.SIGTERM)
        self.assertEqual(agent.wait(PATIENCE), 0)

    def test_what_was_sampled_while_the_hub_was_away_comes_later(self):
        hub = self.hub()
        port = hub.port
        self.start(f"http://127.0.0.1:{port}")
        self.assertTrue(eventually(lambda: hub.reports and hub.registrations), self.log())
        hub.close()
        self.assertTrue(eventually(lambda: "reports wait" in self.log()), self.log())
        time.sleep(2)
        self.assertEqual(self.health()[0], "healthy")
        back = self.hub(port=port)
        self.assertTrue(eventually(lambda: any(it["age"] < 0.3 for it in back.reports)), self.log())
        ages = [it["age"] for it in back.reports]
        self.assertGreater(ages[0], 1.5, ages)
        stamps = [it["record"]["timestamp"] for it in back.reports]
        self.assertEqual(stamps, sorted(stamps))
        self.assertTrue(eventually(lambda: back.registrations), self.log())
        self.assertIn("is there again", self.log())

    def test_a_hub_that_hangs_delays_nothing(self):
        hub = self.hub()
        hub.hangs = True
        agent = self.start(f"http://127.0.0.1:{hub.port}")
        self.assertTrue(eventually(lambda: hub.headers), self.log())
        for _ in range(5):
            status, took = self.health()
            self.assertEqual(status, "healthy")
            self.assertLess(took, 5)
            time.sleep(0.3)
        begin = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        self.assertEqual(agent.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - begin, 10)

    def test_a_wrong_token_is_said_and_read_again(self):
        hub = self.hub()
        self.write_token("not-the-token-of-the-hub")
        self.start(f"http://127.0.0.1:{hub.port}")
        self.assertTrue(eventually(lambda: "refuses this host's token" in self.log()), self.log())
        self.assertFalse(hub.reports)
        self.write_token("0123456789abcdef-hub")
        self.assertTrue(eventually(lambda: hub.reports and hub.registrations[-1]["token"] == hub.token), self.log())

    def test_redirects_do_not_get_the_token(self):
        other, hub = self.hub(), self.hub()
        hub.status, hub.location = 307, f"http://127.0.0.1:{other.port}/api/report-gpu-stats"
        self.start(f"http://127.0.0.1:{hub.port}")
        self.assertTrue(eventually(lambda: "is not followed" in self.log()), self.log())
        time.sleep(1)
        self.assertFalse(other.headers)

    def tls(self, name):
        """A CA, and what a server needs whose certificate it has signed for this name."""
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=self.folder, capture_output=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj",
                "/CN=test CA", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "hub.key", "-out", "hub.csr", "-subj", "/CN=hub")
        (self.folder / "san").write_text(f"subjectAltName={name}\n")
        openssl("x509", "-req", "-in", "hub.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                "hub.pem", "-days", "2", "-extfile", "san")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "hub.pem", self.folder / "hub.key")
        return context

    def test_tls_with_a_ca_of_ones_own(self):
        hub = self.hub(tls=self.tls("IP:127.0.0.1,DNS:localhost"))
        ca = ("--hub-ca", self.folder / "ca.pem")
        token = ("--hub-token-file", self.token_file)
        for host in ("127.0.0.1", "localhost"):
            count = len(hub.reports), len(hub.registrations)
            agent = self.start(f"https://{host}:{hub.port}", *ca)
            self.assertTrue(eventually(lambda: len(hub.reports) > count[0] + 1
                                       and len(hub.registrations) > count[1]), self.log())
            agent.send_signal(signal.SIGTERM)
            self.assertEqual(agent.wait(PATIENCE), 0)
        self.assertIn("ok   the hub", self.check(f"https://localhost:{hub.port}", *ca, *token))
        self.assertIn("is not accepted", self.check(f"https://localhost:{hub.port}"))

    def test_the_certificate_has_to_be_for_the_hubs_name(self):
        hub = self.hub(tls=self.tls("DNS:elsewhere.example"))
        url, ca = f"https://localhost:{hub.port}", ("--hub-ca", self.folder / "ca.pem")
        self.start(url, *ca)
        self.assertTrue(eventually(lambda: "hostname mismatch" in self.log().lower()), self.log())
        self.assertFalse(hub.headers, "nothing is sent, the token least of all")
        self.assertIn("ostname mismatch", self.check(url, *ca))

    def test_the_check_says_what_is_wrong(self):
        hub = self.hub()
        url = f"http://127.0.0.1:{hub.port}"
        self.assertIn("ok   the hub", self.check(url, "--hub-token-file", self.token_file))
        self.write_token("not-the-token-of-the-hub")
        self.assertIn("does not register this host", self.check(url, "--hub-token-file", self.token_file))
        self.token_file.chmod(0o644)
        self.assertIn("chmod 640", self.check(url, "--hub-token-file", self.token_file))
        hub.close()
        self.assertIn("Connection refused", self.check(url))
        self.assertIn("cannot be looked up", self.check("http://no-such-host.invalid"))
        self.assertIn("no file of certificates",
                      self.check(f"https://127.0.0.1:{self.hub().port}", "--hub-ca", self.token_file))

    def victim(self):
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        self.addCleanup(lambda: (child.kill(), child.wait()))
        return child

    def ask_to_kill(self, hub, pids, **more):
        count = len(hub.results)
        hub.ask({"type": "kill_processes", "pids": pids, **more})
        self.assertTrue(eventually(lambda: len(hub.results) > count), self.log())
        return hub.results[-1]

    def wait_for_reports_of(self, hub, *processes):
        def are_reported():
            pids = {it["pid"] for it in (hub.reports[-1]["system_info"]["processes"] or [])} if hub.reports else set()
            return all(it.pid in pids for it in processes) and hub.agents
        self.assertTrue(eventually(are_reported), self.log())

    def test_nothing_is_ended_unless_the_settings_allow_it(self):
        victim, hub = self.victim(), self.hub()
        self.start(f"http://127.0.0.1:{hub.port}", "--hub-kill-users", "somebody-else")
        self.wait_for_reports_of(hub, victim)
        result = self.ask_to_kill(hub, [victim.pid])
        self.assertEqual(result["message"], "成功终止 0/1 个进程")
        self.assertEqual(result["results"],
                         [{"pid": victim.pid, "status": "error", "message": f"没有权限终止进程 {victim.pid}"}])
        self.assertIsNone(victim.poll())

    def test_ends_processes_of_those_who_are_named(self):
        victim, bystander, hub = self.victim(), self.victim(), self.hub()
        agent = self.start(f"http://127.0.0.1:{hub.port}", "--hub-kill-users", USER)
        self.wait_for_reports_of(hub, victim, bystander, agent)
        result = self.ask_to_kill(hub, [victim.pid, 1, agent.pid, 4194305], id="k1", requested_by="admin")
        self.assertEqual(result["id"], "k1")
        self.assertEqual(result["message"], "成功终止 1/4 个进程")
        texts = {it["pid"]: it["message"] for it in result["results"]}
        self.assertEqual(texts, {victim.pid: f"进程 {victim.pid} 已终止", 1: "没有权限终止进程 1",
                                 agent.pid: f"没有权限终止进程 {agent.pid}", 4194305: "进程 4194305 不存在"})
        self.assertEqual(victim.wait(PATIENCE), -signal.SIGTERM)
        self.assertIn("asked for by admin", self.log())
        started = next(it for it in hub.reports[-1]["system_info"]["processes"] if it["pid"] == bystander.pid)
        result = self.ask_to_kill(hub, [bystander.pid],
                                  create_times={str(bystander.pid): started["create_time"] - 60})
        self.assertEqual(result["results"][0]["message"], f"进程 {bystander.pid} 不存在")
        self.assertIsNone(bystander.poll(), "it is not the process that was seen")
        self.assertIsNone(agent.poll())


if __name__ == "__main__":
    unittest.main(verbosity=2)
