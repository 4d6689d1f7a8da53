"""A server that answers as Netdata 1.37 does, for days that are over. What is asked for is seen in `asked`."""
import http.server
import json
import threading
import urllib.parse

NAME = "unknown_AMD_GPU"
UTILIZATION = "amdgpu.gpu_utilization_{}_card{}"
MEMORY = "amdgpu.gpu_mem_vram_usage_perc_{}_card{}"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        pass


class NetdataServer:
    """`value(figure, card, end)`: of the bucket that ends there; None is a null. `now`: the end of its data.
    `odd`: by a chart's id what it answers instead: (status, content type, body)."""

    def __init__(self, case, cards, value, now, address="127.0.0.1", odd=None, name=NAME, wait=None):
        self.cards, self.value, self.now, self.odd, self.name = cards, value, now, odd or {}, name
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self):
                outer.asked.append(self.path)
                if wait:
                    wait.wait(30)
                status, kind, body = outer.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if self.headers.get("Connection", "").lower() != "keep-alive":
                    self.send_header("Connection", "close")  # as Netdata does
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = Server((address, 0), Handler)
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, args=(0.02,)).start()
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def charts(self):
        charts = {}
        for card in self.cards:
            for form, context in ((UTILIZATION, "amdgpu.gpu_utilization"), (MEMORY, "amdgpu.gpu_mem_vram_usage_perc")):
                charts[form.format(self.name, card)] = {"context": context, "family": f"x (card{card})",
                                                        "chart_labels": {"product_name": "AMD Instinct MI300X"}}
        charts["system.cpu"] = {"context": "system.cpu"}
        return charts

    def answer(self, path):
        parts = urllib.parse.urlsplit(path)
        if parts.path.endswith("/api/v1/charts"):
            odd = self.odd.get("charts")
            return odd or (200, "application/json", json.dumps({"charts": self.charts()}).encode())
        asked = dict(urllib.parse.parse_qsl(parts.query))
        chart = asked.get("chart", "")
        if chart in self.odd:
            return self.odd[chart]
        if chart not in self.charts():
            return 404, "text/plain", b"No metrics where matched to query."
        return 200, "application/json", self.data(chart, *(int(asked[k]) for k in ("after", "before", "points")))

    def data(self, chart, after, before, points):
        if before > self.now:  # the window moves back
            after, before = after - (before - self.now), self.now
        step = (before - after) // points
        last = -(-before // step) * step
        card = int(chart.rsplit("card", 1)[1])
        figure = "utilization" if chart.startswith("amdgpu.gpu_utilization") else "memory"
        rows = [[end, self.value(figure, card, end)] for end in range(last, last - points * step, -step)]
        return json.dumps({"labels": ["time", figure], "data": rows}).encode()
