"""wemol-report daily as a program; stand-ins for Netdata and the management API, with Python's own library only."""
import contextlib
import http.server
import json
import math
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

REPORT = os.environ["WEMOL_REPORT"]
GOLDEN = pathlib.Path(os.environ["WEMOL_GOLDEN"])
SANITIZED = bool(os.environ.get("WEMOL_SANITIZERS"))
PATIENCE = 60

DATE = "2025-08-01"
BEGIN = 1753977600  # its midnight in Asia/Taipei
PIECE = 21600       # four in a day
CARDS = [1, 9, 17, 25, 33, 41, 49, 57]

# Utilization and memory of each piece, as tests/golden/daily/*/gpu4 has them.
IDLE = [(0, 0.14)] * 4
EXAMPLE = {card: IDLE for card in CARDS}
EXAMPLE[17] = [(10, 83), (20.5, 83.5), (30.62, 83.52), (20, 83.5)]
EXAMPLE[25] = [(0, 82), (72.68, 82.54), (0, 82.27), (0, 82.27)]


def gpu(number, uuid, name="AMD Instinct MI300X", memory=196592):
    return {"id": number, "uuid": uuid, "name": name, "memory": memory, "mig": False}


def task(user, host, gpus, start, end=None, seconds=None, **more):
    return {"uuid": "u", "username": user, "flavor": {}, "hostname": host, "gpus": gpus, "start": start, "end": end,
            "total_seconds": seconds,
            "task": {"id": 1, "uuid": "t", "_type": "LAB", "project_uuid": "pd6ce655", "owner": user,
                     "image": "myelintek/labu1f682d9:1750235191", "create_time": start, **more}}


EXAMPLE_TASKS = {
    "0": task("nycubme", "gpu4", [gpu(27, "APU-70cb99ce3e214bda")], "Mon, 14 Jul 2025 14:22:00 GMT", seconds=86399.0),
    "1": task("alice", "gpu4", [gpu(28, "APU-0000000000000028")], "Thu, 31 Jul 2025 22:00:00 GMT",
              "Fri, 01 Aug 2025 04:00:00 GMT", 21600.0, _type="WEBAPP", project_uuid="p0000001", image="lab/train:7"),
}


class Server:
    """An HTTP server in a thread; `answer(path, query, headers)` gives a status and a body."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                status, body = answer(url.path, dict(urllib.parse.parse_qsl(url.query)), self.headers)
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Netdata(Server):
    """A node with AMD cards: as Netdata's API answers, newest first, each row with the end of its piece.

    `cards` maps a card's number to the pairs of each piece since BEGIN; None is null. `broken`: cards without data.
    """

    def __init__(self, cards, broken=(), delay=0.0):
        self.cards, self.broken, self.delay = cards, set(broken), delay
        self.asked = []
        super().__init__(self.answer)

    def answer(self, path, query, _):
        self.asked.append((path, query))
        time.sleep(self.delay)
        kinds = ("gpu_utilization", "gpu_mem_vram_usage_perc")
        names = {f"amdgpu.{kind}_unknown_AMD_GPU_card{card}": (kind, card) for card in self.cards for kind in kinds}
        if path == "/api/v1/charts":
            return 200, {"charts": {name: {"id": name, "name": name, "context": f"amdgpu.{kind}"}
                                    for name, (kind, card) in names.items()}}
        if path != "/api/v1/data" or query.get("chart") not in names:
            return 404, b"Chart is not found"
        kind, card = names[query["chart"]]
        if card in self.broken:
            return 404, b"no data"
        after, before, points = int(query["after"]), int(query["before"]), int(query["points"])
        piece = math.ceil((before - after) / points)
        rows = []
        for i, pair in enumerate(self.cards[card]):
            end = BEGIN + (i + 1) * piece
            if after < end <= before:
                rows.append([end, pair[kinds.index(kind)]])
        if not rows:
            return 404, b"No metrics where matched to query."
        return 200, {"labels": ["time", kind], "data": rows[::-1]}


class Management(Server):
    def __init__(self, tasks, token="s3cret-token"):
        self.tasks, self.token, self.status = tasks, token, 200
        self.asked = []
        super().__init__(self.answer)

    def answer(self, path, query, headers):
        self.asked.append((path, query))
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"message": "no"}
        return self.status, self.tasks if self.status == 200 else {"message": f"broken {self.token}"}


class Silent:
    """Takes connections and never says a word: a node that hangs."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.socket.close()


class DailyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wemol-daily-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"

    def serve(self, server):
        self.addCleanup(server.close)
        return server

    def config(self, nodes, management=None, head="", **keys):
        """Writes settings. `nodes`: name -> URL, or name -> the lines of its table."""
        text = f'zone = "Asia/Taipei"\npoints = 4\ntimeout = {keys.get("timeout", 20)}\n{head}'
        for name, node in nodes.items():
            lines = node if "\n" in node else f'url = "{node}"\ncards = {CARDS}\nid-base = 24\n'
            text += f'[[node]]\nname = "{name}"\n{lines}'
        if management:
            token = self.folder / "token"
            token.write_text(management.token + "\n")
            token.chmod(0o600)
            text += f'[management]\nurl = "{management.url}"\ntoken-file = "token"\n'
        file = self.folder / "daily.toml"
        file.write_text(text)
        return file

    def command(self, *arguments):
        return [REPORT, "daily", "--config", self.folder / "daily.toml", "--data-dir", self.data,
                *map(str, arguments)]

    def run_daily(self, *arguments, status=0, **more):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=PATIENCE, check=False,
                              **more)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def files(self):
        return sorted(str(file.relative_to(self.data)) for file in self.data.rglob("*")
                      if file.is_file() and not file.name.startswith("."))

    def assert_golden(self, titles, node="gpu4", names=("gpu2", "average", "summary")):
        for name in names:
            suffix = "txt" if name == "summary" else "csv"
            file = f"{node}/{{}}{name}_{DATE}.{suffix}"
            self.assertEqual((self.data / file.format(f"{DATE}/")).read_bytes(),
                             (GOLDEN / titles / file.format("")).read_bytes(), file)
