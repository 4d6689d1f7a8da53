"""A real Prometheus with a day of this project's metrics in it."""
import unittest

from real_servers import HAS_PROMETHEUS, backfill_prometheus, start_prometheus
from sources_under_test import Case, day


@unittest.skipUnless(HAS_PROMETHEUS, "no Prometheus here")
class Prometheus(Case):
    def start(self, samples):
        backfill_prometheus(self.folder, samples)
        return start_prometheus(self, self.folder)

    def test_a_day_with_a_gap(self):
        the_day = day("2025-08-01")
        lines = {name: [f"# TYPE {name} gauge"] for name in
                 ("gpu_utilization_percent", "gpu_memory_used_bytes", "gpu_memory_total_bytes", "gpu_info")}
        for at in range(the_day["begin"] + 60, the_day["end"] + 1, 60):
            if 6 * 3600 < at - the_day["begin"] <= 7 * 3600:
                continue
            for gpu in (0, 1):
                labels = f'host="n1",instance="n1:9400",gpu="{gpu}",uuid="AMD-{gpu}"'
                lines["gpu_utilization_percent"].append(f"gpu_utilization_percent{{{labels}}} {gpu * 50} {at}")
                lines["gpu_memory_used_bytes"].append(f"gpu_memory_used_bytes{{{labels}}} 48 {at}")
                lines["gpu_memory_total_bytes"].append(f"gpu_memory_total_bytes{{{labels}}} 192 {at}")
                lines["gpu_info"].append(f'gpu_info{{{labels},model="MI300X"}} 1 {at}')
        url = self.start("\n".join(line for family in lines.values() for line in family) + "\n# EOF\n")
        for name in ({"name": "n1"}, {"name": "x", "instance": "n1:9400"}):
            node = self.fetch([{**name, "url": url, "source": "prometheus"}], [the_day])["days"][0]["nodes"][0]
            self.assertEqual((node["failure"], node["vendor"], node["expected"]), (None, "amd", 144))
            self.assertEqual([(c["index"], c["uuid"], c["name"], c["failure"]) for c in node["cards"]],
                             [(0, "AMD-0", "MI300X", None), (1, "AMD-1", "MI300X", None)])
            buckets = node["cards"][1]["buckets"]
            self.assertEqual([b[0] for b in buckets], list(range(the_day["begin"] + 600, the_day["end"] + 1, 600)))
            # The sample at a bucket's beginning is of the one before, whatever Prometheus's version.
            self.assertEqual([b[1:] for b in buckets[36:42]], [[None, None]] * 6)
            self.assertEqual([b[1:] for b in buckets[:36] + buckets[42:]], [[50, 25]] * 138)
        node = self.fetch([{"name": "n2", "url": url, "source": "prometheus"}], [the_day])["days"][0]["nodes"][0]
        self.assertIn("no GPUs", node["failure"])


if __name__ == "__main__":
    unittest.main()
