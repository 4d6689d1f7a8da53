"""What befalls a wemol-hub: power cuts, full disks, clocks that are set, dead networks, hostile clients.

WEMOL_FAULTS=full takes longer: more of everything, and what waits for half a minute and more."""
import contextlib
import ctypes
import datetime
import http.client
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from hub_under_test import FULL, HUB, PATIENCE, Agent, Case, bearer, eventually, old_report

SHIM = os.environ.get("WEMOL_CLOCK_SHIM", "")
HISTORY = "/api/history?host={}&metric={}&from={:.0f}&to={:.0f}&step={}"


def small_report(host, load, **more):
    return {"hostname": host, "interval": 600, "system_info": {"cpu_percent": load}, **more}


def values(hub, host, metric="system.cpu.usage_percent"):
    """All least, mean and greatest ones of the last hour and more."""
    now = time.time()
    answer = hub.get(HISTORY.format(host, metric, now - 5000, now + 60, 10))
    assert answer.status == 200, answer
    return {value for series in answer.json()["series"] for point in series["points"] for value in point[1:]}


def points(hub, host, metric="system.cpu.usage_percent", begin=None, end=None, step=10):
    """(time, mean) of each."""
    now = time.time()
    answer = hub.get(HISTORY.format(host, metric, begin or now - 600, end or now + 60, step))
    assert answer.status == 200, answer
    return [(at, mean) for series in answer.json()["series"] for at, _, mean, _ in series["points"]]


class Reporter:
    """Sends reports one by one on a connection that it keeps; the hub may go and come meanwhile."""

    def __init__(self, hub, token=None):
        self.hub, self.token, self.connection = hub, token, None

    def send(self, report):
        """Whether it was taken."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=PATIENCE)
            self.connection.request("POST", "/api/report-gpu-stats", json.dumps(report), bearer(self.token))
            answer = self.connection.getresponse()
            answer.read()
            return answer.status == 200
        except (OSError, http.client.HTTPException):
            self.connection = None
            return False


class KilledHard(Case):
    """SIGKILL while reports come: what was acknowledged more than a second before is there afterwards.

    The margin is two seconds: beside the promised one there is that of a machine with other work."""
    MARGIN = 2
    KILLS = 20 if FULL else 2

    def test_what_was_acknowledged_is_there(self):
        hub = self.legacy_hub()
        taken, is_over = [], threading.Event()  # (when, host, load)

        def report():
            reporter, number = Reporter(hub), 0
            while not is_over.is_set():
                number += 1
                # Of two in ten seconds both are seen, and five digits are kept.
                host, load = f"h{number % 1000}", number // 1000 + 0.5
                if reporter.send(small_report(host, load)):
                    taken.append((time.monotonic(), host, load))
                time.sleep(0.01)

        thread = threading.Thread(target=report)
        thread.start()
        kills = []
        try:
            for _ in range(self.KILLS):
                before = len(taken)
                self.assertTrue(eventually(lambda: len(taken) >= before + 100))
                time.sleep(self.MARGIN + random.random())
                kills.append(time.monotonic())
                hub.kill()
                self.check_file(hub)
                hub.start()
        finally:
            is_over.set()
            thread.join()
        safe = [it for it in taken if all(not kill - self.MARGIN < it[0] <= kill for kill in kills)
                and it[0] < kills[-1]]
        self.assertGreater(len(safe), 100)
        wanted = {}
        for _, host, load in safe:
            wanted.setdefault(host, set()).add(load)
        missing = [(host, load) for host, loads in wanted.items() for load in loads - values(hub, host)]
        self.assertEqual(missing, [], f"{len(missing)} of {len(safe)} are lost; killed at {kills}")

    def check_file(self, hub):
        """A copy is looked at, as the next start has to find what the kill has left."""
        with tempfile.TemporaryDirectory() as folder:
            for file in hub.folder.glob("history.db*"):
                shutil.copy(file, folder)
            with contextlib.closing(sqlite3.connect(f"{folder}/history.db")) as database:
                self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_the_files_of_the_access_are_whole(self):
        """Killed commands leave the old file or the new one."""
        hub = self.hub()
        for number in range(40 if FULL else 8):
            command = subprocess.Popen([HUB, "enroll", f"h{number}", "--state-dir", hub.folder],
                                       stdout=subprocess.DEVNULL)
            time.sleep(random.random() * 0.04)
            command.kill()
            command.wait()
            self.assertEqual(hub.command("hosts").returncode, 0)
        self.assertEqual(hub.command("enroll", "last").returncode, 0)
        self.assertIn("last", hub.command("hosts").stdout)

    def test_a_stop_loses_nothing(self):
        hub = self.legacy_hub()
        for number in range(20):
            self.assertEqual(hub.report(small_report(f"h{number}", number + 1)).status, 200)
        hub.stop()
        hub.start()
        for number in range(20):
            self.assertEqual([load for _, load in points(hub, f"h{number}")], [number + 1])


def can_mount():
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, check=False)
    return probe.returncode == 0


@unittest.skipUnless(can_mount(), "this user may mount nothing")
class FullDisk(Case):
    def test_samples_wait_until_there_is_room(self):
        mount = 'mount -t tmpfs -o size=2m none "$STATE" && exec "$@"'
        os.environ["STATE"] = str(self.folder)
        hub = self.legacy_hub(folder=self.folder, wrapper=("unshare", "-m", "sh", "-c", mount, "sh"))
        inside = pathlib.Path(f"/proc/{hub.process.pid}/root{self.folder}")
        self.assertTrue((inside / "history.db").exists())
        self.assertEqual(hub.report(small_report("before", 1)).status, 200)
        self.assertTrue(eventually(lambda: points(hub, "before")))
        ballast = inside / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        loads = set(range(1, 360))
        for load in loads:
            self.assertEqual(hub.report(small_report("while", load, age=10 * load)).status, 200)
        self.assertTrue(eventually(lambda: hub.get("/api/health").json()["status"] == "degraded"), hub.log())
        self.assertTrue(eventually(lambda: "samples wait in memory" in hub.log()), hub.log())
        self.assertEqual([load for _, load in points(hub, "before")], [1], "what is there can be read")
        self.assertEqual(len(hub.machines()), 2)
        ballast.unlink()
        self.assertTrue(eventually(lambda: hub.get("/api/health").json()["status"] == "healthy"), hub.log())
        self.assertEqual(loads - values(hub, "while"), set())
        hub.stop()

    def test_it_does_not_start_on_a_disk_without_room(self):
        mount = ('mount -t tmpfs -o size=64k none "$STATE" && { cat /dev/zero > "$STATE/ballast" 2>/dev/null; exec "$@"; }')
        done = subprocess.run(["unshare", "-m", "sh", "-c", mount, "sh", HUB, "--state-dir", self.folder, "--listen",
                               "127.0.0.1:0"], env={**os.environ, "STATE": str(self.folder)}, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("history.db", done.stderr)


class Clocks(Case):
    """A host's clock is never asked. The hub's own is set by a library between it and the system, which adds what a
    file says to the time of day, as a step of the clock does."""

    def test_hosts_whose_clocks_are_wrong(self):
        hub = self.legacy_hub()
        now = time.time()
        for number, stamp in enumerate(("1970-01-01T00:00:00", "2099-12-31T23:59:59+14:00", "yesterday", "", "-1",
                                        None, "2026-11-28T12:00:00.123456")):
            self.assertEqual(hub.report(small_report(f"h{number}", 5, timestamp=stamp, age=3)).status, 200)
            self.assertEqual(hub.machines()[f"h{number}"]["timestamp"], stamp)
            self.assertTrue(eventually(lambda: points(hub, f"h{number}")))
            (at, load), = points(hub, f"h{number}", step=1)
            self.assertEqual(load, 5)
            self.assertLessEqual(abs(at - (now - 3)), 60, stamp)

    def test_samples_that_come_late_have_their_own_times(self):
        hub = self.legacy_hub()
        begin = time.time()
        for age in (3600, 600, 650, 30, 0):
            self.assertEqual(hub.report(small_report("gpu7", age, age=age)).status, 200)
        self.assertTrue(eventually(lambda: len(points(hub, "gpu7", begin=begin - 4000, step=1)) == 5))
        for at, load in points(hub, "gpu7", begin=begin - 4000, step=1):
            self.assertLessEqual(abs(begin - load - at), 30)

    @unittest.skipUnless(SHIM, "the library was not built")
    def test_the_hubs_clock_is_set(self):
        offset = self.folder / "offset"
        offset.write_text("0".rjust(20))
        hub = self.legacy_hub(wrapper=("env", f"LD_PRELOAD={SHIM}", f"WEMOL_CLOCK_OFFSET={offset}"),
                              before=lambda it: it.set_password("alice", "correct horse"))
        alice = hub.login("alice", "correct horse")
        day, begin = 86400, time.time()
        for number, step in enumerate((0, day, -2 * day, 7200, -7200, 0)):
            with open(offset, "r+", encoding="ascii") as file:
                file.write(str(step).rjust(20))
            host = f"h{number}"
            self.assertEqual(hub.report(small_report(host, number + 1)).status, 200)
            machines = alice.get("/api/gpu-stats").json()["machines"]
            self.assertTrue(all(it["is_online"] for it in machines.values()), "no host is gone")
            path = HISTORY.format(host, "system.cpu.usage_percent", begin + step - 60, begin + step + 120, 1)

            def found(path=path):
                series = alice.get(path).json()["series"]
                return [(at, mean) for it in series for at, _, mean, _ in it["points"]]

            self.assertTrue(eventually(found), (step, hub.log()))
            (at, load), = found()
            self.assertEqual(load, number + 1)
            self.assertLessEqual(abs(at - begin - step), PATIENCE)
            seen = {it["hostname"]: it for it in alice.get("/api/hosts").json()["hosts"]}[host]
            self.assertLess(seen["seconds_since"], PATIENCE)
            self.assertGreaterEqual(seen["seconds_since"], 0)
        hub.stop()
        hub.start()  # with the clock of before: what was reported in its future is no trouble
        self.assertEqual(len(hub.login("alice", "correct horse").get("/api/gpu-stats").json()["machines"]), 6)

    @unittest.skipUnless(SHIM, "the library was not built")
    def test_an_agents_clock_is_set(self):
        """The hub dates its samples as before, and none is lost."""
        hub = self.hub()
        offset = self.folder / "offset"
        offset.write_text("0".rjust(20))
        agent = Agent(self, f"http://127.0.0.1:{hub.port}", hub.enroll("gpu7"),
                      wrapper=("env", f"LD_PRELOAD={SHIM}", f"WEMOL_CLOCK_OFFSET={offset}"))
        begin = time.time()
        for step in (0, 86400, -86400, 0):
            with open(offset, "r+", encoding="ascii") as file:
                file.write(str(step).rjust(20))

            def has_come(wanted=step):
                """A report that was stamped by the clock as it is now."""
                stamp = hub.machines().get("gpu7", {}).get("timestamp")
                return stamp and abs(datetime.datetime.fromisoformat(stamp).timestamp() - time.time() - wanted) < 3600
            self.assertTrue(eventually(has_come), (step, agent.log()))
            self.assertTrue(hub.machines()["gpu7"]["is_online"])
        self.assertTrue(eventually(lambda: points(hub, "gpu7")))
        wide = points(hub, "gpu7", begin=begin - 100_000, end=begin + 100_000, step=100)
        # A step of the answer begins before it, and may have the minute in which the step begins.
        self.assertTrue(all(begin - 100 - 60 <= at <= time.time() for at, _ in wide), (begin, wide))
        self.assertIsNone(agent.process.poll())


class SameName(Case):
    def test_two_hosts_with_one_name(self):
        """They alternate, it is said, and they chase each other off the hub ever less often."""
        hub = self.hub()
        token = hub.enroll("gpu7")
        agents = [Agent(self, f"http://127.0.0.1:{hub.port}", token) for _ in range(2)]
        self.assertTrue(eventually(lambda: hub.log().count("gpu7 has connected") >= 4), hub.log())
        self.assertIn("two have this name", hub.log())
        self.assertTrue(all("the hub ends it: the host has connected anew" in it.log() for it in agents))
        already = hub.log().count("gpu7 has connected")
        time.sleep(30 if FULL else 6)
        # At once each time it would be more than one in a second.
        self.assertLessEqual(hub.log().count("gpu7 has connected") - already, 12 if FULL else 6, hub.log())
        self.assertEqual(list(hub.machines()), ["gpu7"])
        for agent in agents:
            self.assertIsNone(agent.process.poll())


class DeadNetwork(Case):
    OUTAGE = 720 if FULL else 6
    # An agent keeps 600 samples at most.
    INTERVAL = "5" if FULL else "0.5"

    def steps(self, hub, begin, end):
        """Seconds in between of which there is a sample; of a long time steps of ten."""
        if FULL:
            return [at for at, _ in points(hub, "gpu7", begin=begin, end=end)]
        # As they lie there: the API makes one of all in ten seconds.
        with contextlib.closing(sqlite3.connect(f"file:{hub.folder}/history.db?mode=ro", uri=True)) as database:
            return [at for at, in database.execute("SELECT DISTINCT time FROM journal WHERE time BETWEEN ? AND ?",
                                                   (begin, end))]

    def check(self, hub, begin, end):
        """Of the outage, less what the agent may forget, there are samples with their own times."""
        begin, end = max(begin + 1, end - 590), end - 1
        wanted = (end - begin) / (10 if FULL else 1) * 0.6
        self.assertTrue(eventually(lambda: len(self.steps(hub, begin, end)) >= wanted, every=0.5),
                        (self.steps(hub, begin, end), begin, end))

    def test_a_hub_that_hangs(self):
        hub = self.hub()
        agent = Agent(self, f"http://127.0.0.1:{hub.port}", hub.enroll("gpu7"), interval=self.INTERVAL)
        self.assertTrue(eventually(lambda: "gpu7" in hub.machines()), agent.log())
        begin = time.time()
        hub.process.send_signal(signal.SIGSTOP)
        time.sleep(self.OUTAGE)
        hub.process.send_signal(signal.SIGCONT)
        self.check(hub, begin, time.time())

    def test_a_hub_that_is_away(self):
        hub = self.hub()
        agent = Agent(self, f"http://127.0.0.1:{hub.port}", hub.enroll("gpu7"), interval=self.INTERVAL)
        self.assertTrue(eventually(lambda: "gpu7" in hub.machines()), agent.log())
        hub.listen = f"127.0.0.1:{hub.port}"
        begin = time.time()
        hub.stop()
        time.sleep(self.OUTAGE)
        hub.start()
        self.check(hub, begin, time.time())
        self.assertTrue(eventually(lambda: hub.log().count("gpu7 has connected") >= 2))

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("iptables") and shutil.which("ip") and subprocess.run(
        ["unshare", "-n", "iptables", "-A", "INPUT", "-j", "DROP"], capture_output=True, check=False).returncode == 0,
        "packets can be dropped by root only")
    def test_packets_that_are_dropped(self):
        """Nobody is told that the network is dead: in a namespace of their own."""
        up = 'ip link set lo up && exec "$@"'
        keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", up, "sh", "sleep", "3600"])
        self.addCleanup(lambda: (keeper.kill(), keeper.wait()))
        self.assertTrue(eventually(lambda: os.readlink(f"/proc/{keeper.pid}/ns/net") != os.readlink("/proc/self/ns/net")
                                   and pathlib.Path(f"/proc/{keeper.pid}/comm").read_text() == "sleep\n"))
        inside = ("nsenter", "-t", str(keeper.pid), "-n")
        with in_network_of(keeper.pid):
            hub = self.hub(wrapper=inside)
            agent = Agent(self, f"http://127.0.0.1:{hub.port}", hub.enroll("gpu7"), interval=self.INTERVAL, wrapper=inside)
            self.assertTrue(eventually(lambda: "gpu7" in hub.machines()), agent.log())
            begin = time.time()
            rule = ("-p", "tcp", "--dport", str(hub.port), "-j", "DROP")
            subprocess.run([*inside, "iptables", "-A", "INPUT", *rule], check=True)
            time.sleep(self.OUTAGE)
            subprocess.run([*inside, "iptables", "-D", "INPUT", *rule], check=True)
            self.check(hub, begin, time.time())


@contextlib.contextmanager
def in_network_of(pid):
    """Sockets of this thread are made in the network namespace of that process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as own, open(f"/proc/{pid}/ns/net") as other:
        assert libc.setns(other.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), 0) == 0


class ManySockets(Case):
    COUNT = 10_000

    def setUp(self):
        super().setUp()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most < self.COUNT + 1000:
            self.skipTest(f"only {most} descriptors")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def test_ten_thousand_that_say_nothing(self):
        hub = self.legacy_hub()
        before, sockets = hub.memory_mib(), []
        self.addCleanup(lambda: [it.close() for it in sockets])
        for number in range(self.COUNT):
            it = socket.socket()
            it.bind((f"127.0.{number // 250 + 1}.{number % 250 + 1}", 0))
            it.settimeout(30)
            it.connect(("127.0.0.1", hub.port))
            sockets.append(it)
            if number % 1000 == 0:
                it.sendall(b"POST /api/report-gpu-stats HTTP/1.1\r\nHost: loc")
                self.assertEqual(hub.report(small_report("gpu7", 1)).status, 200)
        self.assertEqual(hub.get("/api/gpu-stats").status, 200)
        self.assertEqual(hub.report(small_report("gpu7", 1)).status, 200)
        self.assert_memory(hub, before, 150, "10,000 silent sockets")

    def test_those_that_wait_make_room(self):
        """Once all places are taken, who has been silent longest goes."""
        hub = self.legacy_hub(wrapper=("prlimit", "--nofile=328:328"))
        sockets = []
        self.addCleanup(lambda: [it.close() for it in sockets])
        for _ in range(400):
            it = socket.create_connection(("127.0.0.1", hub.port), 30)
            sockets.append(it)
        self.assertEqual(hub.report(small_report("gpu7", 1)).status, 200)
        self.assertEqual(hub.get("/api/gpu-stats").status, 200)


class SlowClients(Case):
    def drip(self, hub, data, pause=0.5):
        """Sends byte by byte until the other side has enough; how long it took."""
        connection, begin = hub.connect(), time.monotonic()
        try:
            for byte in data:
                connection.send(bytes([byte]))
                time.sleep(pause)
                if time.monotonic() - begin > PATIENCE:
                    break
        except ConnectionError:
            pass
        closed = connection.is_closed(5)
        return closed, time.monotonic() - begin

    def test_a_header_that_does_not_end(self):
        hub = self.legacy_hub()
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            self.drip(hub, b"GET /api/gpu-stats HTTP/1.1\r\nHost: localhost\r\n" + b"X-Slow: 1\r\n" * 1000)))
            for _ in range(5)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(hub.report(small_report("gpu7", 1)).status, 200)
            time.sleep(0.2)
        for closed, took in results:
            self.assertTrue(closed)
            self.assertLess(took, PATIENCE)

    @unittest.skipUnless(FULL, "takes half a minute")
    def test_a_body_that_does_not_end(self):
        hub = self.legacy_hub()
        head = b"POST /api/report-gpu-stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
        closed, took = self.drip(hub, head + b" " * 100_000, pause=0.01)
        self.assertTrue(closed)
        self.assertLess(took, PATIENCE)

    def fill(self, hub, hosts, size):
        for number in range(hosts):
            report = small_report(f"h{number}", 1, filler="x" * size)
            self.assertEqual(hub.report(report).status, 200)

    def test_pages_that_do_not_read(self):
        hub = self.legacy_hub()
        self.fill(hub, 40, 200_000)  # 8 MB for each page at first
        before = hub.memory_mib()
        stuck = []
        for _ in range(60 if FULL else 40):
            stuck.append(hub.websocket("/api/live", receive_buffer=4096))
            self.fill(hub, 1, 200_000)  # each one is at another revision
        reader = hub.websocket("/api/live")
        self.assertEqual(len(reader.hear()["machines"]), 40)
        for _ in range(5):
            self.fill(hub, 2, 200_000)
            self.assertTrue(reader.hear()["machines"].keys() <= {"h0", "h1"})
        self.assert_memory(hub, before, 180, f"{len(stuck)} pages of 8 MB that do not read")
        if FULL:
            for it in stuck[:5]:
                self.assertTrue(it.connection.is_closed(PATIENCE))

    def test_readers_that_do_not_read(self):
        hub = self.legacy_hub()
        self.fill(hub, 40, 200_000)
        before = hub.memory_mib()
        stuck = []
        for _ in range(60 if FULL else 40):
            it = socket.socket()
            it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            it.connect(("127.0.0.1", hub.port))
            it.sendall(b"GET /api/gpu-stats HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stuck.append(it)
            self.addCleanup(it.close)
            self.fill(hub, 1, 200_000)
        self.assertEqual(len(hub.machines()), 40)
        self.assert_memory(hub, before, 180, f"{len(stuck)} readers of 8 MB that do not read")


class Floods(Case):
    def flood(self, hub, count, *arguments, **headers):
        """From four connections at the same time. The statuses that came."""
        statuses = []

        def send():
            connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=PATIENCE)
            for _ in range(count // 4):
                connection.request(*arguments, headers=headers)
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
                if answer.headers["Connection"] == "close":
                    connection.close()
            connection.close()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        return threads, statuses

    def test_reports_go_on_while_strangers_flood(self):
        hub = self.hub("--trusted-proxies", "127.0.0.1", "--read-only-public")
        token = hub.enroll("gpu7")
        body = json.dumps(old_report("gpu7"))
        for name, headers in (("no token", {}), ("wrong tokens", {"Authorization": "Bearer " + "x" * 43})):
            threads, statuses = self.flood(hub, 20000 if FULL else 1200, "POST", "/api/report-gpu-stats", body,
                                           **headers, **{"X-Forwarded-For": "192.0.2.7"})
            reporter, taken = Reporter(hub, token), 0
            while any(thread.is_alive() for thread in threads):
                self.assertTrue(reporter.send(old_report()), name)
                taken += 1
                time.sleep(0.05)  # twenty reports of a host in a second are taken, and more only for a while
            self.assertGreater(taken, 0)
            self.assertIn(429, statuses, name)
            self.assertLessEqual(set(statuses), {401, 429}, name)

    def test_registrations_without_a_token(self):
        hub = self.hub()
        token = hub.enroll("gpu7")
        agent = hub.websocket("/ws")
        self.assertEqual(agent.register("gpu7", token)["status"], "success")
        before = hub.memory_mib()
        for _ in range(3000 if FULL else 300):
            stranger = hub.websocket("/ws")
            self.assertEqual(stranger.register("gpu7", "wrong")["status"], "error")
            stranger.close()
        self.assert_memory(hub, before, 30, "strangers that want to register")
        self.assertTrue(agent.socket.fileno() >= 0)
        hub.report(small_report("gpu7", 1), token)
        self.assertNotIn("gpu7 has disconnected", hub.log())

    def test_a_log_that_strangers_cannot_fill(self):
        hub = self.hub()
        hub.enroll("gpu7")
        already = len(hub.log())
        for _ in range(200):
            hub.report("{}", "wrong")
        self.assertLess(len(hub.log()) - already, 10_000)


class HostileReports(Case):
    HTML = "</script><img src=x onerror=alert(1)>'\"&\u2028\x00\x1b[31m"

    def hostile(self, value):
        """Every text of a report but the host's name."""
        if isinstance(value, dict):
            return {key: self.hostile(it) if key != "hostname" else it for key, it in value.items()}
        if isinstance(value, list):
            return [self.hostile(it) for it in value]
        return self.HTML if isinstance(value, str) else value

    def test_markup_in_every_field_comes_back_as_data(self):
        hub = self.legacy_hub()
        report = self.hostile(old_report(record={"cpu": {"overall": 1.5}, self.HTML: self.HTML}, **{self.HTML: [self.HTML]}))
        report["system_info"]["docker_containers"][0].update(task_id=self.HTML, module_name=self.HTML, job_id=self.HTML)
        self.assertEqual(hub.report(report).status, 200)
        self.assertEqual(hub.machines()["gpu7"], {**report, "is_online": True})
        for path in ("/api/gpu-stats", "/api/hosts", "/api/tasks", "/api/sd", "/api/session"):
            answer = hub.get(path)
            self.assertEqual((answer.status, answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]),
                             (200, "application/json", "nosniff"), path)
            answer.json()
        self.assertEqual(hub.get("/api/tasks").json()["hosts"][0]["tasks"][0]["task_id"], self.HTML)
        live = hub.websocket("/api/live")
        self.assertEqual(live.hear()["machines"]["gpu7"], {**report, "is_online": True})
        lines = hub.get("/metrics").body.decode().splitlines()
        self.assertTrue(all(line.isprintable() for line in lines))
        for path in (f"/api/{'<script>'}", "/api/hosts/%3Cscript%3E", "/api/history?host=%3Cscript%3E&metric=a",
                     "/api/history?host=a&metric=%3Cscript%3E"):
            answer = hub.get(path)
            self.assertEqual(answer.headers["Content-Type"], "application/json", path)
        self.assertNotIn("\x1b", hub.log())

    def test_names_that_are_none(self):
        hub = self.legacy_hub()
        for name in ("", " ", "a b", "../../etc/passwd", "a/b", "-rf", ".", "..", "a\0b", "a\nb", "<b>", "a'b", 'a"b',
                     "x" * 254, "\u202egpu", "gpu\u00e9", "__proto__ ", "%2e", "a,b", "\ud800"):
            answer = hub.report({"hostname": name})
            self.assert_error(answer, 400, "hostname" if name != "\ud800" else "")
            self.assertNotIn("\0", answer.body.decode())
        for name in ("__proto__", "constructor", "x" * 253, "a..b", "1", "_"):
            self.assertEqual(hub.report({"hostname": name}).status, 200, name)
        self.assertIn("__proto__", hub.machines())

    def test_deep_and_huge(self):
        hub = self.legacy_hub()
        before = hub.memory_mib()
        deep = "[" * 100_000 + "]" * 100_000
        for body, text in (('{"hostname":"gpu7","x":' + deep + "}", "deep"),
                           ('{"hostname":"gpu7","x":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}", "deep"),
                           ('{"hostname":"gpu7","x":[' + ",".join(["0"] * 600_000) + "]}", "500000 values"),
                           ('{"hostname":"gpu7","gpu_data":[' + ",".join(["{}"] * 257) + "]}", "gpu_data: more than 256"),
                           (json.dumps({"hostname": "gpu7", "system_info": {"processes": [{}] * 20_001}}),
                            "processes: more than 20000"),
                           (json.dumps({"hostname": "gpu7", "gpu_data": [{"name": "x" * 70_000}]}), "gpu_data[0].name:"),
                           ('{"hostname":"gpu7","x":1e99999}', ""), ('{"hostname":"gpu7","interval":1e99999}', ""),
                           ('{"hostname":"gpu7","x":"\\ud800"}', ""), ('{"hostname":"gpu7","hostname":"gpu8"}', ""),
                           ('{"hostname":"gpu7","x":' + "9" * 100_000 + "}", "")):
            answer = hub.report(body)
            if text:
                self.assert_error(answer, 400, text)
            else:
                self.assertIn(answer.status, (200, 400), body[:80])
        hub.get("/api/gpu-stats").json()
        hub.get("/api/tasks").json()
        many = {"hostname": "gpu7", "system_info": {"processes": [
            {"pid": pid, "name": "p", "cmdline": "x" * 100, "username": "u"} for pid in range(20_000)]}}
        self.assertEqual(hub.report(many).status, 200)
        self.assert_memory(hub, before, 150, "deep and huge reports")

    def test_figures_without_end(self):
        """One host with ever new names of figures does not fill the history's tables or the memory."""
        hub = self.legacy_hub()
        before = hub.memory_mib()
        connection = Reporter(hub)
        for number in range(300 if FULL else 60):
            containers = [{"id": "1", "name": f"c{number}-{i}", "cpu_percent": 1, "memory_used_bytes": 1, "pids": 1}
                          for i in range(1000)]
            self.assertTrue(connection.send({"hostname": "gpu7", "system_info": {"docker_containers": containers}}))
        self.assertEqual(hub.get("/api/health").status, 200)
        self.assert_memory(hub, before, 150, "ever new figures")


if __name__ == "__main__":
    unittest.main(verbosity=2)
