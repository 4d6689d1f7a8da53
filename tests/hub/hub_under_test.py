"""The programs under test: wemol-hub, wemol-agent and small clients of both, with Python's own library only."""
import base64
import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import unittest

HUB = os.environ["WEMOL_HUB"]
AGENT = os.environ.get("WEMOL_AGENT", "")
PATIENCE = 60
SANITIZED = bool(os.environ.get("WEMOL_SANITIZERS"))
FULL = os.environ.get("WEMOL_FAULTS") == "full"

Answer = collections.namedtuple("Answer", "status headers body")


class Reply(Answer):
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json()["message"]


def eventually(holds, patience=PATIENCE, every=0.02):
    due = time.monotonic() + patience
    while not holds():
        if time.monotonic() > due:
            return False
        time.sleep(every)
    return True


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def old_report(host="gpu7", **more):
    """What the old collector sends: a naive local time, no interval, `gpuDevices` a text."""
    process = {"pid": 4242, "name": "python", "cmdline": "python train.py --lr 0.1", "cpu_percent": 101.3,
               "memory_percent": 3.25, "create_time": 1795830893.62, "status": "running", "username": "chen",
               "is_gpu_process": True, "gpu_memory_usage": 20100.0, "gpu_id": 0}
    report = {
        "hostname": host, "timestamp": "2026-11-28T12:00:00.123456",
        "gpu_data": [{"id": 0, "name": "NVIDIA GeForce RTX 4090", "temperature": 61.0, "memory_used": 20480.0,
                      "memory_total": 24564.0, "utilization": 97.5, "processes": [process]}],
        "system_info": {
            "cpu_percent": 12.5, "memory_total": 270276493312, "memory_used": 68719476736, "memory_percent": 25.4,
            "disk_total": 1967317549056, "disk_used": 983658774528, "disk_percent": 50.0, "ip_address": "10.1.2.7",
            "screen_sessions": [{"pid": "31337", "name": "train.big", "status": "Detached"}],
            "docker_containers": [{"id": "0123456789ab", "name": "jupyter", "status": "Up 3 days",
                                   "image": "jupyter/base", "memoryUsage": 536870912, "gpuDevices": "[0,1]"}],
            "processes": [{**process, "pid": 1, "name": "systemd", "is_gpu_process": False, "gpu_memory_usage": 0,
                           "gpu_id": None}]}}
    return {**report, **more}


class Connection:
    """One TCP or TLS connection and whatever bytes a test wants on it."""

    def __init__(self, port, host="127.0.0.1", tls=None, timeout=30):
        self.socket = socket.create_connection((host, port), timeout)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, method="GET"):
        """The next one; what it has in its body too."""
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        body = response.read()
        return Reply(response.status, response.headers, body)

    def is_closed(self, patience=PATIENCE):
        """Whether the other side closes it before long, after whatever it still says."""
        self.socket.settimeout(patience)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebSocket:
    """A client that reads when it is told to."""

    def __init__(self, port, path, headers=(), tls=None, host="127.0.0.1", receive_buffer=None):
        self.connection = Connection.__new__(Connection)
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(30)
        plain.connect((host, port))
        self.socket = self.connection.socket = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
                 *(f"{name}: {value}" for name, value in dict(headers).items())]
        self.connection.send("\r\n".join([*lines, "", ""]).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            got = self.socket.recv(1)  # frames may follow at once
            if not got:
                break
            head += got
        self.status = int(head.split()[1]) if head else None
        self.close_code = self.close_reason = None

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            got = self.socket.recv(min(count - len(data), 1 << 16))
            if not got:
                raise ConnectionError("the WebSocket has ended")
            data += got
        return data

    def frame(self, kind, data):
        size = len(data)
        head = bytes([0x80 | kind]) + (bytes([0x80 | size]) if size < 126 else
                                       b"\xfe" + struct.pack(">H", size) if size < 65536 else
                                       b"\xff" + struct.pack(">Q", size))
        self.socket.sendall(head + b"\0\0\0\0" + data)

    def say(self, message):
        self.frame(1, message if isinstance(message, bytes) else json.dumps(message).encode())

    def hear(self, patience=30):
        """The next message; None once it is closed. Pings are answered."""
        self.socket.settimeout(patience)
        text = b""
        while True:
            try:
                first, second = self._exactly(2)
                size = second & 127
                if size > 125:
                    size = struct.unpack(">H" if size == 126 else ">Q", self._exactly(2 if size == 126 else 8))[0]
                data = self._exactly(size)
            except ConnectionError:
                return None
            kind = first & 15
            if kind == 9:
                self.frame(10, data)
            elif kind == 8:
                self.close_code = struct.unpack(">H", data[:2])[0] if data else None
                self.close_reason = data[2:].decode()
                return None
            elif kind < 3:
                text += data
                if first & 0x80:
                    return json.loads(text)

    def register(self, host, token=None):
        self.say({"type": "register", "hostname": host, **({} if token is None else {"token": token})})
        return self.hear()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()


class Session:
    """A browser that is logged in: its cookie, and the page's token with what changes something."""

    def __init__(self, hub, answer):
        self.hub = hub
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.csrf = answer.json()["csrf"]

    def headers(self, **more):
        return {"Cookie": self.cookie, "X-CSRF-Token": self.csrf, "Content-Type": "application/json", **more}

    def get(self, path, **more):
        return self.hub.get(path, headers={"Cookie": self.cookie, **more})

    def post(self, path, value, **more):
        return self.hub.ask("POST", path, json.dumps(value), self.headers(**more))


class Hub:
    """Begins at once, on a port that is free; ends with the test. A stop of it is one with success."""

    def __init__(self, case, *options, folder=None, listen="127.0.0.1:0", tls=None, before=None, wrapper=()):
        self.case, self.options, self.listen, self.tls, self.wrapper = case, options, listen, tls, wrapper
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="wemol-hub-test-")
            case.addCleanup(made.cleanup)
            folder = made.name
        self.folder = pathlib.Path(folder)
        self.log_file = self.folder / "log"
        self.process = None
        self.port = 0
        case.addCleanup(self.kill)
        if before:
            before(self)
        self.start()

    def start(self):
        already = len(self.log())
        log = open(self.log_file, "ab")
        self.process = subprocess.Popen(
            [*self.wrapper, HUB, "--state-dir", self.folder, "--listen", self.listen, *self.options], stderr=log)
        log.close()
        begun = re.compile(r"serves on \S+:(\d+)")
        holds = eventually(lambda: begun.search(self.log()[already:]) or self.process.poll() is not None)
        found = begun.search(self.log()[already:])
        self.case.assertTrue(holds and found, self.log())
        self.port = int(found[1])

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def command(self, *words, stdin=None):
        return subprocess.run([HUB, *words, "--state-dir", self.folder], input=stdin, capture_output=True, text=True,
                              check=False)

    def enroll(self, host):
        done = self.command("enroll", host)
        self.case.assertEqual(done.returncode, 0, done.stderr)
        token = done.stdout.strip()
        if self.process and self.process.poll() is None:  # it looks for what is new once a second
            self.case.assertTrue(eventually(lambda: self.get("/api/sd", bearer(token)).status == 200, every=0.2))
        return token

    def set_password(self, user, password):
        done = self.command("set-password", user, stdin=password + "\n")
        self.case.assertEqual(done.returncode, 0, done.stderr)

    def ask(self, method, path, body=None, headers=(), timeout=PATIENCE):
        """One question on a connection of its own."""
        arguments = {"timeout": timeout}
        made = (http.client.HTTPSConnection("localhost", self.port, context=self.tls, **arguments) if self.tls
                else http.client.HTTPConnection("127.0.0.1", self.port, **arguments))
        try:
            made.request(method, path, body.encode() if isinstance(body, str) else body, dict(headers))
            answer = made.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            made.close()

    def get(self, path, headers=()):
        return self.ask("GET", path, None, headers)

    def post(self, path, value, token=None, **headers):
        body = value if isinstance(value, (str, bytes)) else json.dumps(value)
        more = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.ask("POST", path, body, {"Content-Type": "application/json", **bearer(token), **more})

    def report(self, report, token=None, **headers):
        return self.post("/api/report-gpu-stats", report, token, **headers)

    def machines(self, headers=()):
        return self.get("/api/gpu-stats", headers).json()["machines"]

    def login(self, user, password, **headers):
        answer = self.post("/api/login", {"user": user, "password": password}, **headers)
        self.case.assertEqual(answer.status, 200, answer)
        return Session(self, answer)

    def connect(self, timeout=30):
        made = Connection(self.port, tls=self.tls, timeout=timeout)
        self.case.addCleanup(made.close)
        return made

    def websocket(self, path, headers=(), **settings):
        made = WebSocket(self.port, path, headers, tls=self.tls, **settings)
        self.case.addCleanup(made.close)
        return made

    def memory_mib(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.case.assertEqual(self.process.wait(PATIENCE), 0, self.log())


class Agent:
    """Reports to a hub until the test ends."""

    def __init__(self, case, hub_url, token, *options, host="gpu7", interval="0.3", listen="127.0.0.1:0", wrapper=()):
        made = tempfile.TemporaryDirectory(prefix="wemol-agent-test-")
        case.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.token_file = self.folder / "token"
        self.token_file.touch(0o600)
        self.token_file.write_text(token + "\n")
        portfile = self.folder / "port"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, AGENT, "--listen", listen, "--portfile", portfile, "--recorder-socket=",
                 "--interval", interval, "--processes", "all", "--hub", hub_url, "--hub-token-file", self.token_file,
                 "--hub-hostname", host, *options], stderr=log)
        case.addCleanup(self.kill)
        case.assertTrue(eventually(lambda: portfile.exists() or self.process.poll() is not None))
        case.assertTrue(portfile.exists(), self.log())
        self.port = int(portfile.read_text().split("=")[1])

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return (self.folder / "log").read_text()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Case(unittest.TestCase):
    """A folder of the test's own, and hubs that end with it."""

    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix="wemol-hub-test-")
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)

    def hub(self, *options, **settings):
        return Hub(self, *options, **settings)

    def legacy_hub(self, *options, **settings):
        return self.hub("--accept-legacy-reports", "127.0.0.0/8", *options, **settings)

    def assert_memory(self, hub, before, most_mib, what):
        """How much more the hub has than before. What sanitizers add is not looked at."""
        grown = hub.memory_mib() - before
        print(f"{what}: {grown:.0f} MiB", flush=True)
        if not SANITIZED:
            self.assertLess(grown, most_mib)

    def assert_error(self, answer, status, text):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        said = answer.json()
        self.assertEqual((list(said), said["status"]), (["status", "message"], "error"))
        self.assertIn(text, said["message"])

    def certificate(self, name="IP:127.0.0.1,DNS:localhost", days=2, prefix="hub"):
        """A CA, and a certificate that it has signed for this name. What a client needs to trust it."""
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=self.folder, capture_output=True)
        if not (self.folder / "ca.pem").exists():
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj",
                    "/CN=test CA", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{prefix}.key", "-out", f"{prefix}.csr", "-subj",
                f"/CN={prefix}")
        (self.folder / "san").write_text(f"subjectAltName={name}\n")
        openssl("x509", "-req", "-in", f"{prefix}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                f"{prefix}.pem", "-days", str(days), "-extfile", "san")
        return ssl.create_default_context(cafile=self.folder / "ca.pem")


def is_readable(sock, patience):
    return bool(select.select([sock], [], [], patience)[0])
