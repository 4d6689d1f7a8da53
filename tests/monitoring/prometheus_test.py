"""Debian's promtool, Prometheus and its Python client read what wemol-agent serves on /metrics."""
import json
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from agent_under_test import HOSTILE, Agent, Recorder, free_port, task, wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
TOKEN = "0123456789abcdef"


class WithTasks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        tasks = [task("132178"), task("132179", module_name=HOSTILE, container_name=HOSTILE)]
        self.recorder = Recorder(self.folder / "recorder.sock", tasks)
        self.addCleanup(lambda: self.recorder and self.recorder.close())
        self.agent = self.enterContext(Agent("--recorder-socket", self.recorder.path, "--interval", "1"))
        wait_until(lambda: "container_tasks" in self.metrics(), "the tasks' metrics")

    def metrics(self, accept="text/plain"):
        try:
            return self.agent.get("/metrics", Accept=accept)[0]
        except urllib.error.HTTPError:
            return ""  # no sample yet


class Formats(WithTasks):
    def test_promtool_has_nothing_to_say(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.metrics().encode(),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((checked.returncode, checked.stdout.decode()), (0, ""))

    def test_the_python_client_reads_the_openmetrics(self):
        text = self.metrics(OPENMETRICS)
        families = list(text_string_to_metric_families(text))
        names = [family.name for family in families]
        self.assertEqual(len(names), len(set(names)))
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(sum(len(family.samples) for family in families), len(lines))
        types = {family.name: family.type for family in families}
        self.assertEqual(types["host_cpu_idle_seconds"], "counter")
        self.assertEqual(types["container_network_receive_bytes"], "counter")
        self.assertEqual(types["host_load1"], "gauge")
        modules = {sample.labels.get("module") for family in families for sample in family.samples}
        self.assertIn('a "b" \\   \u20ac', modules)


class RealPrometheus(WithTasks):
    """Two agents, one of which wants a token, are scraped every second."""

    def setUp(self):
        super().setUp()
        token = self.folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        guarded = self.enterContext(Agent("--token-file", token))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api/v1"
        config = self.folder / "prometheus.yml"
        config.write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: plain
    static_configs: [{{targets: ["{self.agent.address}"]}}]
  - job_name: guarded
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: ["{guarded.address}"]}}]
""")
        self.log = self.folder / "prometheus.log"
        log = open(self.log, "wb")
        self.addCleanup(log.close)
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.terminate)
        wait_until(lambda: len(self.query("up")) == 2, "the first scrapes")

    def ask(self, path, **parameters):
        try:
            with urllib.request.urlopen(f"{self.url}/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def query(self, expression):
        """The labels and the value of each series."""
        data = self.ask("query", query=expression)
        return [(it["metric"], float(it["value"][1])) for it in data["result"]] if data else []

    def value(self, expression):
        found = self.query(expression)
        self.assertEqual(len(found), 1, expression)
        return found[0][1]

    def test_it_scrapes_without_a_warning(self):
        time.sleep(8)
        for target in self.ask("targets")["activeTargets"]:
            self.assertEqual((target["health"], target["lastError"]), ("up", ""), target)
        for job in ("plain", "guarded"):
            self.assertEqual(self.value(f'min_over_time(up{{job="{job}"}}[5s])'), 1)
            self.assertEqual(self.value(f'scrape_samples_scraped{{job="{job}"}}'),
                             self.value(f'scrape_samples_post_metric_relabeling{{job="{job}"}}'))
        idle = self.query('rate(host_cpu_idle_seconds_total{job="plain"}[6s])')
        self.assertTrue(idle)
        for labels, rate in idle:
            self.assertTrue(0 <= rate <= 1.3, (labels, rate))
        self.assertTrue(0 <= self.value('time() - host_sample_timestamp_seconds{job="plain"}') < 5)
        self.assertTrue(0 <= self.value('time() - recorder_round_timestamp_seconds{job="plain"}') < 5)
        used = self.query('container_memory_usage_bytes{task_id="132178"}')
        self.assertEqual(used[0][1], 1 << 30)
        self.assertEqual({used[0][0][name] for name in ("job_id", "module", "container")}, {"7", "MD", "task_132178"})
        gpu = self.query('container_gpu_memory_used_bytes{task_id="132178"}')[0]
        self.assertEqual((gpu[0]["uuid"], gpu[1]), ("GPU-1", 4096))
        metadata = self.ask("metadata", metric="host_cpu_idle_seconds_total") or \
            self.ask("metadata", metric="host_cpu_idle_seconds")
        self.assertEqual(next(iter(metadata.values()))[0]["type"], "counter")

        self.recorder.tasks = self.recorder.tasks[1:]
        wait_until(lambda: not self.query('container_memory_usage_bytes{task_id="132178"}'), "the end of a task's series")
        self.recorder.close()
        self.recorder = None
        wait_until(lambda: not self.query("container_memory_usage_bytes"), "the end of the tasks' series")
        self.assertEqual(self.value('up{job="plain"}'), 1)

        complaints = [line for line in self.log.read_text().splitlines() if "level=info" not in line]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    unittest.main()
