"""A wemol-agent on any free port, and a stand-in for the recorder that publishes to it."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

AGENT = os.environ["WEMOL_AGENT"]
HOSTILE = 'a "b" \\ \n\t\u20ac'


def wait_until(is_true, what, seconds=60):
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Agent:
    """Runs within `with`; `port` is where it listens."""

    def __init__(self, *arguments):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        portfile = self.folder / "port"
        if "--recorder-socket" not in arguments:
            arguments += ("--recorder-socket=",)
        self._log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [AGENT, "--listen", "127.0.0.1:0", "--portfile", portfile, *arguments],
            stdout=self._log, stderr=self._log)
        try:
            wait_until(lambda: portfile.exists() or self.process.poll() is not None, "the portfile")
            assert portfile.exists(), self.log()
        except BaseException:
            self.close()
            raise
        self.port = int(portfile.read_text().removeprefix("sock="))
        self.address = f"127.0.0.1:{self.port}"

    def log(self):
        return (self.folder / "log").read_text()

    def get(self, path, **headers):
        request = urllib.request.Request(f"http://{self.address}{path}",
                                         headers={name.replace("_", "-"): text for name, text in headers.items()})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode(), answer.headers

    def close(self):
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log()
        self._log.close()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def task(task_id, **more):
    return {"task_id": task_id, "job_id": "7", "module_name": "MD", "container_name": f"task_{task_id}",
            "cpu_percent": 150.5, "memory_used_bytes": 1 << 30, "memory_limit_bytes": 4 << 30,
            "memory_percent": 25.0, "network_received_bytes": 123456789012, "network_sent_bytes": 1,
            "block_read_bytes": 2, "block_written_bytes": 3, "pids": 17, "gpu_count": 1,
            "gpus": [{"index": 0, "uuid": "GPU-1", "task_memory_used_bytes": 4096,
                      "task_sm_utilization_percent": 75.0}], **more}


class Recorder:
    """Publishes these tasks every second, as wemol-recorder does."""

    def __init__(self, path, tasks):
        self.path = str(path)
        self.tasks = tasks
        self._is_over = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _line(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime())
        return (json.dumps({"version": 1, "type": "snapshot", "taken_at": now, "tasks": self.tasks,
                            "ended_runs": [], "gpus": []}) + "\n").encode()

    def _run(self):
        clients = []
        while not self._is_over.is_set():
            try:
                clients.append(self._listener.accept()[0])
            except TimeoutError:
                pass
            for client in list(clients):
                try:
                    client.sendall(self._line())
                except OSError:  # it has gone
                    client.close()
                    clients.remove(client)
            self._is_over.wait(1)
        for client in clients:
            client.close()

    def close(self):
        self._is_over.set()
        self._thread.join()
        self._listener.close()
        os.unlink(self.path)
