"""The module as programs use it: the manual's names, on this host."""

import gc
import json
import math
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import wemol_monitor as tracklab


def lines_of(file):
    return [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()]


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come")
        time.sleep(0.01)


class ModuleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="wemol-python-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        os.environ["WEMOL_DIR"] = folder.name
        self.addCleanup(os.environ.pop, "WEMOL_DIR")

    def init(self, **options):
        options = {"project": "project", "run_id": "run", "collect_interval": 0.1, **options}
        run = tracklab.init(**options)
        self.addCleanup(run.finish)
        return run

    def python(self, text, **options):
        """Runs `text` in a Python of its own."""
        return subprocess.run(
            [sys.executable, "-X", "dev", "-c", text],
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )


class RunTest(ModuleTest):
    def test_a_run_from_begin_to_end(self):
        with tracklab.init(project="project", run_id="run", collect_interval=0.1) as run:
            self.assertEqual((run.id, run.project), ("run", "project"))
            tracklab.get_run_system_monitor("run").get_current_metrics()
            self.assertTrue(run.log({"loss": 0.5, "epoch": 3, "best": True, "note": "ü", "no": None}))
            self.assertTrue(run.log({"loss": 0.25}, step=10))
        self.assertFalse(run.log({"loss": 1}))
        status = run.finish()
        self.assertTrue(status["is_finished"])
        self.assertEqual(status["lines_written"], 2)
        first, second = lines_of(self.folder / "project" / "run.jsonl")
        self.assertEqual(first["loss"], 0.5)
        self.assertIs(type(first["epoch"]), int)
        self.assertIs(first["best"], True)
        self.assertEqual(first["note"], "ü")
        self.assertIsNone(first["no"])
        self.assertGreaterEqual(first["system.cpu.usage_percent"], 0)
        self.assertEqual(second["_step"], 10)

    def test_numbers_of_all_kinds(self):
        class Tensor:
            def __float__(self):
                return 1.5

        class Index:
            def __index__(self):
                return 7

        from decimal import Decimal

        run = self.init(system_monitor=False)
        run.log(
            {
                "nan": math.nan,
                "inf": -math.inf,
                "big": 2**70,
                "bigger": 10**400,
                "tensor": Tensor(),
                "index": Index(),
                "decimal": Decimal("0.1"),
                "surrogate": "\udc80",
            }
        )
        (line,) = lines_of(run.file)
        self.assertIsNone(line["nan"])
        self.assertIsNone(line["inf"])
        self.assertIsNone(line["bigger"])
        self.assertEqual(line["big"], 2.0**70)
        self.assertEqual((line["tensor"], line["index"], line["decimal"]), (1.5, 7, 0.1))
        self.assertEqual(line["surrogate"], "?")

    def test_what_is_no_value_is_an_argument(self):
        run = self.init(system_monitor=False)
        for value in ([1, 2], {"a": 1}, object(), b"1", 1j):
            with self.assertRaisesRegex(TypeError, '"odd"'):
                run.log({"odd": value})
        with self.assertRaises(TypeError):
            run.log({1: 2})
        with self.assertRaises(TypeError):
            run.log(5)
        for interval in (0.05, -1, math.nan):
            with self.assertRaisesRegex(ValueError, "0.1 s"):
                tracklab.init(collect_interval=interval)
            with self.assertRaises(ValueError):
                tracklab.get_run_system_monitor("run", collect_interval=interval)
        self.assertEqual(run.status()["lines_lost"], 0)

    def test_the_reason_of_a_value_that_fails_is_kept(self):
        class Failing:
            def __init__(self, error):
                self.error = error

            def __float__(self):
                raise self.error

        run = self.init(system_monitor=False)
        with self.assertRaisesRegex(TypeError, '"odd" is a .*Failing') as caught:
            run.log({"odd": Failing(RuntimeError("the device is lost"))})
        self.assertIsInstance(caught.exception.__cause__, RuntimeError)
        with self.assertRaises(KeyboardInterrupt):
            run.log({"odd": Failing(KeyboardInterrupt())})

    def test_a_value_may_empty_its_dictionary(self):
        class Emptying:
            def __float__(self):
                values.clear()
                gc.collect()
                raise ValueError("none")

        run = self.init(system_monitor=False)
        values = {"first": Emptying()}
        with self.assertRaisesRegex(TypeError, "Emptying"):
            run.log(values)

    def test_a_folder_need_not_be_text(self):
        folder = os.fsencode(self.folder) + b"/\xff"
        run = self.init(dir=folder, system_monitor=False)
        self.assertTrue(run.log({"loss": 1}))
        self.assertEqual(os.fsencode(run.file), folder + b"/project/run.jsonl")
        run = self.init(dir=os.fsdecode(folder), run_id="second", system_monitor=False)
        self.assertTrue(run.log({"loss": 1}))
        (self.folder / "project").write_text("")
        blocked = self.init(dir=folder + b"/project/run.jsonl", run_id="third")
        self.assertFalse(blocked.log({}))
        self.assertIn("run.jsonl", blocked.finish()["last_error"])

    def test_a_folder_that_cannot_be_written_does_not_raise(self):
        (self.folder / "project").write_text("a file in the folder's place")
        run = self.init()
        self.assertFalse(run.log({"loss": 1}))
        status = run.finish()
        self.assertEqual(status["lines_lost"], 1)
        self.assertIn("run.jsonl", status["last_error"])

    def test_a_folder_may_be_a_path(self):
        run = self.init(dir=self.folder / "elsewhere")
        run.log({})
        self.assertTrue((self.folder / "elsewhere" / "project" / "run.jsonl").exists())


class MonitorTest(ModuleTest):
    def test_summary_and_groups(self):
        run = self.init()
        hardware = tracklab.monitor_hardware(run.id)
        summary = hardware.get_hardware_summary()
        self.assertIsInstance(summary["gpu"], list)
        self.assertGreaterEqual(summary["cpu"]["overall"], 0)
        self.assertGreater(summary["memory"]["usage"], 0)
        self.assertTrue(hardware.log_all_metrics())
        self.assertTrue(tracklab.monitor_cpu(run).log_cpu_metrics())
        self.assertTrue(tracklab.monitor_memory(run.id).log_memory_metrics())
        everything, cpu, memory = lines_of(run.file)
        self.assertIn("system.memory.used_bytes", everything)
        self.assertNotIn("system.memory.used_bytes", cpu)
        self.assertIn("system.memory.used_bytes", memory)

    def test_cpu_and_memory(self):
        cpu = tracklab.monitor_cpu("run")
        memory = tracklab.monitor_memory("run")
        self.assertEqual(cpu.get_cpu_count(), len(os.sched_getaffinity(0)) or os.cpu_count())
        self.assertTrue(0 <= cpu.get_cpu_usage() <= 100)
        self.assertEqual(len(cpu.get_cpu_load()), 3)
        self.assertEqual(len(cpu.get_core_usage()), cpu.get_cpu_count())
        self.assertEqual(set(memory.get_memory_bytes()), {"used", "total"})
        self.assertEqual(set(memory.get_swap_info()), {"used", "total", "percentage"})
        info = memory.get_memory_info()
        self.assertEqual(info["total"], memory.get_memory_bytes()["total"])
        total = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) * 1024
        self.assertEqual(info["total"], total)

    def test_gpus_as_far_as_there_are_any(self):
        gpu = tracklab.monitor_gpu("run")
        count = gpu.get_gpu_count()
        self.assertEqual(len(gpu.get_gpu_info()), count)
        self.assertEqual(len(gpu.get_gpu_utilization()), count)
        self.assertEqual(gpu.log_gpu_metrics(), count > 0)
        with gpu.monitor_gpu_usage() as usage:
            self.assertEqual(usage.summary, [])
        self.assertEqual(len(usage.summary), count)
        with gpu.monitor_gpu_usage(gpu_id=4711) as usage:
            pass
        self.assertEqual(usage.summary, [])

    def test_scopes_log_at_an_interval(self):
        run = self.init()
        hardware = tracklab.monitor_hardware(run.id)
        with hardware.monitor_hardware(log_interval=0.1):
            wait_for(lambda: run.status()["lines_written"] >= 3)
        written = run.status()["lines_written"]
        time.sleep(0.3)
        self.assertEqual(run.status()["lines_written"], written)
        with tracklab.monitor_hardware(run.id, log_interval=0.1):
            wait_for(lambda: run.status()["lines_written"] > written)
        with self.assertRaises(ValueError):
            hardware.monitor_hardware(log_interval=0)

    def test_the_monitor_of_a_run(self):
        monitor = tracklab.get_run_system_monitor(
            "run", project="project", node_id="node-3", collect_interval=0.1
        )
        self.assertIsNone(monitor.get_current_metrics())
        monitor.start()
        self.assertTrue(monitor.is_running())
        metrics = monitor.get_current_metrics()
        self.assertEqual(metrics["nodeId"], "node-3")
        self.assertAlmostEqual(metrics["timestamp"] / 1000, time.time(), delta=10)
        self.assertGreaterEqual(metrics["cpu"]["overall"], 0)
        self.assertEqual(len(metrics["cpu"]["loadAverage"]), 3)
        self.assertIsInstance(metrics["accelerators"], (list, type(None)))
        self.assertEqual(monitor.get_system_info()["hostname"], os.uname().nodename)
        self.assertTrue(monitor.log_custom_metric("custom.temperature", 45.2))
        (line,) = lines_of(self.folder / "project" / "run.jsonl")
        self.assertEqual(line["custom.temperature"], 45.2)
        memory = tracklab.monitor_memory("run").get_memory_info()
        self.assertLessEqual(set(memory), set(metrics["memory"]), "the same names everywhere")
        self.assertEqual(set(memory["cgroup"]), set(metrics["memory"]["cgroup"]))
        cpu = tracklab.monitor_hardware("run").get_hardware_summary()["cpu"]
        self.assertLessEqual(set(cpu), set(metrics["cpu"]))
        monitor.stop()
        tracklab.cleanup_run_monitor("run", "project")
        tracklab.cleanup_run_monitor("run", "project")
        tracklab.cleanup_run_monitor("never there")


    def test_what_the_system_has_is_known_without_a_start(self):
        monitor = tracklab.get_run_system_monitor("run", project="project")
        info = monitor.get_system_info()
        count = tracklab.monitor_gpu("run").get_gpu_count()
        self.assertEqual((info["gpu_count"], len(info["gpu_info"])), (count, count))
        self.assertFalse(monitor.is_running())


class CallbackTest(ModuleTest):
    def test_records_come_until_it_unsubscribes(self):
        run = self.init()
        records = []
        handle = tracklab.get_run_system_monitor(run.id).add_callback(records.append)
        wait_for(lambda: len(records) >= 2)
        self.assertIn("cpu", records[0])
        handle.unsubscribe()
        handle.unsubscribe()
        count = len(records)
        time.sleep(0.3)
        self.assertEqual(len(records), count)

    def test_it_stays_when_nobody_keeps_the_handle(self):
        run = self.init()
        records = []
        tracklab.get_run_system_monitor(run.id).add_callback(records.append)
        gc.collect()
        wait_for(lambda: len(records) >= 2)

    def test_one_that_raises_is_told_of_once(self):
        run = self.init()
        calls = []

        def failing(record):
            calls.append(record)
            raise KeyError("no such thing")

        tracklab.get_run_system_monitor(run.id).add_callback(failing)
        wait_for(lambda: run.status()["callback_errors"])
        time.sleep(0.3)
        self.assertEqual(len(calls), 1)
        (error,) = run.status()["callback_errors"]
        self.assertIn("KeyError", error)
        run.finish()
        (line,) = [line for line in lines_of(run.file) if "_event" in line]
        self.assertIn("KeyError", line["_message"])

    def test_it_may_unsubscribe_and_finish_inside(self):
        run = self.init()
        done = threading.Event()
        handles = []

        def once(record):
            handles[0].unsubscribe()
            run.finish()
            done.set()

        handles.append(tracklab.get_run_system_monitor(run.id).add_callback(once))
        self.assertTrue(done.wait(20))

    def test_a_run_may_be_dropped_while_its_callback_runs(self):
        run = tracklab.init(project="project", run_id="dropped", collect_interval=0.1)
        running = threading.Event()

        def slow(record):
            running.set()
            time.sleep(0.2)

        tracklab.get_run_system_monitor("dropped").add_callback(slow)
        self.assertTrue(running.wait(20))
        begin = time.monotonic()
        del run
        gc.collect()
        self.assertLess(time.monotonic() - begin, 4, "it has waited for a callback that waits for it")


class DecoratorTest(ModuleTest):
    def test_a_class_becomes_a_run(self):
        @tracklab.integrate_with_run
        class Trainer:
            def __init__(self, run_id, project):
                self.id = run_id
                self.project = project
                self.finished = False

            def finish(self):
                self.finished = True
                return "done"

        trainer = Trainer("decorated", project="project")
        self.assertTrue(trainer.system_monitor.is_running())
        self.assertTrue(trainer.monitored_run.log({"loss": 1}))
        self.assertEqual(trainer.finish(), "done")
        self.assertTrue(trainer.finished)
        self.assertFalse(trainer.system_monitor.is_running())
        self.assertEqual(len(lines_of(self.folder / "project" / "decorated.jsonl")), 1)
        trainer.finish()

    def test_with_options_and_without_finish(self):
        @tracklab.integrate_with_run(project="project", run_id="own", collect_interval=0.5)
        class Plain:
            pass

        plain = Plain()
        self.assertEqual(plain.monitored_run.id, "own")
        plain.finish()
        self.assertTrue(plain.monitored_run.status()["is_finished"])

    def test_a_failing_finish_stops_the_monitor(self):
        @tracklab.integrate_with_run(collect_interval=0.5)
        class Failing:
            def finish(self):
                raise OSError("its own")

        failing = Failing()
        with self.assertRaisesRegex(OSError, "its own"):
            failing.finish()
        self.assertTrue(failing.monitored_run.status()["is_finished"])

    def test_a_derived_class_is_one_run(self):
        @tracklab.integrate_with_run(collect_interval=0.5)
        class Base:
            pass

        @tracklab.integrate_with_run(collect_interval=0.5)
        class Derived(Base):
            pass

        derived = Derived()
        derived.finish()
        self.assertTrue(derived.monitored_run.status()["is_finished"])
        with self.assertRaises(TypeError):
            tracklab.integrate_with_run(len)


def _log_in_child(run, queue):
    queue.put(run.log({"who": "child"}))


class ProcessTest(ModuleTest):
    def test_workers_that_are_forked_from_threads(self):
        context = multiprocessing.get_context("fork")
        run = self.init()
        tracklab.get_run_system_monitor(run.id).get_current_metrics()
        goes_on = threading.Event()

        def log():
            while not goes_on.is_set():
                run.log({"who": "parent"})

        threads = [threading.Thread(target=log) for _ in range(2)]
        for thread in threads:
            thread.start()
        results = []

        def fork_workers():
            for _ in range(5):
                queue = context.SimpleQueue()
                worker = context.Process(target=_log_in_child, args=(run, queue))
                worker.start()
                results.append(queue.get())
                worker.join(30)
                results.append(worker.exitcode == 0)
                queue.close()

        forker = threading.Thread(target=fork_workers)
        forker.start()
        forker.join(60)
        goes_on.set()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [True] * 10)
        run.finish()
        self.assertEqual(sum(line["who"] == "child" for line in lines_of(run.file)), 5)

    def test_many_threads(self):
        run = self.init()

        def log(number):
            for _ in range(200):
                self.assertTrue(run.log({"number": number}))

        threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(lines_of(run.file)), 1600)

    def test_the_interpreter_ends_with_runs_open(self):
        text = """
import time, wemol_monitor as tracklab
run = tracklab.init(project="project", run_id="open", collect_interval=0.1)
monitor = tracklab.get_run_system_monitor("open")
monitor.add_callback(lambda record: time.sleep(0.05))
monitor.get_current_metrics()
scope = tracklab.monitor_hardware("open").monitor_hardware(0.1)
run.log({"loss": 1})
"""
        for _ in range(5):
            done = self.python(text)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_the_interpreter_ends_while_other_threads_use_everything(self):
        text = """
import threading, time, wemol_monitor as tracklab
run = tracklab.init(project="project", run_id="daemons", collect_interval=0.1)
monitor = tracklab.get_run_system_monitor("daemons")
cpu = tracklab.monitor_cpu("daemons")
monitor.get_current_metrics()

def repeat(call):
    while True:
        call()

for call in (
    lambda: run.log({"loss": 1}),
    run.status,
    cpu.get_core_usage,
    monitor.get_current_metrics,
    lambda: monitor.add_callback(print).unsubscribe(),
):
    threading.Thread(target=repeat, args=(call,), daemon=True).start()
time.sleep(0.1)
"""
        for _ in range(10):
            done = self.python(text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_interpreter_ends_while_a_callback_does_not(self):
        text = """
import time, wemol_monitor as tracklab
run = tracklab.init(project="project", run_id="endless", collect_interval=0.1)
calls = []

def endless(record):
    calls.append(record)
    while True:
        time.sleep(0.0001)

tracklab.get_run_system_monitor("endless").add_callback(endless)
while not calls:
    time.sleep(0.01)
"""
        done = self.python(text)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_other_threads_run_while_it_waits(self):
        # The first sample takes 0.2 s, which is waited for without the interpreter's lock.
        counted = 0
        goes_on = True

        def count():
            nonlocal counted
            while goes_on:
                counted += 1
                time.sleep(0.001)

        thread = threading.Thread(target=count)
        thread.start()
        before = counted
        tracklab.monitor_cpu("fresh").get_cpu_usage()
        self.assertGreater(counted, before + 5)
        goes_on = False
        thread.join()

    def test_signals_still_reach_python(self):
        text = """
import os, signal, time, wemol_monitor
run = wemol_monitor.init(collect_interval=0.1)
wemol_monitor.get_run_system_monitor(run.id).get_current_metrics()
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
"""
        self.assertEqual(self.python(text).stdout, "interrupted\n")


class ManualTest(ModuleTest):
    """The examples of docs/monitor.md run as they stand."""

    def test_the_manuals_examples_run(self):
        page = pathlib.Path(os.environ["WEMOL_PROJECT_DIR"]) / "docs" / "monitor.md"
        parts = page.read_text().split("```python\n")[1:]
        self.assertGreaterEqual(len(parts), 5)
        for part in parts:
            text = part.split("```")[0]
            with self.subTest(text):
                done = self.python(text, cwd=self.folder)
                self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_the_stubs_name_what_there_is(self):
        import ast

        package = pathlib.Path(tracklab.__file__).parent
        stubs = ast.parse((package / "__init__.pyi").read_text())
        for node in stubs.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                self.assertTrue(hasattr(tracklab, node.name), node.name)
                if isinstance(node, ast.ClassDef):
                    for member in node.body:
                        if isinstance(member, ast.FunctionDef):
                            self.assertTrue(
                                hasattr(getattr(tracklab, node.name), member.name),
                                f"{node.name}.{member.name}",
                            )
        names = {node.name for node in stubs.body if hasattr(node, "name")}
        self.assertLessEqual(set(tracklab.__all__), names)
        self.assertTrue((package / "py.typed").exists())


if __name__ == "__main__":
    unittest.main()
