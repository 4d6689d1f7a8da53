"""Ending processes from the page: wemol-hub, a real wemol-agent and real processes, and agents that misbehave."""
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

from hub_under_test import PATIENCE, Agent, Case, eventually, old_report

USER = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
PASSWORD = "correct horse"
LAST_PID = pathlib.Path("/proc/sys/kernel/ns_last_pid")
IGNORES_TERM = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"


class Kills(Case):
    """The page's user is alice."""

    def setUp(self):
        super().setUp()
        self.served = self.hub("--accept-legacy-reports", "127.0.0.0/8",
                               before=lambda hub: (hub.set_password("alice", PASSWORD),
                                                   setattr(self, "token", hub.enroll("gpu7"))))
        self.alice = self.served.login("alice", PASSWORD)

    def agent(self, *options, **settings):
        agent = Agent(self, f"http://127.0.0.1:{self.served.port}", self.token, *options, **settings)
        self.assertTrue(eventually(lambda: "gpu7 has connected" in self.served.log()), agent.log())
        return agent

    def process(self, *command, **settings):
        child = subprocess.Popen(command or ["sleep", "600"], start_new_session=True, **settings)
        self.addCleanup(lambda: (child.kill(), child.wait()))
        return child

    def reported(self):
        machine = self.alice.get("/api/gpu-stats").json()["machines"].get("gpu7", {})
        return {it["pid"]: it for it in machine.get("system_info", {}).get("processes") or []}

    def wait_for(self, *processes):
        self.assertTrue(eventually(lambda: self.reported().keys() >= {it.pid for it in processes}, every=0.1))

    def kill(self, *pids, **more):
        answer = self.alice.post("/api/kill-processes", {"hostname": "gpu7", "pids": list(pids), **more})
        self.assertEqual(answer.status, 200, answer)
        said = answer.json()
        self.assertEqual((said["status"], said["message"]), ("success", "命令已发送到客户端"))
        self.assertEqual([it["pid"] for it in said["results"]], list(pids))
        return [(it["status"], it["message"]) for it in said["results"]]

    def ended(self, process):
        return ("success", f"进程 {process.pid} 已终止")

    def gone(self, pid):
        return ("error", f"进程 {pid} 不存在")

    def denied(self, pid):
        return ("error", f"没有权限终止进程 {pid}")

    def test_the_right_one_ends_and_both_sides_know_who_asked(self):
        agent = self.agent("--hub-kill-users", USER)
        victim, bystander = self.process(), self.process()
        self.wait_for(victim, bystander)
        self.assertEqual(self.kill(victim.pid, requested_by="bob", id=1), [self.ended(victim)])
        self.assertEqual(victim.wait(PATIENCE), -signal.SIGTERM)
        self.assertIsNone(bystander.poll())
        who = "alice from 127.0.0.1"
        self.assertIn(f"kill: {who} asks gpu7 to end {victim.pid}\n", self.served.log())
        self.assertIn(f"kill: {victim.pid} of gpu7, for {who}: success 进程 {victim.pid} 已终止", self.served.log())
        self.assertIn(f"process {victim.pid} (sleep) of {USER}: SIGTERM; asked for by {who}", agent.log())
        self.assertIn(f"process {victim.pid} (sleep) of {USER}: it has ended; asked for by {who}", agent.log())
        self.assertNotIn("bob", agent.log() + self.served.log())

    def test_one_that_does_not_listen_ends_too(self):
        self.agent("--hub-kill-users", USER)
        victim = self.process(sys.executable, "-c", IGNORES_TERM, stdout=subprocess.PIPE)
        victim.stdout.readline()
        self.addCleanup(victim.stdout.close)
        self.wait_for(victim)
        self.assertEqual(self.kill(victim.pid), [self.ended(victim)])
        self.assertEqual(victim.wait(PATIENCE), -signal.SIGKILL)

    def test_it_is_off_by_default(self):
        agent, victim = self.agent(), self.process()
        self.wait_for(victim)
        self.assertEqual(self.kill(victim.pid), [self.denied(victim.pid)])
        self.assertIsNone(victim.poll())
        self.assertIsNone(agent.process.poll())

    def test_others_processes_are_not_ended(self):
        agent = self.agent("--hub-kill-users", "daemon,no-such-user")
        victim = self.process()
        processes = [victim]
        if os.geteuid() == 0:
            processes.append(self.process(user="daemon", group="daemon"))
        self.wait_for(*processes)
        answer = self.kill(*(it.pid for it in processes))
        self.assertEqual(answer[0], self.denied(victim.pid))
        if os.geteuid() == 0:
            self.assertEqual(answer[1], self.ended(processes[1]))
        self.assertIsNone(victim.poll())
        self.assertIsNone(agent.process.poll())

    def test_neither_init_nor_the_agent_and_its_group_nor_what_is_not_there(self):
        agent = self.agent("--hub-kill-users", f"{USER},root")
        companion = subprocess.Popen(["sleep", "600"], process_group=os.getpgid(agent.pid))
        self.addCleanup(lambda: (companion.kill(), companion.wait()))
        past = self.process("true")
        past.wait()
        self.wait_for(companion, agent)
        self.assertEqual(self.kill(0, 1, agent.pid, companion.pid, past.pid, 4194303),
                         [self.denied(0), self.denied(1), self.denied(agent.pid), self.denied(companion.pid),
                          self.gone(past.pid), self.gone(4194303)])
        self.assertIsNone(companion.poll())
        self.assertIsNone(agent.process.poll())

    def test_not_the_one_that_was_seen(self):
        self.agent("--hub-kill-users", USER)
        victim = self.process()
        self.wait_for(victim)
        began = self.reported()[victim.pid]["create_time"]
        for wrong in (began - 60, began + 1, 0):
            seen = [{"pid": victim.pid, "create_time": wrong}]
            self.assertEqual(self.kill(victim.pid, processes=seen), [self.gone(victim.pid)], wrong)
        self.assertIsNone(victim.poll())
        seen = [{"pid": victim.pid, "create_time": began}]
        self.assertEqual(self.kill(victim.pid, processes=seen), [self.ended(victim)])

    @unittest.skipUnless(os.access(LAST_PID, os.W_OK), "only root may choose the next pid")
    def test_a_pid_that_was_used_again(self):
        self.agent("--hub-kill-users", USER, interval="3")
        first = self.process()
        self.wait_for(first)
        seen = [{"pid": first.pid, "create_time": self.reported()[first.pid]["create_time"]}]
        first.kill()
        first.wait()
        second = self.again(first.pid)
        self.assertEqual(self.kill(first.pid, processes=seen), [self.gone(first.pid)])
        self.assertEqual(self.kill(first.pid), [self.gone(first.pid)], "whether it is in a report by now or not")
        self.assertIsNone(second.poll())

    def again(self, pid):
        """Another process with this pid. Others may get it meanwhile."""
        for _ in range(200):
            LAST_PID.write_text(str(pid - 1))
            child = self.process()
            if child.pid == pid:
                return child
            child.kill()
            child.wait()
        self.skipTest("somebody else has the pid")

    def test_a_thousand_at_once(self):
        self.agent("--hub-kill-users", USER)
        victims = [self.process() for _ in range(30)]
        self.wait_for(*victims)
        pids = [it.pid for it in victims] + [4194303 - i for i in range(970)]
        results = self.kill(*pids)
        self.assertEqual(results[:30], [self.ended(it) for it in victims])
        self.assertEqual(set(results[30:]), {self.gone(pid) for pid in pids[30:]})

    def test_several_who_ask_at_the_same_time(self):
        self.agent("--hub-kill-users", USER)
        victims = [self.process() for _ in range(8)]
        self.wait_for(*victims)
        answers = {}
        threads = [threading.Thread(target=lambda it=it: answers.update({it.pid: self.kill(it.pid)})) for it in victims]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, {it.pid: [self.ended(it)] for it in victims})

    def test_only_who_is_logged_in(self):
        self.agent("--hub-kill-users", USER)
        victim = self.process()
        self.wait_for(victim)
        ask = {"hostname": "gpu7", "pids": [victim.pid]}
        self.assert_error(self.served.post("/api/kill-processes", ask), 401, "log in")
        self.assert_error(self.served.post("/api/kill-processes", ask, self.token), 401, "log in")
        self.assert_error(self.served.post("/api/kill-processes", ask, Cookie=self.alice.cookie), 403, "X-CSRF-Token")
        self.assertIsNone(victim.poll())


class Registrations(Case):
    """Agents of the test's own, which say what they like."""

    def setUp(self):
        super().setUp()
        self.served = self.legacy_hub(before=lambda hub: setattr(self, "token", hub.enroll("gpu7")))
        self.error = {"type": "register_response", "status": "error",
                      "message": "the token is not that of this host"}
        self.success = {"type": "register_response", "status": "success"}

    def ask_to_kill(self, *pids):
        """The answer comes once the agent has given its own."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            self.served.post("/api/kill-processes", {"hostname": "gpu7", "pids": list(pids)})))
        thread.start()
        self.addCleanup(thread.join)

        def finish():
            thread.join(PATIENCE)
            return answers[0]
        return finish

    def assert_hung_up(self, agent, reason):
        self.assertIsNone(agent.hear())
        self.assertEqual((agent.close_code, agent.close_reason), (1008, reason))

    def test_who_may_register(self):
        for host, token, is_accepted in (("gpu7", self.token, True), ("gpu7", "wrong", False), ("gpu7", None, False),
                                         ("gpu8", self.token, False), ("gpu8", "wrong", False), ("gpu8", None, True),
                                         ("a b", None, False), ("", None, False), (7, None, False),
                                         ("gpu7", 7, False), ("gpu7", self.token + "x", False)):
            agent = self.served.websocket("/ws")
            answer = agent.register(host, token)
            self.assertEqual(answer, self.success if is_accepted else self.error, (host, token))
            if not is_accepted:
                self.assert_hung_up(agent, "not registered")
        self.assertIn("127.0.0.1 may not register as gpu8", self.served.log())

    def test_nobody_registers_without_a_token_elsewhere(self):
        strict = self.hub()
        agent = strict.websocket("/ws")
        self.assertEqual(agent.register("gpu8"), self.error)

    def test_a_new_connection_takes_the_place_of_the_old_one(self):
        first, second = self.served.websocket("/ws"), self.served.websocket("/ws")
        self.assertEqual(first.register("gpu7", self.token), self.success)
        self.assertEqual(second.register("gpu7", self.token), self.success)
        self.assert_hung_up(first, "the host has connected anew")
        first.close()
        self.served.report(old_report(), self.token)
        finish = self.ask_to_kill(5)
        order = second.hear()
        self.assertEqual((order["type"], order["pids"]), ("kill_processes", [5]))
        second.say({"type": "kill_process_result", "id": order["id"], "status": "success", "message": "成功终止 1/1 个进程",
                    "results": [{"pid": 5, "status": "success", "message": "进程 5 已终止"}]})
        self.assertEqual(finish().json()["results"], [{"pid": 5, "status": "success", "message": "进程 5 已终止"}])
        self.assertNotIn("gpu7 has disconnected", self.served.log())

    def test_an_old_one_that_dies_late_takes_nothing_with_it(self):
        first = self.served.websocket("/ws")
        first.register("gpu7", self.token)
        second = self.served.websocket("/ws")
        second.register("gpu7", self.token)
        # It never answers the close, and ends without a word.
        first.socket.close()
        finish = self.ask_to_kill(5)
        self.assertEqual(second.hear()["pids"], [5])
        second.close()
        self.assertEqual([it["status"] for it in finish().json()["results"]], ["unknown"])
        self.assertTrue(eventually(lambda: "gpu7 has disconnected" in self.served.log()))

    def test_one_that_is_silent(self):
        silent = self.served.websocket("/ws")
        mute = self.served.websocket("/ws")
        mute.register("gpu7", self.token)
        begin = time.monotonic()
        finish = self.ask_to_kill(5, 6)
        mute.hear()
        self.assertEqual(finish().json()["results"],
                         [{"pid": pid, "status": "unknown", "message": f"没有收到进程 {pid} 的结果"} for pid in (5, 6)])
        self.assertGreaterEqual(time.monotonic() - begin, 9.9)
        self.assert_hung_up(silent, "no register came")
        # A late answer is no answer to the next question.
        mute.say({"type": "kill_process_result", "id": 1, "results": [{"pid": 7, "status": "success"}]})
        finish = self.ask_to_kill(7)
        order = mute.hear()
        self.assertEqual(order["pids"], [7])
        mute.say({"type": "kill_process_result", "id": order["id"], "results": [{"pid": 7, "status": "error",
                                                                                "message": "<b>\n\x1b[31m"}]})
        self.assertEqual(finish().json()["results"][0]["status"], "error")
        self.assertNotIn("\x1b", self.served.log())

    def test_answers_that_are_none(self):
        agent = self.served.websocket("/ws")
        agent.register("gpu7", self.token)
        finish = self.ask_to_kill(5, 6)
        order = agent.hear()
        for message in (b"{", b"[]", b"7", b'"kill_process_result"', b"[" * 5000, b'{"type":"kill_process_result","id":"x"}',
                        {"type": "kill_process_result", "id": order["id"] + 1, "results": []},
                        {"type": "of tomorrow", "id": order["id"]}):
            agent.say(message)
        agent.say({"type": "kill_process_result", "id": order["id"], "results": [
            {"pid": 6, "status": "success", "message": "进程 6 已终止"}, {"pid": 99, "status": "success"},
            {"pid": "5"}, 5, None, {"pid": 5, "status": "invented"}]})
        self.assertEqual([(it["pid"], it["status"]) for it in finish().json()["results"]], [(5, "unknown"), (6, "success")])

    def test_another_host_cannot_answer(self):
        right, wrong = self.served.websocket("/ws"), self.served.websocket("/ws")
        right.register("gpu7", self.token)
        wrong.register("gpu8")
        finish = self.ask_to_kill(5)
        order = right.hear()
        answer = {"type": "kill_process_result", "id": order["id"]}
        wrong.say({**answer, "results": [{"pid": 5, "status": "success", "message": "from gpu8"}]})
        wrong.say({"type": "register", "hostname": "gpu7"})
        self.assertEqual(wrong.hear(), self.error)
        right.say({**answer, "results": [{"pid": 5, "status": "error", "message": "from gpu7"}]})
        self.assertEqual(finish().json()["results"], [{"pid": 5, "status": "error", "message": "from gpu7"}])

    def test_long_messages(self):
        stranger = self.served.websocket("/ws")
        stranger.say(b" " * 5000)
        self.assert_hung_up(stranger, "register first")
        agent = self.served.websocket("/ws")
        agent.register("gpu7", self.token)
        agent.say(b" " * (257 << 10))
        self.assertIsNone(agent.hear())
        self.assertEqual(agent.close_code, 1009)
        self.assert_error(self.served.post("/api/kill-processes", {"hostname": "gpu7", "pids": [5]}), 404, "不在线")


if __name__ == "__main__":
    unittest.main(verbosity=2)
