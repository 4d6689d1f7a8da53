"""A real Netdata, fed by a collector of this test's own: what its charts, rows and windows really are."""
import json
import time
import unittest
import urllib.error
import urllib.request

from real_servers import HAS_NETDATA, start_netdata
from sources_under_test import Case

STEP = 5  # seconds of a bucket, so that a few of them pass

PLUGIN = """#!/bin/sh
chart() { echo "CHART amdgpu.$1_unknown_AMD_GPU_card$2 '' '$1' percentage 'unknown AMD GPU (card$2)' amdgpu.$1 line 1 1 '' test"
  echo "CLABEL product_name 'AMD Instinct' 1"; echo CLABEL_COMMIT; echo "DIMENSION $3 '' absolute 1 $4"; }
for card in 9 1; do chart gpu_utilization $card utilization 1; chart gpu_mem_vram_usage_perc $card usage 1000; done
while :; do
  for card in 9 1; do
    echo "BEGIN amdgpu.gpu_utilization_unknown_AMD_GPU_card$card"; echo "SET utilization = $((card * 10))"; echo END
    echo "BEGIN amdgpu.gpu_mem_vram_usage_perc_unknown_AMD_GPU_card$card"; echo "SET usage = 45670"; echo END
  done
  sleep 1
done
"""


@unittest.skipUnless(HAS_NETDATA, "no Netdata here")
class RealNetdata(Case):
    def start(self):
        return start_netdata(self, self.folder / "netdata", PLUGIN)

    @staticmethod
    def get(url):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except (OSError, urllib.error.URLError, ValueError):
            return None

    def wait_for_data(self, url, seconds):
        end = time.monotonic() + 90
        while time.monotonic() < end:
            charts = (self.get(url + "/api/v1/charts") or {}).get("charts", {})
            if len(charts) == 4 and all(chart["duration"] >= seconds for chart in charts.values()):
                return
            time.sleep(0.5)
        self.fail("Netdata has no data: " + (self.folder / "netdata" / "log" / "out").read_text()[-2000:])

    def test_it_is_read_as_it_is(self):
        url = self.start()
        self.wait_for_data(url, 4 * STEP)
        now = int(time.time())
        begin = now - now % 3600 - 3600 * 2
        the_day = {"date": "2025-08-01", "begin": begin, "end": begin + 86400}
        found = self.fetch([{"name": "n1", "url": url}], [the_day], now=now, points=86400 // STEP)
        node = found["days"][0]["nodes"][0]
        self.assertIsNone(node["failure"])
        self.assertEqual([(c["index"], c["card"], c["name"], c["failure"]) for c in node["cards"]],
                         [(0, 1, "AMD Instinct", None), (1, 9, "AMD Instinct", None)])
        for card, use in zip(node["cards"], (10, 90)):
            ends = [b[0] for b in card["buckets"]]
            self.assertEqual(ends, list(range(begin + STEP, ends[-1] + 1, STEP)))
            self.assertLessEqual(abs(ends[-1] - now), STEP)
            known = [b for b in card["buckets"] if b[1] is not None]
            self.assertGreaterEqual(len(known), 4)
            for _, utilization, memory in known:
                self.assertEqual(utilization, use)
                self.assertAlmostEqual(memory, 45.67, places=4)
            self.assertIsNone(card["buckets"][0][1])  # before it began
        self.assertEqual(node["expected"], len(node["cards"][0]["buckets"]))

    def test_a_day_of_which_it_knows_nothing(self):
        url = self.start()
        self.wait_for_data(url, 2)
        begin = int(time.time()) // 86400 * 86400 - 5 * 86400
        found = self.fetch([{"name": "n1", "url": url}], [{"date": "2025-08-01", "begin": begin, "end": begin + 86400}])
        node = found["days"][0]["nodes"][0]
        self.assertIsNone(node["failure"])
        self.assertIn("404", node["cards"][0]["failure"])


if __name__ == "__main__":
    unittest.main()
