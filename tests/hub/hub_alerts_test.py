"""Alerts of wemol-hub end to end: a report that breaks a rule is told to a webhook and by a command, and so is its
end."""
import http.server
import json
import threading
import unittest

from hub_under_test import Case, eventually, old_report


class Webhook:
    """A server for webhooks. `answers`: the status of each, the last one for all that follow."""

    def __init__(self, case, *answers):
        self.got = []
        left = list(answers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        case.addCleanup(server.server_close)
        case.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/hook?for=gpu"

    def statuses(self):
        return [notice["status"] for _, _, notice in self.got]


class Alerts(Case):
    RULE = '[[alert]]\nname = "hot"\nmetric = "gpu.temp"\nabove = 85\nresolve-after = "0s"\n'

    def watching(self, text):
        config = self.folder / "hub.toml"
        config.write_text('accept-legacy-reports = "127.0.0.0/8"\n' + text)
        return self.hub("--config", config)

    @staticmethod
    def at(degrees):
        report = old_report()
        report["gpu_data"][0]["temperature"] = degrees
        return report

    def test_a_webhook_hears_of_begin_and_end(self):
        webhook = Webhook(self, 204)
        hub = self.watching(self.RULE + f'webhook = "{webhook.url}"\n')
        hub.report(self.at(84))
        hub.report(self.at(91))
        self.assertTrue(eventually(lambda: webhook.statuses() == ["firing"]), hub.log())
        path, kind, notice = webhook.got[0]
        self.assertEqual((path, kind), ("/hook?for=gpu", "application/json"))
        self.assertEqual({key: notice[key] for key in ("rule", "severity", "host", "gpu", "metric", "value", "threshold")},
                         {"rule": "hot", "severity": "warning", "host": "gpu7", "gpu": 0, "metric": "gpu.0.temp",
                          "value": 91.0, "threshold": 85.0})
        self.assertEqual(hub.get("/api/alerts").json()["alerts"][0]["state"], "firing")
        hub.report(self.at(60))
        self.assertTrue(eventually(lambda: webhook.statuses() == ["firing", "resolved"]), hub.log())

    def test_a_webhook_that_fails_is_tried_again_and_the_log_says_so(self):
        webhook = Webhook(self, 503, 200)
        hub = self.watching(self.RULE + f'webhook = "{webhook.url}"\n')
        hub.report(self.at(91))
        self.assertTrue(eventually(lambda: webhook.statuses() == ["firing", "firing"]), hub.log())
        self.assertIn("503", hub.log())

    def test_a_command_gets_its_arguments_as_they_are(self):
        said = self.folder / "said"
        script = self.folder / "tell"
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {said}\n')
        script.chmod(0o755)
        hub = self.watching(self.RULE.replace('"hot"', '"$(touch /tmp/never); `id`"') +
                            f'command = ["{script}", "{{status}}", "{{rule}}", "{{host}}", "{{value}}"]\n')
        hub.report(self.at(91))
        hub.report(self.at(91))
        self.assertTrue(eventually(lambda: said.exists() and said.read_text().count("\n") == 4), hub.log())
        self.assertEqual(said.read_text().splitlines(), ["firing", "$(touch /tmp/never); `id`", "gpu7", "91"])


if __name__ == "__main__":
    unittest.main()
