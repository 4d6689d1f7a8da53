"""The API of wemol-hub over real connections: the old collector's form byte by byte, who may ask what, all errors."""
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import unittest

from hub_under_test import HUB, Agent, Case, eventually, old_report

SUCCESS = b'{"status":"success","message":"Data received"}\n'
PASSWORD = "correct horse"


class OldCollector(Case):
    """As python-requests and websockets of the old collector speak, and as the old page asks."""

    def exchange(self, hub, method, path, value=None):
        """Sent as python-requests sends it: blanks after separators, not ASCII escaped."""
        body = b"" if value is None else json.dumps(value).encode()
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{hub.port}", "User-Agent: python-requests/2.31.0",
                "Accept-Encoding: gzip, deflate", "Accept: */*", "Connection: keep-alive"]
        if value is not None:
            head += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        connection = hub.connect()
        connection.send("\r\n".join([*head, "", ""]).encode() + body)
        return connection.answer()

    def test_a_report_is_taken_and_given_back(self):
        hub = self.legacy_hub()
        report = old_report()
        answer = self.exchange(hub, "POST", "/api/report-gpu-stats", report)
        self.assertEqual((answer.status, answer.body), (200, SUCCESS))
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(answer.headers["Connection"], None, "the next one may come on this connection")
        body = hub.get("/api/gpu-stats").body
        compact = json.dumps(report, separators=(",", ":")).replace(".0,", ",").replace(".0}", "}")
        self.assertEqual(body.decode(), '{"machines":{"gpu7":' + compact[:-1] + ',"is_online":true}}}')
        self.assertEqual(json.loads(body), {"machines": {"gpu7": {**report, "is_online": True}}})

    def test_a_connection_takes_many_reports(self):
        hub = self.legacy_hub()
        connection = http.client.HTTPConnection("127.0.0.1", hub.port)
        self.addCleanup(connection.close)
        for load in range(50):
            report = old_report()
            report["system_info"]["cpu_percent"] = load
            connection.request("POST", "/api/report-gpu-stats", json.dumps(report))
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, SUCCESS))
        self.assertEqual(hub.machines()["gpu7"]["system_info"]["cpu_percent"], 49)

    def test_an_old_host_goes_offline_and_comes_again(self):
        hub = self.legacy_hub()
        begin = time.monotonic()
        self.exchange(hub, "POST", "/api/report-gpu-stats", old_report())
        self.assertTrue(hub.machines()["gpu7"]["is_online"])
        self.assertTrue(eventually(lambda: not hub.machines()["gpu7"]["is_online"]))
        self.assertGreaterEqual(time.monotonic() - begin, 9.9)
        self.assertIn("gpu7 is offline", hub.log())
        self.exchange(hub, "POST", "/api/report-gpu-stats", old_report())
        self.assertTrue(hub.machines()["gpu7"]["is_online"])

    def test_what_is_missing_or_null_is_nobodys_fault(self):
        hub = self.legacy_hub()
        for report in ({"hostname": "bare"}, {"hostname": "nulls", "gpu_data": None, "system_info": None},
                       {"hostname": "holes", "gpu_data": [{}], "system_info": {"processes": [{"pid": None}]}}):
            self.assertEqual(self.exchange(hub, "POST", "/api/report-gpu-stats", report).body, SUCCESS)
        self.assertEqual(list(hub.machines()), ["bare", "holes", "nulls"])
        self.assertEqual(hub.machines()["bare"], {"hostname": "bare", "is_online": True})

    def test_kills_never_reach_one_without_token(self):
        hub = self.legacy_hub()
        self.exchange(hub, "POST", "/api/report-gpu-stats", old_report())
        old = hub.websocket("/ws")
        self.assertEqual(old.register("gpu7"), {"type": "register_response", "status": "success"})
        ask = {"hostname": "gpu7", "pids": [4242]}
        self.assert_error(self.exchange(hub, "POST", "/api/kill-processes", ask), 403, "没有令牌的主机不接受终止命令")
        with self.assertRaises(TimeoutError):
            old.hear(patience=0.5)

    def test_what_is_wrong_with_a_kill_is_said_in_the_old_words(self):
        hub = self.legacy_hub()

        def kill(value):
            answer = self.exchange(hub, "POST", "/api/kill-processes", value)
            return answer.status, answer.body.decode()

        def error(text):
            return '{"status":"error","message":"%s"}\n' % text

        for value in ({}, {"pids": [1]}, {"hostname": "", "pids": [1]}, {"hostname": None, "pids": [1]}):
            self.assertEqual(kill(value), (400, error("未提供主机名")), value)
        for value in ({"hostname": "gpu7"}, {"hostname": "gpu7", "pids": []}, {"hostname": "gpu7", "pids": None}):
            self.assertEqual(kill(value), (400, error("未提供进程 ID 列表")), value)
        self.assertEqual(kill({"hostname": "gpu7", "pids": [1]}), (404, error("目标主机不在线")))
        for pids in (["1"], [-1], [1.5], [1 << 40], [True], "1", {"1": 1}, [None], list(range(1001))):
            status, body = kill({"hostname": "gpu7", "pids": pids})
            self.assertEqual(status, 400)
            self.assertIn("pids", json.loads(body)["message"])


class Reading(Case):
    def test_what_has_not_changed_is_not_sent_again(self):
        hub = self.legacy_hub()
        hub.report(old_report(interval=600))
        first = hub.get("/api/gpu-stats")
        tag = first.headers["ETag"]
        self.assertEqual(first.headers["Cache-Control"], "no-cache")
        for given in (tag, f'"x", {tag}', "*", tag.removeprefix("W/")):
            again = hub.get("/api/gpu-stats", {"If-None-Match": given})
            self.assertEqual((again.status, again.body, again.headers["ETag"]), (304, b"", tag), given)
        hub.report(old_report(interval=600))
        changed = hub.get("/api/gpu-stats", {"If-None-Match": tag})
        self.assertEqual(changed.status, 200)
        self.assertNotEqual(changed.headers["ETag"], tag)

    def test_an_etag_is_not_that_of_another_start(self):
        hub = self.legacy_hub()
        tags = []
        for _ in range(2):
            hub.report(old_report())
            tags.append(hub.get("/api/gpu-stats").headers["ETag"])
            hub.stop()
            hub.start()
        self.assertNotEqual(*tags)

    def test_gzip_and_brotli(self):
        hub = self.legacy_hub()
        hub.report(old_report(interval=600))
        plain = hub.get("/api/gpu-stats")
        self.assertEqual((plain.headers["Content-Encoding"], plain.headers["Vary"]), (None, "Accept-Encoding"))
        zipped = hub.get("/api/gpu-stats", {"Accept-Encoding": "gzip"})
        self.assertEqual(zipped.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(zipped.body), plain.body)
        self.assertLess(len(zipped.body), len(plain.body))
        self.assertNotEqual(zipped.headers["ETag"], None)
        for both in ("br", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5"):
            self.assertEqual(hub.get("/api/gpu-stats", {"Accept-Encoding": both}).headers["Content-Encoding"], "br")
        for none in ("identity", "gzip;q=0, br;q=0", "compress"):
            answer = hub.get("/api/gpu-stats", {"Accept-Encoding": none})
            self.assertEqual((answer.headers["Content-Encoding"], answer.body), (None, plain.body), none)
        if shutil.which("curl"):
            got = subprocess.run(["curl", "-s", "--compressed", "-H", "Accept-Encoding: br",
                                  f"http://127.0.0.1:{hub.port}/api/gpu-stats"], capture_output=True, check=False)
            self.assertEqual((got.returncode, got.stdout), (0, plain.body))

    def test_head_has_no_body(self):
        hub = self.legacy_hub()
        hub.report(old_report())
        get, head = hub.get("/api/gpu-stats"), hub.ask("HEAD", "/api/gpu-stats")
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]),
                         (200, b"", get.headers["Content-Length"]))

    def test_headers_of_every_answer(self):
        hub = self.legacy_hub()
        for path, status in (("/api/gpu-stats", 200), ("/api/none", 404), ("/api/history", 400), ("/metrics", 200)):
            answer = hub.get(path)
            self.assertEqual(answer.status, status, path)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "same-origin")
            self.assertTrue(answer.headers["Server"].startswith("wemol-hub/"))

    def test_hosts_and_their_end(self):
        hub = self.legacy_hub()
        hub.report(old_report("gpu7", interval=600))
        hub.report(old_report("gpu8"))
        hosts = {it["hostname"]: it for it in hub.get("/api/hosts").json()["hosts"]}
        self.assertEqual(list(hosts), ["gpu7", "gpu8"])
        host = hosts["gpu7"]
        self.assertEqual((host["is_online"], host["address"], host["interval"], host["gpu_count"], host["has_token"]),
                         (True, "127.0.0.1", 600, 1, False))
        self.assertEqual(hub.ask("DELETE", "/api/hosts/gpu8").json(), {"status": "success"})
        self.assertEqual(list(hub.machines()), ["gpu7"])
        self.assert_error(hub.ask("DELETE", "/api/hosts/gpu8"), 404, "there is no host gpu8")
        self.assertIn("has removed gpu8", hub.log())

    def test_tasks(self):
        hub = self.legacy_hub()
        report = old_report()
        report["system_info"]["docker_containers"].append({"id": "1", "name": "task_7", "task_id": "7", "gpus": []})
        hub.report(report)
        self.assertEqual(hub.get("/api/tasks").json()["hosts"],
                         [{"hostname": "gpu7", "is_online": True,
                           "tasks": [{"id": "1", "name": "task_7", "task_id": "7", "gpus": []}]}])

    def test_the_past(self):
        hub = self.legacy_hub()
        now = time.time()
        for age, load in ((100, 10), (60, 20), (0, 30)):
            report = old_report(interval=10, age=age)
            report["system_info"]["cpu_percent"] = load
            hub.report(report)
        path = (f"/api/history?host=gpu7&metric=system.cpu.usage_percent,gpu.0.temp&from={now - 200:.0f}"
                f"&to={now + 20:.0f}&step=10")
        self.assertTrue(eventually(lambda: len(self.points(hub, path, "system.cpu.usage_percent")) == 3), hub.get(path))
        points = self.points(hub, path, "system.cpu.usage_percent")
        self.assertEqual([value for _, value in points], [10, 20, 30])
        for (at, _), age in zip(points, (100, 60, 0)):
            self.assertLessEqual(abs(at - (now - age)), 11, points)
        self.assertEqual([value for _, value in self.points(hub, path, "gpu.0.temp")], [61, 61, 61])

    def points(self, hub, path, metric):
        """(time, mean) where there is one."""
        answer = hub.get(path)
        self.assertEqual(answer.status, 200, answer)
        return history_points(answer.json(), metric)

    def test_what_is_wrong_with_a_question_for_the_past(self):
        hub = self.legacy_hub()
        for query, word in (("", "host"), ("host=gpu7", "metric"), ("host=gpu7&metric=x&from=soon", "from"),
                            ("host=gpu7&metric=x&to=-1", "to"), ("host=gpu7&metric=x&step=0", "step"),
                            ("host=gpu7&metric=x&from=2000&to=1000", "from"), ("host=..%2f&metric=x", "host"),
                            ("host=gpu7&metric=x&from=0&to=4000000000&step=1", "step")):
            self.assert_error(hub.get("/api/history?" + query), 400, word)

    def test_live_says_what_changes(self):
        hub = self.legacy_hub()
        hub.report(old_report("gpu7", interval=600))
        live = hub.websocket("/api/live")
        first = live.hear()
        self.assertEqual((first["type"], first["everything"], list(first["machines"])), ("hosts", True, ["gpu7"]))
        hub.report(old_report("gpu8", interval=600))
        second = live.hear()
        self.assertEqual((second["everything"], list(second["machines"]), second["removed"]), (False, ["gpu8"], []))
        self.assertGreater(second["revision"], first["revision"])
        hub.ask("DELETE", "/api/hosts/gpu7")
        self.assertEqual(live.hear()["removed"], ["gpu7"])

    def test_a_restart_forgets_no_host(self):
        hub = self.legacy_hub()
        hub.report(old_report(interval=1))
        hub.stop()
        hub.start()
        self.assertEqual(hub.machines(), {"gpu7": {**old_report(interval=1), "is_online": False}})
        self.assertIn("1 host are known", hub.log().replace("host is", "host are"))
        host = hub.get("/api/hosts").json()["hosts"][0]
        self.assertEqual((host["address"], host["has_token"]), ("127.0.0.1", False))
        hub.report(old_report(interval=1))
        self.assertTrue(hub.machines()["gpu7"]["is_online"])

    def test_for_machines(self):
        hub = self.legacy_hub("--history-size", "1")
        hub.report(old_report(metrics_port=9105))
        hub.report(old_report("gpu8"))
        self.assertEqual(hub.get("/api/sd").json(), [{"targets": ["127.0.0.1:9105"], "labels": {"host": "gpu7"}}])
        health = hub.get("/api/health").json()
        self.assertEqual((health["status"], list(health)), ("healthy", ["status", "version"]))
        metrics = hub.get("/metrics")
        self.assertTrue(metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        self.assertIn("\nhub_hosts_online", metrics.body.decode())
        self.assertRegex(metrics.body.decode(), r'hub_host_online\{[^}]*node="gpu7"[^}]*\} 1')
        newer = hub.get("/metrics", {"Accept": "application/openmetrics-text"})
        self.assertTrue(newer.body.endswith(b"# EOF\n"))
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=metrics.body, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, check=False)
            self.assertEqual((checked.returncode, checked.stdout), (0, b""))

    def test_modules_of_a_tree_that_is_there(self):
        (self.folder / "records").mkdir()
        hub = self.legacy_hub("--record-dir", self.folder / "records")
        answer = hub.get("/api/modules")
        self.assertEqual(answer.status, 200, (answer, hub.log()))
        self.assertEqual(answer.json()["modules"], [])
        without = self.legacy_hub("--record-dir", self.folder / "none")
        self.assert_error(without.get("/api/modules"), 500, "the log says why")
        self.assertIn("none", without.log())

    def test_options_of_a_path(self):
        hub = self.legacy_hub()
        answer = hub.ask("OPTIONS", "/api/kill-processes")
        self.assertEqual((answer.status, answer.headers["Allow"]), (204, "POST, OPTIONS"))
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], None)


def history_points(answer, metric):
    """(time, mean) of each point of what /api/history says."""
    found = [it for it in answer["series"] if it["metric"] == metric]
    return [(at, mean) for at, _, mean, _ in found[0]["points"]] if found else []


class Errors(Case):
    def test_a_broken_report_names_its_field(self):
        hub = self.legacy_hub()
        gpu = {"id": 0, "memory_used": 1}
        process = {"pid": 1}
        for report, text in (
                ([], "an object is expected"), (7, "an object is expected"), ({}, "hostname: it is missing"),
                ({"hostname": None}, "hostname: it is missing"), ({"hostname": 7}, "hostname: a text is expected"),
                ({"hostname": ""}, "hostname:"), ({"hostname": "a b"}, "hostname:"),
                (old_report(gpu_data={}), "gpu_data: a list is expected"),
                (old_report(gpu_data=[gpu, 5]), "gpu_data[1]: an object is expected"),
                (old_report(gpu_data=[gpu, gpu, gpu, {"memory_used": "much"}]),
                 "gpu_data[3].memory_used: a number of 0 or more is expected, not a text"),
                (old_report(gpu_data=[{"memory_used": -1}]), "gpu_data[0].memory_used:"),
                (old_report(gpu_data=[{"processes": [process, {"pid": 1.5}]}]), "gpu_data[0].processes[1].pid:"),
                (old_report(system_info={"processes": [{"cmdline": ["a"]}]}), "system_info.processes[0].cmdline:"),
                (old_report(system_info={"docker_containers": [{"gpuDevices": [0]}]}),
                 "system_info.docker_containers[0].gpuDevices:"),
                (old_report(age=-1), "age:"), (old_report(age=1e9), "age:"), (old_report(interval=1e9), "interval:"),
                (old_report(metrics_port=70000), "metrics_port:"), (old_report(record=[]), "record:")):
            answer = hub.report(report)
            self.assert_error(answer, 400, text)
        for body, text in ((b"", "no JSON"), (b"{", "no JSON at byte"), (b"{} {}", "no JSON"), (b"\xff\xfe", "no JSON"),
                           (b'{"hostname":"\xff"}', "no JSON"), (b"[" * 100_000, "deep")):
            self.assert_error(hub.report(body), 400, text)
        self.assertEqual(hub.machines(), {})

    def test_without_a_token(self):
        hub = self.hub()
        self.assert_error(hub.report(old_report()), 401, "wemol-hub enroll")
        self.assertEqual(hub.report(old_report()).headers["WWW-Authenticate"], "Bearer")
        self.assert_error(hub.report(old_report(), "no-token-of-this-hub"), 401, "not known here")
        self.assertEqual(hub.machines(), {})

    def test_legacy_is_for_the_named_networks(self):
        hub = self.hub("--accept-legacy-reports", "192.0.2.0/24,2001:db8::/32", "--trusted-proxies", "127.0.0.1",
                       "--read-only-public")
        self.assertEqual(hub.report(old_report()).status, 401)
        for client, status in (("192.0.2.9", 200), ("192.0.3.9", 401), ("2001:db8::9", 200), ("2001:db9::9", 401)):
            self.assertEqual(hub.report(old_report(), X_Forwarded_For=client).status, status, client)

    def test_a_token_speaks_for_its_own_host(self):
        hub = self.legacy_hub()
        token = hub.enroll("gpu7")
        self.assertEqual(hub.report(old_report("gpu7"), token).body, SUCCESS)
        self.assert_error(hub.report(old_report("gpu8"), token), 403, "hostname: this token is that of gpu7, not of gpu8")
        self.assert_error(hub.report(old_report("gpu7")), 403, "hostname: gpu7 has a token, which is needed")
        self.assert_error(hub.report(old_report("GPU7"), token), 403, "hostname:")
        self.assertEqual(hub.report(old_report("gpu8")).status, 200, "it has no token and is of a legacy network")
        self.assertEqual(list(hub.machines()), ["gpu7", "gpu8"])
        # A new one makes the old one void.
        newer = hub.enroll("gpu7")
        self.assertTrue(eventually(lambda: hub.report(old_report("gpu7"), token).status == 401))
        self.assertEqual(hub.report(old_report("gpu7"), newer).status, 200)

    def test_unknown_paths_and_methods(self):
        hub = self.legacy_hub()
        for path in ("/api/none", "/api/gpu-stats/", "/API/gpu-stats", "/api/hosts/a/b", "/api", "/..%2fetc/passwd"):
            self.assertIn(hub.get(path).status, (400, 404), path)
        self.assert_error(hub.get("/api/none"), 404, "/api/none")
        for method, path, allowed in (("GET", "/api/report-gpu-stats", "POST, OPTIONS"),
                                      ("POST", "/api/gpu-stats", "GET, HEAD, OPTIONS"),
                                      ("PUT", "/api/kill-processes", "POST, OPTIONS"),
                                      ("GET", "/api/hosts/gpu7", "DELETE, OPTIONS"),
                                      ("BREW", "/api/hosts", "GET, HEAD, OPTIONS")):
            answer = hub.ask(method, path)
            self.assert_error(answer, 405, path)
            self.assertEqual(answer.headers["Allow"], allowed)
        self.assert_error(hub.get("/ws"), 426, "/ws is a WebSocket")
        self.assert_error(hub.get("/api/modules"), 404, "record-dir")

    def test_bodies_are_bounded(self):
        hub = self.legacy_hub()
        most = 8 << 20
        head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{}\r\n\r\n"

        def send(path, line, body=b""):
            connection = hub.connect()
            try:
                connection.send(head.format(path, line).encode() + body)
            except ConnectionError:
                pass  # it did not want to hear it all
            return connection.answer()

        report = json.dumps(old_report()).encode()
        fits = report + b" " * (most - len(report))
        self.assertEqual(hub.report(fits).status, 200)
        for path, limit in (("/api/report-gpu-stats", most), ("/api/kill-processes", 256 << 10), ("/api/login", 8192)):
            self.assert_error(send(path, f"Content-Length: {limit + 1}"), 413, f"larger than {limit} bytes")
            chunk = b"%x\r\n" % (limit + 1) + b" " * (limit + 1) + b"\r\n0\r\n\r\n"
            self.assert_error(send(path, "Transfer-Encoding: chunked", chunk), 413, f"larger than {limit} bytes")
        self.assertEqual(send("/api/report-gpu-stats", "Content-Length: 99999999999999999999").status, 400)
        answer = send("/api/hosts", "X-Long: " + "x" * 20000)
        self.assert_error(answer, 431, "headers are larger")

    def test_a_report_may_come_compressed_by_nobody(self):
        """What is said to be gzip is not taken for JSON."""
        hub = self.legacy_hub()
        body = gzip.compress(json.dumps(old_report()).encode())
        self.assert_error(hub.report(body, Content_Encoding="gzip"), 400, "no JSON")

    def test_wrong_tokens_are_answered_ever_less_often(self):
        hub = self.hub("--trusted-proxies", "127.0.0.1", "--read-only-public")
        token = hub.enroll("gpu7")
        statuses = [hub.report("{}", "wrong", X_Forwarded_For="192.0.2.7").status for _ in range(40)]
        self.assertEqual(statuses[:30], [401] * 30)
        self.assertEqual(statuses[-1], 429)
        refused = hub.report("{}", "wrong", X_Forwarded_For="192.0.2.7")
        self.assert_error(refused, 429, "without a token")
        self.assertEqual(refused.headers["Retry-After"], "10")
        self.assertEqual(hub.report(old_report(), token, X_Forwarded_For="192.0.2.8").status, 200)

    def test_an_enrolled_host_behind_a_flooded_address_is_still_heard(self):
        """Agents behind one address: a stranger among them must not silence the others."""
        hub = self.hub("--trusted-proxies", "127.0.0.1", "--read-only-public")
        token = hub.enroll("gpu7")
        for _ in range(40):
            hub.report("{}", "wrong", X_Forwarded_For="192.0.2.7")
        self.assertEqual(hub.report("{}", "wrong", X_Forwarded_For="192.0.2.7").status, 429)
        self.assertEqual(hub.report(old_report(), token, X_Forwarded_For="192.0.2.7").body, SUCCESS)

    def test_one_host_cannot_report_without_end(self):
        hub = self.legacy_hub()
        connection = http.client.HTTPConnection("127.0.0.1", hub.port)
        self.addCleanup(connection.close)
        statuses = []
        while len(statuses) < 5000 and (not statuses or statuses[-1] == 200):
            connection.request("POST", "/api/report-gpu-stats", '{"hostname":"gpu7"}')
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(answer.headers["Retry-After"], "1")
        self.assertGreater(len(statuses), 1000)
        self.assertEqual(hub.report(old_report("gpu8")).status, 200)

    def test_requests_of_one_address_are_bounded(self):
        hub = self.legacy_hub("--trusted-proxies", "127.0.0.1", "--read-only-public")
        connection = http.client.HTTPConnection("127.0.0.1", hub.port)
        self.addCleanup(connection.close)
        statuses = []
        while len(statuses) < 5000 and (not statuses or statuses[-1] == 200):
            connection.request("GET", "/api/hosts", headers={"X-Forwarded-For": "192.0.2.7"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        self.assertEqual((statuses[-1], answer.headers["Retry-After"]), (429, "1"))
        self.assertGreaterEqual(len(statuses), 500)
        self.assertEqual(hub.get("/api/hosts", {"X-Forwarded-For": "192.0.2.8"}).status, 200)

    def test_what_fails_inside_says_so(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # and does not listen
            hub = self.legacy_hub("--history", "prometheus", "--prometheus-url",
                                  f"http://127.0.0.1:{nobody.getsockname()[1]}")
            hub.report(old_report())
            self.assert_error(hub.get("/api/history?host=gpu7&metric=gpu.0.temp"), 500, "the log says why")
        self.assertIn("refused", hub.log())

    def test_no_more_hosts_than_there_is_room_for(self):
        hub = self.legacy_hub()
        connection = http.client.HTTPConnection("127.0.0.1", hub.port)
        self.addCleanup(connection.close)
        for number in range(1001):
            connection.request("POST", "/api/report-gpu-stats", json.dumps({"hostname": f"h{number}"}))
            answer = connection.getresponse()
            body = answer.read()
        self.assertEqual(answer.status, 403)
        self.assertIn("1000 hosts already", json.loads(body)["message"])
        self.assertEqual(len(hub.machines()), 1000)
        self.assertEqual(hub.report(old_report("h7")).status, 200, "one that is known is still taken")


class Logins(Case):
    def setUp(self):
        super().setUp()
        self.settings = {"before": lambda hub: hub.set_password("alice", PASSWORD)}

    def test_nothing_without_a_password(self):
        hub = self.legacy_hub(**self.settings)
        for path in ("/api/gpu-stats", "/api/hosts", "/api/tasks", "/api/history", "/api/modules", "/api/alerts",
                     "/api/session", "/api/sd", "/metrics"):
            self.assert_error(hub.get(path), 401, "log in first")
        self.assertEqual(hub.websocket("/api/live").status, 401)
        self.assertEqual(hub.get("/api/health").status, 200)
        self.assertEqual(hub.get("/").status, 200, "the page asks for the password")
        self.assertEqual(hub.report(old_report()).status, 200, "hosts have no password")
        for method, path in (("POST", "/api/kill-processes"), ("DELETE", "/api/hosts/gpu7")):
            answer = hub.ask(method, path, "{}", {"Content-Type": "application/json"})
            self.assert_error(answer, 401, "log in first")

    def test_a_session(self):
        hub = self.legacy_hub(**self.settings)
        hub.report(old_report())
        answer = hub.post("/api/login", {"user": "alice", "password": PASSWORD})
        self.assertEqual((answer.status, answer.json()["user"]), (200, "alice"))
        cookie = answer.headers["Set-Cookie"]
        name, *flags = cookie.split("; ")
        self.assertEqual(sorted(flags), ["HttpOnly", "Path=/", "SameSite=Strict"])
        self.assertGreaterEqual(len(name.split("=")[1]), 32)
        session = hub.login("alice", PASSWORD)
        self.assertNotIn(session.cookie, cookie, "each login has a session of its own")
        self.assertEqual(session.get("/api/gpu-stats").status, 200)
        self.assertEqual(session.get("/api/session").json(),
                         {"status": "success", "user": "alice", "csrf": session.csrf, "sign_in": True})
        live = hub.websocket("/api/live", {"Cookie": session.cookie, "Origin": f"http://127.0.0.1:{hub.port}"})
        self.assertEqual(list(live.hear()["machines"]), ["gpu7"])
        self.assertEqual(hub.websocket("/api/live", {"Cookie": session.cookie, "Origin": "http://evil.example"}).status,
                         403)

    def test_changes_need_the_pages_token(self):
        hub = self.legacy_hub(**self.settings)
        session = hub.login("alice", PASSWORD)
        kill = {"hostname": "gpu7", "pids": [4242]}
        self.assert_error(session.post("/api/kill-processes", kill), 404, "目标主机不在线")
        for wrong in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": session.csrf[:-1]}, {"X-CSRF-Token": "x" * 43}):
            self.assert_error(session.post("/api/kill-processes", kill, **wrong), 403, "X-CSRF-Token")
            self.assert_error(session.post("/api/logout", {}, **wrong), 403, "X-CSRF-Token")
        other = hub.login("alice", PASSWORD)
        self.assert_error(session.post("/api/kill-processes", kill, **{"X-CSRF-Token": other.csrf}), 403, "X-CSRF-Token")
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{hub.port}.evil.example"):
            self.assert_error(session.post("/api/kill-processes", kill, Origin=origin), 403, "other origins")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = session.post("/api/kill-processes", kill, **{"Content-Type": kind})
            self.assert_error(answer, 403, "Content-Type")
        self.assertEqual(session.post("/api/kill-processes", kill, Origin=f"http://127.0.0.1:{hub.port}").status, 404)

    def test_logout(self):
        hub = self.legacy_hub(**self.settings)
        session, other = hub.login("alice", PASSWORD), hub.login("alice", PASSWORD)
        answer = session.post("/api/logout", {})
        self.assertEqual(answer.json(), {"status": "success"})
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])
        self.assertEqual(session.get("/api/gpu-stats").status, 401)
        self.assertEqual(other.get("/api/gpu-stats").status, 200)
        self.assertEqual(session.post("/api/logout", {}).status, 200, "twice does no harm")

    def test_wrong_passwords_take_ever_longer(self):
        hub = self.legacy_hub(**self.settings)
        refused = [hub.post("/api/login", {"user": user, "password": password})
                   for user, password in (("alice", "wrong horse"), ("nobody", "wrong horse"), ("alice", ""))]
        for answer in refused:
            self.assert_error(answer, 401, "user or password is wrong")
            self.assertEqual(answer.headers["Set-Cookie"], None)
        self.assertEqual(len({answer.body for answer in refused}), 1, "which of the two is not said")
        # On a busy machine the first second may be over already; the next one is longer.
        self.assertTrue(eventually(lambda: hub.post("/api/login", {"user": "alice", "password": "x"}).status == 429))
        held_off = hub.post("/api/login", {"user": "alice", "password": PASSWORD})
        self.assert_error(held_off, 429, "wait")
        self.assertGreaterEqual(int(held_off.headers["Retry-After"]), 1)
        time.sleep(int(held_off.headers["Retry-After"]))
        hub.login("alice", PASSWORD)
        self.assertIn("a wrong password for nobody from 127.0.0.1", hub.log())

    def test_what_is_no_login(self):
        hub = self.legacy_hub(**self.settings)
        for body in ("", "[]", "{}", '{"user":"alice"}', '{"user":1,"password":2}', '{"user":{"a":{"b":[]}}}', "\xff"):
            self.assert_error(hub.post("/api/login", body), 400, "a user and a password are expected")
        self.assert_error(hub.ask("POST", "/api/login", "user=alice",
                                  {"Content-Type": "application/x-www-form-urlencoded"}), 403, "Content-Type")
        self.assertEqual(hub.get("/api/login").status, 405)

    def test_a_new_password_ends_the_sessions(self):
        def with_two(hub):
            hub.set_password("alice", PASSWORD)
            hub.set_password("bob", "another horse")
        hub = self.legacy_hub(before=with_two)
        alice, bob = hub.login("alice", PASSWORD), hub.login("bob", "another horse")
        hub.set_password("alice", "the third horse")
        self.assertTrue(eventually(lambda: alice.get("/api/gpu-stats").status == 401))
        self.assertEqual(bob.get("/api/gpu-stats").status, 200)
        hub.login("alice", "the third horse")

    def test_a_token_of_a_host_may_scrape_but_nothing_else(self):
        hub = self.legacy_hub(**self.settings)
        token = {"Authorization": "Bearer " + hub.enroll("gpu7")}
        self.assertEqual(hub.get("/api/sd", token).status, 200)
        self.assertEqual(hub.get("/metrics", token).status, 200)
        for path in ("/api/gpu-stats", "/api/history", "/api/hosts"):
            self.assertEqual(hub.get(path, token).status, 401, path)
        for method, path in (("POST", "/api/kill-processes"), ("DELETE", "/api/hosts/gpu7")):
            answer = hub.ask(method, path, "{}", {"Content-Type": "application/json", **token})
            self.assertEqual(answer.status, 401)
        self.assertEqual(hub.get("/api/sd", {"Authorization": "Bearer wrong"}).status, 401)

    def test_everybody_may_look(self):
        hub = self.legacy_hub("--read-only-public", **self.settings)
        hub.report(old_report())
        self.assertEqual(list(hub.machines()), ["gpu7"])
        self.assertEqual(hub.get("/api/session").json(),
                         {"status": "success", "user": None, "csrf": None, "sign_in": True})
        self.assert_error(hub.post("/api/kill-processes", {"hostname": "gpu7", "pids": [2]}), 401, "log in")
        self.assert_error(hub.ask("DELETE", "/api/hosts/gpu7"), 401, "log in")
        session = hub.login("alice", PASSWORD)
        self.assertEqual(hub.ask("DELETE", "/api/hosts/gpu7", None, session.headers()).status, 200)
        self.assertIn("alice from 127.0.0.1 has removed gpu7", hub.log())

    def test_everybody_may_look_where_nobody_has_a_password(self):
        hub = self.legacy_hub("--read-only-public")
        self.assertEqual(hub.get("/api/gpu-stats").status, 200)
        self.assert_error(hub.post("/api/kill-processes", {"hostname": "gpu7", "pids": [2]}), 403, "set-password")


class Surroundings(Case):
    def run_briefly(self, *options, listen="127.0.0.1:0", **settings):
        """For one that is expected to end at once."""
        return subprocess.run([HUB, "--state-dir", self.folder, "--listen", listen, *options], capture_output=True,
                              text=True, timeout=60, check=False, **settings)

    def test_it_does_not_listen_to_others_without_a_password(self):
        for listen, options in (("0.0.0.0:0", ()), ("[::]:0", ()), ("127.0.0.1:0", ("--trusted-proxies", "127.0.0.1")),
                                ("127.0.0.1:0", ("--server-name", "hub.example.org"))):
            done = self.run_briefly(*options, listen=listen)
            self.assertEqual(done.returncode, 1, (listen, options, done.stderr))
            self.assertIn("nobody has a password", done.stderr)
            self.assertNotIn("serves on", done.stderr)
        self.legacy_hub("--read-only-public", listen="0.0.0.0:0").stop()
        with_password = self.hub(listen="0.0.0.0:0", before=lambda hub: hub.set_password("alice", PASSWORD))
        self.assertEqual(with_password.get("/api/hosts").status, 401)

    def test_other_names_are_not_answered_on_a_local_address(self):
        """A page of somebody else's name that resolves to 127.0.0.1 reads nothing."""
        hub = self.legacy_hub()
        for host in ("evil.example", "evil.example:7864", "localhost.evil.example"):
            self.assert_error(hub.get("/api/gpu-stats", {"Host": host}), 403, "localhost")
            self.assert_error(hub.report(old_report(), Host=host), 403, "localhost")
        for host in ("localhost", "127.0.0.1", "[::1]:7864"):
            self.assertEqual(hub.get("/api/gpu-stats", {"Host": host}).status, 200)
        named = self.legacy_hub("--server-name", "hub.example.org", "--read-only-public")
        self.assertEqual(named.get("/api/gpu-stats", {"Host": "Hub.Example.org:443"}).status, 200)
        self.assertEqual(named.get("/api/gpu-stats", {"Host": "evil.example"}).status, 403)

    def test_a_proxy_is_believed_when_it_is_named(self):
        plain = self.legacy_hub()
        plain.report(old_report(), X_Forwarded_For="192.0.2.7")
        self.assertEqual(plain.get("/api/hosts").json()["hosts"][0]["address"], "127.0.0.1")
        hub = self.hub("--accept-legacy-reports", "192.0.2.0/24", "--trusted-proxies", "127.0.0.1,10.0.0.0/8",
                       "--server-name", "hub.example.org", "--read-only-public",
                       before=lambda it: it.set_password("alice", PASSWORD))
        for chain, status in (("192.0.2.7", 200), ("203.0.113.5, 192.0.2.7", 200), ("192.0.2.7, 10.1.2.3", 200),
                              ("192.0.2.7, 203.0.113.5", 401), ("192.0.2.7, 203.0.113.5, 10.0.0.1", 401),
                              ("", 401), ("rubbish", 401), ("192.0.2.7:4711", 200)):
            self.assertEqual(hub.report(old_report(), X_Forwarded_For=chain).status, status, chain)
        self.assertEqual(hub.get("/api/hosts").json()["hosts"][0]["address"], "192.0.2.7")
        login = {"user": "alice", "password": PASSWORD}
        self.assertNotIn("Secure", hub.post("/api/login", login).headers["Set-Cookie"])
        secure = hub.post("/api/login", login, X_Forwarded_Proto="https", X_Forwarded_Host="hub.example.org",
                          Origin="https://hub.example.org", Host="127.0.0.1")
        self.assertIn("; Secure", secure.headers["Set-Cookie"] or "")

    def test_a_base_path(self):
        hub = self.hub("--accept-legacy-reports", "127.0.0.0/8", "--base-path", "/gpu/",
                       before=lambda it: it.set_password("alice", PASSWORD))
        answer = hub.post("/gpu/api/login", {"user": "alice", "password": PASSWORD})
        self.assertIn("Path=/gpu/;", answer.headers["Set-Cookie"])
        cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        self.assertEqual(hub.post("/gpu/api/report-gpu-stats", old_report()).body, SUCCESS)
        self.assertEqual(list(hub.get("/gpu/api/gpu-stats", cookie).json()["machines"]), ["gpu7"])
        self.assertEqual(hub.get("/api/gpu-stats", cookie).status, 200, "some proxies take the path away")
        self.assertEqual(hub.websocket("/gpu/api/live", cookie).status, 101)
        self.assertEqual(hub.get("/gpux/api/gpu-stats", cookie).status, 404)
        moved = hub.get("/gpu", cookie)
        self.assertEqual((moved.status, moved.headers["Location"]), (308, "/gpu/"))

    def test_other_origins_read_when_they_are_named(self):
        hub = self.legacy_hub("--allow-origin", "https://status.example.org")
        asked = hub.get("/api/gpu-stats", {"Origin": "https://status.example.org"})
        self.assertEqual(asked.headers["Access-Control-Allow-Origin"], "https://status.example.org")
        other = hub.get("/api/gpu-stats", {"Origin": "https://evil.example"})
        self.assertEqual(other.headers["Access-Control-Allow-Origin"], None)

    def test_tls(self):
        trusting = self.certificate()
        files = ("--tls-cert", self.folder / "hub.pem", "--tls-key", self.folder / "hub.key")
        hub = self.legacy_hub(*files, tls=trusting, before=lambda it: it.set_password("alice", PASSWORD))
        self.assertEqual(hub.report(old_report()).body, SUCCESS)
        answer = hub.post("/api/login", {"user": "alice", "password": PASSWORD})
        self.assertIn("; Secure", answer.headers["Set-Cookie"])
        session = hub.login("alice", PASSWORD)
        self.assertEqual(hub.websocket("/api/live", {"Cookie": session.cookie}).status, 101)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            trusting.minimum_version = trusting.maximum_version = version
            self.assertEqual(session.get("/api/hosts").status, 200)
        token = hub.enroll("gpu8")
        Agent(self, f"https://localhost:{hub.port}", token, "--hub-ca", self.folder / "ca.pem", host="gpu8")
        self.assertTrue(eventually(lambda: "gpu8" in session.get("/api/gpu-stats").json()["machines"]))
        self.assertTrue(eventually(lambda: "gpu8 has connected" in hub.log()))
        with socket.create_connection(("127.0.0.1", hub.port), 30) as plain:
            plain.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"healthy", plain.recv(4096))
        self.assertEqual(hub.get("/api/health").status, 200)

    def test_a_new_certificate_is_used_without_a_restart(self):
        trusting = self.certificate()
        hub = self.legacy_hub("--tls-cert", self.folder / "hub.pem", "--tls-key", self.folder / "hub.key",
                              tls=trusting)

        def serial():
            with hub.connect() as connection:
                return connection.socket.getpeercert()["serialNumber"]

        before = serial()
        live = hub.websocket("/api/live")
        live.hear()
        (self.folder / "hub.pem").write_text("rubbish")
        hub.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: "the one before is used on" in hub.log()), hub.log())
        self.assertEqual(serial(), before)
        self.certificate()
        hub.process.send_signal(signal.SIGHUP)
        self.assertTrue(eventually(lambda: serial() != before), hub.log())
        hub.report(old_report())
        self.assertEqual(list(live.hear()["machines"]), ["gpu7"], "those that are connected stay so")

    def test_half_of_a_certificate_is_none(self):
        self.certificate()
        self.assertIn("one needs the other", self.run_briefly("--tls-cert", self.folder / "hub.pem").stderr)
        done = self.run_briefly("--tls-cert", self.folder / "hub.pem", "--tls-key", self.folder / "ca.key")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_unix_socket(self):
        path = self.folder / "hub.sock"
        with open(self.folder / "log", "w") as log:
            process = subprocess.Popen([HUB, "--state-dir", self.folder, "--listen", f"unix:{path}"], stderr=log)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.assertTrue(eventually(path.exists))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(str(path))
            client.sendall(b"GET /api/health HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
            self.assertIn(b"healthy", b"".join(iter(lambda: client.recv(4096), b"")))
        process.terminate()
        self.assertEqual(process.wait(60), 0)
        self.assertFalse(path.exists())

    def test_settings_of_the_environment_and_of_a_file(self):
        config = self.folder / "hub.toml"
        config.write_text('accept-legacy-reports = "127.0.0.0/8"\nread-only-public = true\n'
                          '[[alert]]\nname = "hot"\nmetric = "gpu.*.temp"\nabove = 90\nfor = "5m"\n')
        hub = self.hub("--config", config)
        self.assertEqual(hub.report(old_report()).status, 200)
        answer = hub.get("/api/alerts")
        self.assertIn("hot", answer.body.decode())
        config.write_text("no-such-setting = 1\n")
        done = self.run_briefly("--config", config)
        self.assertEqual((done.returncode, "no-such-setting" in done.stderr), (2, True), done)
        environment = {**os.environ, "WEMOL_HUB_BASE_PATH": "no path"}
        self.assertEqual(self.run_briefly(env=environment).returncode, 2)


class Commands(Case):
    def test_enroll_hosts_remove(self):
        hub = self.hub()
        token = hub.enroll("gpu7")
        self.assertRegex(token, r"^[A-Za-z0-9_-]{32,}$")
        tokens = (hub.folder / "tokens.json").read_text()
        self.assertNotIn(token, tokens)
        self.assertEqual((hub.folder / "tokens.json").stat().st_mode & 0o777, 0o600)
        hub.enroll("gpu8")
        self.assertEqual(hub.command("hosts").stdout, "gpu7\ngpu8\n")
        hub.report(old_report(), token)
        self.assertEqual(list(hub.machines()), ["gpu7"])
        self.assertEqual(hub.command("remove", "gpu7").returncode, 0)
        self.assertTrue(eventually(lambda: hub.machines() == {}))
        self.assertEqual(hub.report(old_report(), token).status, 401)
        again = hub.command("remove", "gpu7")
        self.assertEqual(again.returncode, 1)
        self.assertIn("gpu7 has no token here", again.stderr)
        self.assertEqual(hub.command("hosts").stdout, "gpu8\n")

    def test_a_removal_disconnects_the_agent(self):
        hub = self.hub()
        token = hub.enroll("gpu7")
        agent = hub.websocket("/ws")
        self.assertEqual(agent.register("gpu7", token)["status"], "success")
        self.assertEqual(hub.ask("DELETE", "/api/hosts/gpu7").status, 200)
        self.assertIsNone(agent.hear())
        self.assertEqual(agent.close_code, 1008)
        self.assertEqual(hub.report(old_report(), token).status, 401)

    def test_names_that_are_none(self):
        hub = self.hub()
        for name in ("", "a b", "../x", "-x", "a/b", "x" * 254, "é"):
            self.assertEqual(hub.command("enroll", "--", name).returncode, 2, name)
        for name in ("", "a b", "x" * 65):
            self.assertEqual(hub.command("set-password", name, stdin="long enough\n").returncode, 2, name)
        self.assertFalse((hub.folder / "tokens.json").exists())

    def test_passwords_are_hashed_and_not_too_short(self):
        hub = self.hub()
        hub.set_password("alice", PASSWORD)
        users = (hub.folder / "users.json").read_text()
        self.assertIn("$argon2id$", users)
        self.assertNotIn(PASSWORD, users)
        self.assertEqual((hub.folder / "users.json").stat().st_mode & 0o777, 0o600)
        for wrong in ("short\n", "x" * 5000 + "\n", ""):
            self.assertEqual(hub.command("set-password", "alice", stdin=wrong).returncode, 1)
        self.assertEqual((hub.folder / "users.json").read_text(), users)
        # The one that runs asks for it from now on.
        self.assertTrue(eventually(lambda: hub.get("/api/hosts").status == 401))
        self.assertEqual(hub.login("alice", PASSWORD).get("/api/hosts").status, 200)

    def test_a_folder_that_is_not_there(self):
        hub = self.hub()
        done = subprocess.run([HUB, "hosts", "--state-dir", hub.folder / "none"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("none is no folder", done.stderr)

    def test_the_check(self):
        hub = self.hub()
        done = hub.command("--check", "--listen", f"127.0.0.1:{hub.port}")
        self.assertIn(f"ok   a hub listens on 127.0.0.1:{hub.port} already", done.stdout)
        self.assertIn("ok   the state folder", done.stdout)
        bad = hub.command("--check", "--listen", "0.0.0.0:0")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("FAIL others than this host's users could ask", bad.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
