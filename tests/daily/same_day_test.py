"""The same day by a real Netdata, a real Prometheus and the device history of agent and recorder: the same means.

Compared are the means of wemol-report daily with the true ones, within 0.1 %.

In the first test all watch the same two GPUs at the same time, each in its own way: once a second the collector of
Netdata, Prometheus by the agent's /metrics, twice a second agent and recorder. No two look at the same moment, so what a
GPU did while its figure changed is not the same for them. That is no fault of any of them, and not what is compared: for
some seconds around the change, which is at the border of two pieces of the day, the GPUs tell nothing. Netdata mixes the
first value after such a silence with the last one before it, which is one value of KNOWN in one piece of two: the steps
are so small that this stays below 0.1 %. In the second test, a whole day, all have the same samples, each of them
different from those around it.
"""
import datetime
import json
import random
import time
import unittest
import urllib.request

from daily_under_test import DailyTest
from gpu_stage import DEVICE_HEADER, MEMORY_MIB, UUIDS, Stage, device_rows, eventually
from real_servers import (HAS_NETDATA, HAS_PROMETHEUS, backfill_prometheus, free_port, start_netdata, start_prometheus)

PIECE = 60  # seconds of a piece of the day
GUARD = 11  # seconds before and after a border, in which nothing is known: for 10 s an agent repeats an old figure
KNOWN = 6   # seconds before and after those, in which something is
# Utilization in percent and memory in MiB of each GPU, before and after the border of two pieces.
LEVELS = [[(90, 250), (91, 252)], [(95, 907), (94, 900)]]
TOLERANCE = 0.001

FIGURES = """figures() {{
  utilization= memory=
  read border 2>/dev/null <{border} || return 0
  now=$(date +%s)
  case $(((now >= border - {far}) + (now >= border - {near}) + (now >= border + {near}) + (now >= border + {far}))) in
    1) piece=0 ;; 3) piece=1 ;; *) return 0 ;;
  esac
  case $1:$piece in
    {levels}
  esac
}}
"""

PLUGIN = """#!/bin/sh
. {figures}
chart() {{ echo "CHART amdgpu.$1_unknown_AMD_GPU_card$2 '' '$1' percentage 'unknown AMD GPU (card$2)' amdgpu.$1 line 1 1"
  echo "DIMENSION $3 '' absolute 1 $4"; }}
for card in 1 9; do chart gpu_utilization $card utilization 1; chart gpu_mem_vram_usage_perc $card usage 1000; done
while :; do
  for card in 1 9; do
    figures $((card / 8))
    [ -n "$memory" ] || continue
    echo "BEGIN amdgpu.gpu_utilization_unknown_AMD_GPU_card$card"; echo "SET utilization = $utilization"; echo END
    echo "BEGIN amdgpu.gpu_mem_vram_usage_perc_unknown_AMD_GPU_card$card"; echo "SET usage = $((memory * 100))"; echo END
  done
  sleep 1
done
"""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class SameDay(DailyTest):
    maxDiff = None

    def settings(self, zone, points, nodes):
        text = f'zone = "{zone}"\npoints = {points}\ntimeout = 20\n'
        for name, lines in nodes.items():
            text += f'[[node]]\nname = "{name}"\n{lines}\n'
        (self.folder / "daily.toml").write_text(text)

    def assert_means(self, date, nodes, truth):
        """`truth`: utilization and memory of each GPU, in percent."""
        report = json.loads(self.run_daily(date, "--format", "json").stdout)
        self.assertEqual([node["node"] for node in report["nodes"]], list(nodes))
        for node in report["nodes"]:
            self.assertEqual([gpu["gpu"] for gpu in node["gpus"]], list(range(len(truth))), node["node"])
            found = [(gpu["utilization_percent"], gpu["memory_percent"]) for gpu in node["gpus"]]
            found.append((node["utilization_percent"], node["memory_percent"]))
            for gpu, pair in enumerate([*truth, tuple(mean(column) for column in zip(*truth))]):
                for figure, true in zip(found[gpu], pair):
                    self.assertAlmostEqual(figure, true, delta=true * TOLERANCE, msg=f"{node['node']} {gpu} {found}")

    @unittest.skipUnless(HAS_NETDATA and HAS_PROMETHEUS, "no Netdata or no Prometheus here")
    def test_all_at_the_same_time(self):
        border_file = self.folder / "border"
        levels = "\n    ".join(f"{gpu}:{piece}) utilization={pair[0]} memory={pair[1]} ;;"
                               for gpu, pieces in enumerate(LEVELS) for piece, pair in enumerate(pieces))
        stage = Stage(self, self.folder / "host",
                      FIGURES.format(border=border_file, near=GUARD, far=GUARD + KNOWN, levels=levels))
        port = free_port()
        histories = [self.folder / "agent", self.folder / "recorder"]
        stage.start_agent(histories[0], port)
        stage.start_recorder(histories[1])
        netdata = start_netdata(self, self.folder / "netdata", PLUGIN.format(figures=stage.figures))
        prometheus = start_prometheus(
            self, self.folder, "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n"
            f"- {{job_name: agent, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n")
        self.assertTrue(eventually(lambda: all(device_rows(history) for history in histories)),
                        stage.log("agent") + stage.log("recorder"))
        self.assertTrue(eventually(lambda: self.has_scraped(prometheus) and self.has_charts(netdata)))

        border = (int(time.time()) + GUARD + KNOWN + 1 + PIECE) // PIECE * PIECE
        border_file.write_text(f"{border}\n")
        time.sleep(border + GUARD + KNOWN + 2 - time.time())
        # A zone in which it is about noon: the day does not end meanwhile.
        hours = 12 - border // 3600 % 24
        nodes = {"netdata": f'url = "{netdata}"', "agent": 'source = "recorder"\nurl = "agent"',
                 "prometheus": f'source = "prometheus"\nurl = "{prometheus}/"\ninstance = "127.0.0.1:{port}"',
                 "recorder": 'source = "recorder"\nurl = "recorder"'}
        self.settings(f"{hours:+03}:00", 86400 // PIECE, nodes)
        date = datetime.datetime.fromtimestamp(border + hours * 3600, datetime.timezone.utc).strftime("%Y-%m-%d")
        truth = [(mean(u for u, _ in pieces), mean(100 * m / MEMORY_MIB for _, m in pieces)) for pieces in LEVELS]
        self.assert_means(date, nodes, truth)
        for node in nodes:  # not only the means: each piece has its own level, at the same place
            for gpu, pieces in enumerate(LEVELS):
                rows = (self.data / node / date / f"gpu{gpu}_{date}.csv").read_text().splitlines()[1:]
                known = [(int(row.split(",")[0]), *map(float, row.split(",")[2:])) for row in rows
                         if not row.endswith(",,")]
                self.assertEqual([at for at, *_ in known],
                                 [border, border + PIECE], node)
                mixed = 0.2 if node == "netdata" else 1e-4
                for (_, utilization, memory), (true, mib) in zip(known, pieces):
                    self.assertAlmostEqual(utilization, true, delta=mixed, msg=node)
                    self.assertAlmostEqual(memory, 100 * mib / MEMORY_MIB, delta=mixed, msg=node)

    @unittest.skipUnless(HAS_PROMETHEUS, "no Prometheus here")
    def test_a_whole_day(self):
        """Samples each minute; in the hour from 6 to 7 there are none."""
        date, zone = "2025-08-01", datetime.timezone(datetime.timedelta(hours=8))
        begin = int(datetime.datetime(2025, 8, 1, tzinfo=zone).timestamp())
        chance = random.Random(7)
        metrics = {name: [f"# TYPE {name} gauge"] for name in
                   ("gpu_utilization_percent", "gpu_memory_used_bytes", "gpu_memory_total_bytes")}
        rows, seen = [DEVICE_HEADER], [[], []]
        for at in range(begin + 60, begin + 86400 + 60, 60):
            if 6 * 3600 < at - begin <= 7 * 3600:
                continue
            for gpu in (0, 1):
                utilization, mib = chance.randint(0, 100), chance.randint(0, MEMORY_MIB)
                seen[gpu].append((utilization, 100 * mib / MEMORY_MIB))
                labels = f'{{host="prometheus",gpu="{gpu}",uuid="{UUIDS[gpu]}"}}'
                for metric, value in zip(metrics, (utilization, mib << 20, MEMORY_MIB << 20)):
                    metrics[metric].append(f"{metric}{labels} {value} {at}")
                stamp = datetime.datetime.fromtimestamp(at, zone).isoformat()
                rows.append(f"{stamp},{gpu},{UUIDS[gpu]},NVIDIA L4,{utilization},{100 * mib / MEMORY_MIB:.2f},"
                            f"{MEMORY_MIB},,,-\r\n")
        devices = self.folder / "records" / "devices"
        devices.mkdir(parents=True)
        (devices / f"{date}.csv").write_bytes("".join(rows).encode())
        backfill_prometheus(self.folder, "\n".join(line for lines in metrics.values() for line in lines) + "\n# EOF\n")
        prometheus = start_prometheus(self, self.folder)
        nodes = {"prometheus": f'source = "prometheus"\nurl = "{prometheus}"',
                 "recorder": 'source = "recorder"\nurl = "records"'}
        self.settings("+08:00", 144, nodes)
        self.assert_means(date, nodes, [tuple(mean(column) for column in zip(*of_gpu)) for of_gpu in seen])
        for gpu in (0, 1):
            pieces = [(self.data / node / date / f"gpu{gpu}_{date}.csv").read_text().splitlines()[1:] for node in nodes]
            self.assertEqual(len(pieces[0]), 144)
            for one, other in zip(*pieces):
                self.assertEqual(one.split(",")[:2], other.split(",")[:2])
                for left, right in zip(one.split(",")[2:], other.split(",")[2:]):
                    self.assertEqual(left == "", right == "", one)
                    self.assertAlmostEqual(float(left or 0), float(right or 0), delta=0.001, msg=one)

    @staticmethod
    def has_scraped(url):
        with urllib.request.urlopen(url + "/api/v1/query?query=gpu_info", timeout=5) as answer:
            return len(json.load(answer)["data"]["result"]) == 2

    @staticmethod
    def has_charts(url):
        try:
            with urllib.request.urlopen(url + "/api/v1/charts", timeout=5) as answer:
                return len(json.load(answer)["charts"]) == 4
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
