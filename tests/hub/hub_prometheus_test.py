"""Debian's Prometheus and VictoriaMetrics find real agents through a real hub, by the files in config/hub; a hub asks
them for the past and says the same. By scripts/hub-test: they are large programs, and scrapes take their time."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from hub_under_test import Agent, Case, eventually

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "config/hub"
METRICS = ("system.cpu.usage_percent", "system.memory.usage_percent", "system.cpu.load_avg_1min", "system.disk.io_read_bytes_per_sec",
           "system.network.rx_bytes_per_sec")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    """What both have in common: a process with an API like that of Prometheus."""

    def start(self, case, folder, config, *command):
        self.case, self.folder, self.port = case, folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / f"{self.name}.log"
        self.write_config(config)
        log = open(self.log_file, "wb")
        self.process = subprocess.Popen([str(it).format(folder=folder, port=self.port) for it in self.command], stdout=log,
                                        stderr=log)
        log.close()
        case.addCleanup(self.process.wait)
        case.addCleanup(self.process.terminate)
        case.assertTrue(eventually(lambda: self.ask("query", query="1") is not None), self.log())

    def log(self):
        return self.log_file.read_text()

    def ask(self, path, **parameters):
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}",
                                        timeout=30) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def query(self, expression):
        data = self.ask("query", query=expression)
        return None if data is None else [(it["metric"], float(it["value"][1])) for it in data["result"]]


class Prometheus(Engine):
    name = "prometheus"
    command = ("prometheus", "--config.file={folder}/prometheus.yml", "--storage.tsdb.path={folder}/tsdb",
               "--web.listen-address=127.0.0.1:{port}")

    def write_config(self, text):
        (self.folder / "prometheus.yml").write_text(text)
        shutil.copy(CONFIG / "wemol-rules.yml", self.folder)


class VictoriaMetrics(Engine):
    name = "victoria-metrics"
    command = ("victoria-metrics", "-promscrape.config={folder}/prometheus.yml", "-storageDataPath={folder}/data",
               "-httpListenAddr=127.0.0.1:{port}", "-promscrape.httpSDCheckInterval=1s",
               "-search.latencyOffset=1s", "-search.disableCache")

    def write_config(self, text):
        """It takes neither rules nor the times of single lists."""
        text = re.sub(r"rule_files:\n  - .*\n", "", text)
        text = re.sub(r"  evaluation_interval: .*\n", "", text)
        (self.folder / "prometheus.yml").write_text(re.sub(r" +refresh_interval: .*\n", "", text))


class Scraped:
    """Two agents, a hub that knows them, an engine that scrapes what the hub names, a hub that asks the engine."""

    def setUp(self):
        super().setUp()
        if not shutil.which(self.engine.name):
            self.skipTest(f"there is no {self.engine.name} here")
        self.served = self.hub()
        self.agents, token = {}, self.folder / "wemol-agent.token"
        token.write_text("a-token-for-all-scrapes\n")
        token.chmod(0o600)
        for host in ("gpu7", "gpu8"):
            self.agents[host] = Agent(self, f"http://127.0.0.1:{self.served.port}", self.served.enroll(host), "--token-file", token,
                                      host=host, listen="0.0.0.0:0")
        self.assertTrue(eventually(lambda: len(self.served.get("/api/sd").json()) == 2))
        text = (CONFIG / "prometheus.yml").read_text()
        for old, new in (("127.0.0.1:7864", f"127.0.0.1:{self.served.port}"), ("15s", "1s"), ("30s", "1s"),
                         ("# authorization:", "authorization:"),
                         ("#   credentials_file: /etc/prometheus/wemol-agent.token", f"  credentials_file: {token}")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.engine.start(self, self.folder, text)
        self.asking = self.hub("--history", "prometheus", "--prometheus-url", self.engine.url, "--scrape-interval", "1",
                               "--accept-legacy-reports", "127.0.0.0/8")
        self.assertTrue(eventually(lambda: len(self.engine.query('up{job="wemol-agent"} == 1') or []) == 2, every=0.5),
                        self.engine.log())

    def test_targets_come_from_the_hub(self):
        up = {labels["host"]: value for labels, value in self.engine.query('up{job="wemol-agent"}')}
        self.assertEqual(up, {"gpu7": 1, "gpu8": 1})
        self.assertTrue(eventually(lambda: self.engine.query('up{job="wemol-hub"} == 1')))
        online = {labels["node"]: value for labels, value in self.engine.query("hub_host_online")}
        self.assertEqual(online, {"gpu7": 1, "gpu8": 1})
        # One that is removed is no longer scraped.
        self.agents["gpu8"].kill()
        self.assertEqual(self.served.command("remove", "gpu8").returncode, 0)
        self.assertTrue(eventually(lambda: [it[0]["host"] for it in self.engine.query('up{job="wemol-agent"}')] == ["gpu7"],
                                   every=0.5))

    def test_the_hub_says_what_the_engine_says(self):
        time.sleep(15)
        end = int(time.time()) // 2 * 2 - 4  # at full steps, as the hub asks
        begin = end - 10
        path = f"/api/history?host=gpu7&from={begin}&to={end}&step=2&metric=" + ",".join(METRICS)
        answer = self.asking.get(path)
        self.assertEqual(answer.status, 200, (answer, self.asking.log()))
        series = {it["metric"]: it["points"] for it in answer.json()["series"]}
        self.assertEqual(sorted(series), sorted(METRICS), "each has a past")
        for metric, expression in (("system.cpu.usage_percent", 'host_cpu_usage_percent{host="gpu7"}'),
                                   ("system.memory.usage_percent", 'host_memory_usage_percent{host="gpu7"}')):
            for at, least, mean, most in series[metric]:
                self.assertLessEqual(least, mean + 1e-9)
                self.assertLessEqual(mean, most + 1e-9)
            direct = {}
            for name in ("min", "avg", "max"):
                data = self.engine.ask("query_range", query=f"{name}_over_time({expression}[2s])", start=begin, end=end + 2,
                                       step=2)
                direct[name] = [float(value) for _, value in data["result"][0]["values"]]
            # The engine dates a step by its end, the hub by its begin: the same figures in the same order.
            for name, column in (("min", 1), ("avg", 2), ("max", 3)):
                found = [point[column] for point in series[metric]]
                self.assertTrue(found)
                for value in found:
                    self.assertTrue(any(abs(value - it) <= 1e-6 * max(1, abs(it)) for it in direct[name]),
                                    (metric, name, found, direct[name]))
        stored = self.served.get(path.replace("step=2", "step=10")).json()
        self.assertEqual(sorted(it["metric"] for it in stored["series"]), sorted(METRICS),
                         "the hub's own history has the same figures")

    def test_hosts_do_not_mix(self):
        for name in ('gpu7"} or vector(1) #', "gpu7|gpu8", ".*"):
            query = urllib.parse.urlencode({"host": name, "metric": "system.cpu.usage_percent"})
            self.assertEqual(self.asking.get("/api/history?" + query).status, 400, name)
        answer = self.asking.get("/api/history?host=none&metric=system.cpu.usage_percent")
        self.assertEqual((answer.status, answer.json()["series"]), (200, []))

    def test_the_dashboards_queries(self):
        dashboard = json.loads((CONFIG / "grafana-dashboard.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        self.assertGreater(len(expressions), 20)
        for expression in expressions:
            plain = expression.replace("$__rate_interval", "10s").replace("$host", "gpu7|gpu8")
            self.assertNotIn("$", plain)
            self.assertIsNotNone(self.engine.query(plain), plain)
        self.assertTrue(self.engine.query("count(host_cpu_usage_percent)"))

    def test_an_engine_that_goes_away(self):
        path = "/api/history?host=gpu7&metric=system.cpu.usage_percent"
        self.assertEqual(self.asking.get(path).status, 200)
        self.engine.process.terminate()
        self.engine.process.wait()
        self.assert_error(self.asking.get(path), 500, "the log says why")
        self.assertEqual(self.asking.get("/api/health").status, 200)


class WithPrometheus(Scraped, Case):
    engine = Prometheus()

    def test_rules_are_taken(self):
        self.assertTrue(eventually(lambda: self.engine.query('host:host_network_receive_bytes:rate5m{host="gpu7"}'),
                                   every=0.5), self.engine.log())
        groups = self.engine.ask("rules")["groups"]
        self.assertEqual({it["name"] for it in groups}, {"wemol-recording", "wemol-alerts"})
        self.assertTrue(eventually(lambda: all(rule["health"] == "ok" for group in self.engine.ask("rules")["groups"]
                                               for rule in group["rules"]), every=0.5))


class WithVictoriaMetrics(Scraped, Case):
    engine = VictoriaMetrics()


if __name__ == "__main__":
    unittest.main(verbosity=2)
