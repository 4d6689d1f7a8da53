"""Chromium against wemol-agent: what its own pages, foreign pages and pages that are named may see."""
import asyncio
import functools
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import websockets

from agent_under_test import Agent, wait_until

TOKEN = "0123456789abcdef"

FOLLOW = """new Promise(done => {
  const seen = [];
  const socket = new WebSocket("ws://%s/ws/system-metrics");
  socket.onmessage = event => {
    seen.push(JSON.parse(event.data));
    if (seen.length == 4) { socket.close(); done(seen); }
  };
  socket.onerror = () => done("refused");
})"""
FETCH = 'fetch("http://%s/api/health", {headers: %s}).then(it => it.json()).catch(it => "refused")'


class Chromium:
    """Without a window; evaluates JavaScript in its one page."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = pathlib.Path(self._folder.name)
        self._process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-port=0", f"--user-data-dir={folder}",
             "--host-resolver-rules=MAP rebound.example 127.0.0.1", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = folder / "DevToolsActivePort"
        wait_until(lambda: port_file.exists() and "\n" in port_file.read_text(), "Chromium")
        port = port_file.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=30) as answer:
            self._url = next(it["webSocketDebuggerUrl"] for it in json.load(answer) if it["type"] == "page")

    def close(self):
        self._process.terminate()
        self._process.wait(60)
        self._folder.cleanup()

    async def _run(self, page, script):
        async with websockets.connect(self._url, max_size=None) as devtools:
            async def call(number, method, **parameters):
                await devtools.send(json.dumps({"id": number, "method": method, "params": parameters}))
                while True:
                    message = json.loads(await asyncio.wait_for(devtools.recv(), 60))
                    if message.get("id") == number:
                        return message["result"]

            await call(1, "Page.enable")
            await devtools.send(json.dumps({"id": 2, "method": "Page.navigate", "params": {"url": page}}))
            while json.loads(await asyncio.wait_for(devtools.recv(), 60)).get("method") != "Page.loadEventFired":
                pass
            result = await call(3, "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
            return result["result"].get("value")

    def run(self, page, script):
        """What the script, a promise or a value, comes to in that page."""
        return asyncio.run(self._run(page, script))


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chromium = Chromium()
        cls.addClassCleanup(cls.chromium.close)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        pathlib.Path(folder.name, "index.html").write_text("<!doctype html><title>another site</title>")
        site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=folder.name))
        threading.Thread(target=site.serve_forever, daemon=True).start()
        cls.addClassCleanup(site.server_close)
        cls.addClassCleanup(site.shutdown)
        cls.site = f"http://127.0.0.1:{site.server_address[1]}"

    def expect_records(self, messages):
        self.assertEqual([it["type"] for it in messages], ["system_info"] + ["metrics"] * 3)
        self.assertTrue(messages[0]["data"]["hostname"])
        times = [it["timestamp"] for it in messages[1:]]
        self.assertEqual(times, sorted(set(times)))
        for message in messages[1:]:
            self.assertEqual(message["data"]["nodeId"], "node-1")
            self.assertGreater(message["data"]["memory"]["used"], 0)

    def test_its_own_page_sees_the_records(self):
        with Agent("--node-id", "node-1", "--interval", "60") as agent:
            self.expect_records(self.chromium.run(f"http://{agent.address}/api/health", FOLLOW % agent.address))

    def test_a_foreign_page_sees_nothing(self):
        with Agent() as agent:
            self.assertEqual(self.chromium.run(self.site, FOLLOW % agent.address), "refused")
            self.assertEqual(self.chromium.run(self.site, FETCH % (agent.address, "{}")), "refused")

    def test_a_page_that_is_named_sees_the_records(self):
        with Agent("--node-id", "node-1", "--allow-origin", self.site) as agent:
            self.expect_records(self.chromium.run(self.site, FOLLOW % agent.address))
            answer = self.chromium.run(self.site, FETCH % (agent.address, "{}"))
            self.assertEqual(answer["status"], "healthy")

    def test_a_page_that_is_named_needs_the_token_too(self):
        with tempfile.NamedTemporaryFile("w") as token:
            token.write(TOKEN)
            token.flush()
            with Agent("--allow-origin", self.site, "--token-file", token.name) as agent:
                headers = json.dumps({"Authorization": f"Bearer {TOKEN}"})
                self.assertEqual(self.chromium.run(self.site, FETCH % (agent.address, headers))["status"], "healthy")
                self.assertEqual(self.chromium.run(self.site, FETCH % (agent.address, "{}"))["status"], "error")
                self.assertEqual(self.chromium.run(self.site, FOLLOW % agent.address), "refused")

    def test_a_name_that_is_made_to_point_here_sees_nothing(self):
        with Agent() as agent:
            page = f"http://rebound.example:{agent.port}/api/system/metrics"
            text = self.chromium.run(page, "document.body.innerText")
            self.assertEqual(json.loads(text)["status"], "error")
            self.assertEqual(self.chromium.run(page, FOLLOW % f"rebound.example:{agent.port}"), "refused")


if __name__ == "__main__":
    unittest.main()
