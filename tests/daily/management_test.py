"""Who used what, by a management API with TLS and a token."""
import base64
import http.server
import json
import ssl
import subprocess
import threading
import unittest

from sources_under_test import Case, day

DATE = "2025-08-01"
TOKEN = "opaque-token-0123456789"


def task(number=1, **changes):
    entry = {"uuid": "u1", "username": "ann", "flavor": {"name": "g1"},
             "task": {"id": 1, "uuid": "t1", "_type": "notebook", "project_uuid": "p1", "owner": "ann", "image": "i1",
                      "create_time": "Thu, 31 Jul 2025 20:00:00 GMT"},
             "hostname": "n1", "gpus": [{"id": number, "uuid": f"APU-{number}", "name": "MI300X", "memory": 196608, "mig": None}],
             "start": "Thu, 31 Jul 2025 20:00:00 GMT", "end": None, "total_seconds": 12.5}
    return {**entry, **changes}


class Api:
    def __init__(self, case, answer, status=200, headers=None):
        outer = self
        self.asked, self.answer, self.status, self.headers = [], answer, status, headers or {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers)))
                body = outer.answer if isinstance(outer.answer, bytes) else json.dumps(outer.answer).encode()
                is_known = self.headers.get("Authorization") == "Bearer " + TOKEN
                self.send_response(outer.status if is_known else 401)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass

        self.certificate = case.folder / f"ca{len(list(case.folder.iterdir()))}.pem"
        key = self.certificate.with_suffix(".key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                        self.certificate], check=True, capture_output=True)
        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        case.addCleanup(server.server_close)
        case.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        self.url = f"https://localhost:{server.server_address[1]}"


class Management(Case):
    def ask(self, api, token=TOKEN, now=None, mode=0o600, nodes=None, **settings):
        file = self.folder / "token"
        file.write_text(token + "\n")
        file.chmod(mode)
        management = {"url": api.url, "token_file": str(file), "ca_file": str(api.certificate), **settings}
        nodes = nodes or [{"name": "n1", "url": "http://localhost:1", "id_base": 0, "cards": [1, 9]}]
        found = self.fetch(nodes, [day(DATE)], now=now, figures=False, management=management, timeout_ms=5000)
        self.assertNotIn(token, self.output)
        return found["days"][0]

    def test_who_has_what(self):
        api = Api(self, {"0": task(2), "1": task(1, username="bob", start="Fri, 01 Aug 2025 01:00:00 GMT",
                                                end="Fri, 01 Aug 2025 02:00:00 GMT")})
        found = self.ask(api)
        self.assertEqual(found["warnings"], [])
        self.assertEqual(found["nodes"][0]["tasks"],
                         [{"user": "ann", "begin": 1753992000, "end": None, "cards": [{"index": 1, "id": "2", "mig": False}]},
                          {"user": "bob", "begin": 1754010000, "end": 1754013600,
                           "cards": [{"index": 0, "id": "1", "mig": False}]}])
        path, headers = api.asked[0]
        self.assertEqual(path, "/api/v2/consumption/task?start_t=2025-08-01%2000%3A00%3A00&end_t=2025-08-01%2023%3A59%3A59")
        self.assertEqual((headers["Authorization"], headers["Accept"]), ("Bearer " + TOKEN, "application/json"))

    def test_names_come_as_they_are(self):
        for name in ('a,b', 'say "hi"', "=cmd|' /C calc'!A0", "王小明", "@x", "-1+1"):
            found = self.ask(Api(self, {"0": task(username=name)}))
            self.assertEqual(found["nodes"][0]["tasks"][0]["user"], name)

    def test_indices_are_told_and_never_guessed(self):
        nodes = [{"name": "n1", "url": "http://localhost:1", "id_base": 8, "cards": [1, 9], "ids": {"APU-77": 1}},
                 {"name": "n2", "url": "http://localhost:1"}]
        found = self.ask(Api(self, {"0": task(9), "1": task(10), "2": task(11), "3": task(8), "4": task(77),
                                    "5": task(1, hostname="n2"), "6": task("9")}), nodes=nodes)
        self.assertEqual([t["cards"][0]["index"] for t in found["nodes"][0]["tasks"]], [0, 1, None, None, 1, 0])
        self.assertIsNone(found["nodes"][1]["tasks"][0]["cards"][0]["index"])
        self.assertEqual(len(found["warnings"]), 3)
        self.assertTrue(any("id 11 is none of n1" in w for w in found["warnings"]), found["warnings"])
        self.assertTrue(any("id-base" in w and "n2" in w for w in found["warnings"]), found["warnings"])

    def test_what_cannot_be_read_is_said(self):
        found = self.ask(Api(self, {"0": task(start="yesterday"), "1": task(end="Fri, 32 Aug 2025 00:00:00 GMT"),
                                    "2": task(hostname="elsewhere"), "3": task(username=""), "4": "nonsense", "5": task(),
                                    "6": task(start="Tue, 01 Jul 2025 00:00:00 GMT", end="Wed, 02 Jul 2025 00:00:00 GMT")}))
        self.assertEqual(len(found["nodes"][0]["tasks"]), 1)
        self.assertEqual(len(found["warnings"]), 5)

    def test_mig_and_two_users_of_a_card(self):
        mig = {"id": 1, "uuid": "MIG-1", "name": "A100", "memory": 10240, "mig": "1g.10gb"}
        found = self.ask(Api(self, {"0": task(gpus=[mig]), "1": task(username="bob", gpus=[mig, {**mig, "mig": False}])}))
        self.assertEqual([[c["mig"] for c in t["cards"]] for t in found["nodes"][0]["tasks"]], [[True], [True, False]])
        self.assertEqual({c["index"] for t in found["nodes"][0]["tasks"] for c in t["cards"]}, {0})

    def test_failures_are_warnings_without_users(self):
        for answer, status, headers, why in ((b"{}", 500, {}, "500"), (b"<html>", 200, {}, "no JSON"), (b"[]", 200, {}, "no object"),
                                             (b"", 302, {"Location": "https://evil.example/x"}, "evil.example")):
            api = Api(self, answer, status, headers)
            found = self.ask(api)
            self.assertIn(why, found["warnings"][0])
            self.assertNotIn("tasks", found["nodes"][0])
            self.assertEqual(len(api.asked), 1)

    def test_a_redirect_does_not_take_the_token_along(self):
        other = Api(self, {})
        found = self.ask(Api(self, b"", 307, {"Location": other.url + "/api"}))
        self.assertIn("redirects", found["warnings"][0])
        self.assertEqual(other.asked, [])

    def test_tokens(self):
        def jwt(exp):
            return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                            for part in ({"alg": "none"}, {"exp": exp, "sub": "王"})) + ".c2ln"
        api = Api(self, {})
        self.assertIn("not accept the token", self.ask(api, token="wrong")["warnings"][0])
        self.assertIn("expired", self.ask(api, token=jwt(1_000_000))["warnings"][0])
        self.assertIn("not accept the token", self.ask(api, token=jwt(9_000_000_000))["warnings"][0])
        self.assertIn("chmod", self.ask(api, mode=0o644)["warnings"][0])
        self.assertIn("no token", self.ask(api, token="two words")["warnings"][0])
        self.assertIn("cannot be read", self.ask(api, token_file="/nonexistent/token")["warnings"][0])
        self.assertEqual(len(api.asked), 2)

    def test_a_certificate_of_somebody_else(self):
        api, other = Api(self, {}), Api(self, {})
        self.assertIn("certificate", self.ask(api, ca_file=str(other.certificate))["warnings"][0])
        self.assertIn("certificate", self.ask(api, ca_file="")["warnings"][0])
        self.assertIn("/nonexistent", self.ask(api, ca_file="/nonexistent")["warnings"][0])
        api.url = api.url.replace("localhost", "127.0.0.1")
        self.assertIn("certificate", self.ask(api)["warnings"][0])
        self.assertEqual(api.asked, [])

    def test_ten_megabytes(self):
        tasks = {str(i): task(username=f"user{i}", flavor={"text": "x" * 900}) for i in range(8000)}
        self.assertGreater(len(json.dumps(tasks)), 10_000_000)
        self.assertEqual(len(self.ask(Api(self, tasks))["nodes"][0]["tasks"]), 8000)


if __name__ == "__main__":
    unittest.main()
