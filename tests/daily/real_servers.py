"""A real Netdata and a real Prometheus, each with a port and a folder of its own."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time
import urllib.request

NETDATA = shutil.which("netdata") or "/usr/sbin/netdata"
HAS_NETDATA = os.path.exists(NETDATA)
HAS_PROMETHEUS = bool(shutil.which("prometheus") and shutil.which("promtool"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def until_it_ends(case, command, **more):
    server = subprocess.Popen([str(word) for word in command], **more)
    case.addCleanup(server.wait)
    case.addCleanup(server.terminate)


def wait_for_answer(case, url, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    case.fail(f"{url} does not answer")


def start_netdata(case, folder, plugin):
    """Its URL. `plugin`: the text of its only collector."""
    port = free_port()
    folder = pathlib.Path(folder)
    for name in ("etc", "lib", "cache", "log", "run", "plugins"):
        (folder / name).mkdir(parents=True)
    collector = folder / "plugins" / "amdgpu.plugin"
    collector.write_text(plugin)
    collector.chmod(0o755)
    off = ("proc", "diskspace", "cgroups", "tc", "idlejitter", "checks", "timex", "statsd", "apps", "perf",
           "netdata monitoring")
    config = folder / "etc" / "netdata.conf"
    config.write_text(
        f"[global]\nrun as user = {pwd.getpwuid(os.getuid()).pw_name}\n"
        "[db]\nmode = ram\nretention = 3600\n[directories]\n" +
        "".join(f"{key} = {folder / name}\n" for key, name in
                (("config", "etc"), ("lib", "lib"), ("cache", "cache"), ("log", "log"), ("plugins", "plugins"))) +
        f"[web]\nbind to = 127.0.0.1:{port}\n[health]\nenabled = no\n[ml]\nenabled = no\n[plugins]\n" +
        "".join(f"{name} = no\n" for name in off))
    log = open(folder / "log" / "out", "w", encoding="utf-8")
    case.addCleanup(log.close)
    until_it_ends(case, [NETDATA, "-D", "-c", config, "-P", folder / "run" / "pid"], stdout=log, stderr=log)
    return f"http://127.0.0.1:{port}"


def backfill_prometheus(folder, openmetrics):
    """Puts samples of the past into the data that start_prometheus() of the same folder serves."""
    text = pathlib.Path(folder) / "samples"
    text.write_text(openmetrics)
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, pathlib.Path(folder) / "data"],
                   check=True, capture_output=True)


def start_prometheus(case, folder, config="global: {}\n"):
    """Its URL."""
    folder = pathlib.Path(folder)
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    until_it_ends(case, ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y"],
                  stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    wait_for_answer(case, url + "/-/ready")
    return url
