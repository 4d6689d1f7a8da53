"""Days by a server that answers as Netdata does: whole and half ones, of many zones, and what may go wrong."""
import os
import socket
import sys
import threading
import unittest

from netdata_server import MEMORY, NAME, UTILIZATION, NetdataServer
from sources_under_test import Case, day

DATE = "2025-08-01"


def plain(figure, card, end):
    return end // 600 % 100 + card / 100 if figure == "utilization" else 40 + card


class Days(Case):
    def one(self, the_day, value=plain, now=None, cards=(1,), odd=None):
        server = NetdataServer(self, cards, value, now or the_day["end"] + 600, odd=odd)
        found = self.fetch([{"name": "n1", "url": server.url}], [the_day], now=now)
        self.server = server
        return found["days"][0]["nodes"][0]

    def test_a_day_has_144_buckets_stamped_with_their_end(self):
        the_day = day(DATE)
        node = self.one(the_day)
        self.assertEqual((node["failure"], node["expected"], node["vendor"]), (None, 144, "amd"))
        card = node["cards"][0]
        self.assertEqual((card["index"], card["card"], card["name"], card["failure"]), (0, 1, "AMD Instinct MI300X", None))
        ends = list(range(the_day["begin"] + 600, the_day["end"] + 1, 600))
        self.assertEqual(card["buckets"], [[end, plain("utilization", 1, end), 41] for end in ends])
        self.assertIn(f"after={the_day['begin']}&before={the_day['end']}&points=144&group=average&format=json",
                      self.server.asked[1])

    def test_days_of_23_and_25_hours(self):
        for date, count in (("2025-03-30", 138), ("2025-10-26", 150)):
            node = self.one(day(date, "Europe/Berlin"))
            self.assertEqual((node["expected"], len(node["cards"][0]["buckets"])), (count, count), date)

    def test_zones_that_are_no_multiple_of_ten_minutes(self):
        for zone in ("Asia/Kathmandu", "America/St_Johns", "Asia/Kolkata", "Pacific/Chatham"):
            the_day = day("2025-01-15", zone)
            node = self.one(the_day)
            ends = [end for end in range(the_day["begin"] // 600 * 600, the_day["end"] + 600, 600)
                    if the_day["begin"] < end <= the_day["end"]]
            self.assertEqual([b[0] for b in node["cards"][0]["buckets"]], ends, zone)
            self.assertEqual(node["expected"], len(ends), zone)

    def test_a_day_that_goes_on_ends_with_the_bucket_that_goes_on(self):
        the_day = day(DATE)
        for into, count in ((1, 1), (600, 1), (601, 2), (45_296, 76), (86_100, 144)):
            now = the_day["begin"] + into
            node = self.one(the_day, now=now)
            self.assertEqual([b[0] for b in node["cards"][0]["buckets"]],
                             [the_day["begin"] + 600 * (i + 1) for i in range(count)], into)
            self.assertEqual(node["expected"], count)
            asked = self.server.asked[1]
            self.assertIn(f"&before={min(now, the_day['end'])}&", asked)  # never after now

    def test_a_day_to_come_is_not_asked_for(self):
        the_day = day(DATE)
        node = self.one(the_day, now=the_day["begin"] - 5)
        self.assertEqual((node["expected"], node["cards"][0]["buckets"]), (0, []))
        self.assertEqual(len(self.server.asked), 1)

    def test_numbers_stay_what_they_were(self):
        the_day = day(DATE)
        values = [0, 1, 100, 1.23, 1e-7, 104.5, 99.99999999, 23.0, None]
        node = self.one(the_day, lambda f, c, end: values[(end - the_day["begin"]) // 600 % len(values)])
        got = [b[1] for b in node["cards"][0]["buckets"][:9]]
        self.assertEqual([repr(v) for v in got], [repr(v) for v in values[1:] + values[:1]])

    def test_a_late_start_is_null(self):
        the_day = day(DATE)
        start = the_day["begin"] + 7 * 3600
        node = self.one(the_day, lambda f, c, end: None if end <= start else 7)
        buckets = node["cards"][0]["buckets"]
        self.assertEqual(len(buckets), 144)
        self.assertEqual([b[1] for b in buckets].count(None), 42)

    def test_one_card_that_fails_leaves_the_others(self):
        chart = UTILIZATION.format(NAME, 9)
        for status, body, why in ((404, b"No metrics", "404"), (200, b"<html>proxy</html>", "no JSON"),
                                  (500, b"", "500"), (200, b'{"error": 1}', "not Netdata's data"),
                                  (302, b"", "redirect"), (200, b"", "no JSON")):
            node = self.one(day(DATE), cards=(1, 9), odd={chart: (status, "text/html", body)})
            self.assertIsNone(node["failure"])
            first, second = node["cards"]
            self.assertEqual((first["failure"], len(first["buckets"])), (None, 144))
            self.assertIn(why, second["failure"])
            self.assertEqual([b[1:] for b in second["buckets"]], [[None, 49]] * 144)

    def test_cards_of_the_settings_have_their_order_and_are_missed(self):
        node = self.one_with_cards([17, 1, 25])
        self.assertEqual([(c["index"], c["card"]) for c in node["cards"]], [(0, 17), (1, 1), (2, 25)])
        self.assertIn("no chart", node["cards"][2]["failure"])
        self.assertEqual(node["cards"][0]["buckets"][0][2], 57)

    def one_with_cards(self, cards):
        the_day = day(DATE)
        server = NetdataServer(self, (1, 9, 17), plain, the_day["end"] + 600)
        return self.fetch([{"name": "n1", "url": server.url, "cards": cards}], [the_day])["days"][0]["nodes"][0]

    def test_charts_that_are_none_fail_the_node_and_its_cards(self):
        for odd, why in (((404, "text/plain", b""), "404"), ((200, "text/html", b"<p>"), "no JSON"),
                         ((200, "text/json", b"[]"), "no list"), ((200, "text/json", b'{"charts": {}}'), None)):
            the_day = day(DATE)
            server = NetdataServer(self, (1,), plain, the_day["end"], odd={"charts": odd})
            node = self.fetch([{"name": "n1", "url": server.url, "cards": [1, 9]}], [the_day])["days"][0]["nodes"][0]
            if why:
                self.assertIn(why, node["failure"])
                self.assertIn(why, node["cards"][1]["failure"])
            else:
                self.assertIn("no chart", node["cards"][0]["failure"])

    def test_several_days_ask_for_the_charts_once_and_over_few_connections(self):
        days = [day(f"2025-08-0{i}") for i in range(1, 6)]
        server = NetdataServer(self, (1, 9), plain, days[-1]["end"] + 1)
        found = self.fetch([{"name": "n1", "url": server.url}], days)
        self.assertEqual([len(d["nodes"][0]["cards"][1]["buckets"]) for d in found["days"]], [144] * 5)
        self.assertEqual(sum(path.endswith("/charts") for path in server.asked), 1)
        self.assertEqual(len(server.asked), 1 + 5 * 4)


class Nodes(Case):
    """Time is what these are about."""

    def silent_port(self):
        """Takes connections and says nothing."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.addCleanup(listener.close)
        return listener.getsockname()[1]

    def test_a_dead_node_costs_one_timeout(self):
        the_day = day(DATE)
        cards = [1 + 8 * i for i in range(8)]
        nodes = [{"name": f"n{i}", "url": NetdataServer(self, cards, plain, the_day["end"]).url} for i in range(3)]
        nodes.append({"name": "dead", "url": f"http://127.0.0.1:{self.silent_port()}", "cards": cards})
        found = self.fetch(nodes, [the_day], timeout_ms=3000)
        took = found["seconds"]
        print(f"4 nodes x 8 cards, one dead, timeout 3 s: {took:.2f} s", file=sys.stderr)
        self.assertLess(took, 5)
        *well, dead = found["days"][0]["nodes"]
        self.assertEqual([[len(c["buckets"]) for c in node["cards"]] for node in well], [[144] * 8] * 3)
        self.assertIn("no answer within 3 s", dead["failure"])
        self.assertEqual([c["card"] for c in dead["cards"]], cards)

    def test_a_node_that_goes_silent_after_its_charts_costs_one_timeout_for_all_days(self):
        days = [day(f"2025-08-0{i}") for i in range(1, 9)]
        for count, asked in ((8, 9), (1, 3)):
            server = NetdataServer(self, [1 + 8 * i for i in range(count)], plain, days[-1]["end"])
            hold = threading.Event()
            self.addCleanup(hold.set)
            answer = server.answer

            def held(path, answer=answer, hold=hold):
                if not path.endswith("/charts"):
                    hold.wait(60)
                return answer(path)

            server.answer = held
            found = self.fetch([{"name": "n1", "url": server.url}], days, timeout_ms=4000)
            self.assertLess(found["seconds"], 8)
            for one in found["days"]:
                self.assertIn("no answer", one["nodes"][0]["failure"])
            self.assertEqual(len(server.asked), asked)

    def test_nobody_listens(self):
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()
        found = self.fetch([{"name": "n1", "url": f"http://127.0.0.1:{port}"}], [day(DATE)])
        self.assertIn("no connection", found["days"][0]["nodes"][0]["failure"])

    def test_a_hundred_nodes(self):
        the_day = day(DATE)
        cards = [1 + 8 * i for i in range(8)]
        server = NetdataServer(self, cards, plain, the_day["end"], address="0.0.0.0")
        answers = {}
        once = server.answer
        server.answer = lambda path: answers.get(path) or answers.setdefault(path, once(path))
        nodes = [{"name": f"n{i}", "url": f"http://127.0.1.{i + 1}:{server.port}"} for i in range(100)]
        found = self.fetch(nodes, [the_day])
        print(f"100 nodes x 8 cards x one day: {found['seconds']:.2f} s", file=sys.stderr)
        self.assertEqual(sum(len(c["buckets"]) for n in found["days"][0]["nodes"] for c in n["cards"]), 100 * 8 * 144)
        if not os.environ.get("WEMOL_SANITIZERS"):
            self.assertLess(found["seconds"], 10)


if __name__ == "__main__":
    unittest.main()
