"""Hardware figures beside a program's own, from one background thread.

    import wemol_monitor as tracklab

    with tracklab.init(project="md") as run:
        for step in range(1000):
            run.log({"loss": train(step)})

Monitoring never breaks the program: what goes wrong outside it is counted, told by status() and
finish(), and never raised. ValueError and TypeError come from wrong arguments. See docs/monitor.md.
"""

import atexit as _atexit
import functools as _functools
import inspect as _inspect
import os as _os

from . import _native

__version__ = _native.version()
__all__ = [
    "CpuMonitor",
    "GpuMonitor",
    "HardwareMonitor",
    "MemoryMonitor",
    "Run",
    "RunSystemMonitor",
    "Subscription",
    "cleanup_run_monitor",
    "get_run_system_monitor",
    "init",
    "integrate_with_run",
    "monitor_cpu",
    "monitor_gpu",
    "monitor_hardware",
    "monitor_memory",
]

CpuMonitor = _native.CpuMonitor
MemoryMonitor = _native.MemoryMonitor
RunSystemMonitor = _native.RunSystemMonitor
Subscription = _native.Subscription

# Before the interpreter goes: no callback may ask for it then.
_atexit.register(_native.finish_all)


class Run:
    """One run and its record: a line of JSON for each log()."""

    def __init__(self, native):
        self._native = native

    @property
    def id(self):
        return self._native.id

    @property
    def project(self):
        return self._native.project

    @property
    def file(self):
        return self._native.status()["file"]

    def log(self, values, step=None):
        """Writes `values` beside the newest sample of the host; they win where names are the same.

        False: the line is lost, and status() says why.
        """
        return self._native.log(values if type(values) is dict else dict(values), step)

    def status(self):
        return self._native.status()

    def finish(self):
        """Stops the run's monitor and closes its file; a second time it does nothing."""
        return self._native.finish()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.finish()

    def __repr__(self):
        return f"<wemol_monitor.Run {self.id!r} of {self.project!r}>"


def init(
    project="default",
    run_id=None,
    *,
    system_monitor=True,
    node_id=None,
    collect_interval=15.0,
    dir=None,
):
    """Begins a run. ValueError: an interval below 0.1 s."""
    return Run(
        _native.init(
            project,
            run_id,
            system_monitor,
            node_id,
            collect_interval,
            None if dir is None else _os.fsencode(dir),
        )
    )


def _run_id_of(run):
    return run if isinstance(run, str) else run.id


class _Scope:
    """Ends what it holds, once."""

    def __init__(self, native):
        self._native = native

    def end(self):
        native, self._native = self._native, None
        return None if native is None else native.end()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.end()


class _GpuUsage(_Scope):
    """What GPUs do until the end; `summary` then has a dictionary for each."""

    def __init__(self, native):
        super().__init__(native)
        self.summary = []

    def end(self):
        if self._native is not None:
            self.summary = super().end()
        return self.summary


class HardwareMonitor(_native.HardwareMonitor):
    """All of the host. As a context manager it logs at its interval."""

    def __init__(self, run_id, log_interval=30.0):
        super().__init__(_run_id_of(run_id))
        self._log_interval = log_interval
        self._scope = None

    def monitor_hardware(self, log_interval=30.0):
        """Logs all figures at this interval (seconds), until the end of a `with` or end()."""
        return _Scope(self.begin_logging(log_interval))

    def __enter__(self):
        self._scope = self.monitor_hardware(self._log_interval)
        return self

    def __exit__(self, *exception):
        self._scope.end()


class GpuMonitor(_native.GpuMonitor):
    def monitor_gpu_usage(self, gpu_id=None):
        """Figures of a span: `with gpu.monitor_gpu_usage(0) as usage: …`, then usage.summary."""
        return _GpuUsage(self.begin_usage(gpu_id))


def monitor_hardware(run_id, log_interval=30.0):
    return HardwareMonitor(run_id, log_interval)


def monitor_gpu(run_id):
    return GpuMonitor(_run_id_of(run_id))


def monitor_cpu(run_id):
    return CpuMonitor(_run_id_of(run_id))


def monitor_memory(run_id):
    return MemoryMonitor(_run_id_of(run_id))


def get_run_system_monitor(run_id, project=None, node_id=None, collect_interval=None, *, dir=None):
    """The monitor of this run, the same one for all who ask; start() starts it."""
    return _native.get_run_system_monitor(
        _run_id_of(run_id),
        project,
        node_id,
        collect_interval,
        None if dir is None else _os.fsencode(dir),
    )


def cleanup_run_monitor(run_id, project=None):
    """Stops the monitor of this run and forgets it; does nothing when there is none."""
    _native.cleanup_run_monitor(_run_id_of(run_id), project)


def integrate_with_run(cls=None, /, **options):
    """A class whose objects are monitored from the end of their __init__ until their finish().

    The run is named by the object's `id` or `run_id`, and its project by `project`, where it has
    them as texts; `options` (those of init()) win. The object gets the run as `monitored_run` and
    the run's monitor as `system_monitor`. A class without finish() gets one.
    """
    if cls is None:
        return lambda decorated: integrate_with_run(decorated, **options)
    if not _inspect.isclass(cls):
        raise TypeError("integrate_with_run decorates a class")
    original_init = cls.__init__
    original_finish = getattr(cls, "finish", None)

    @_functools.wraps(original_init)
    def begin(self, *args, **kwargs):
        original_init(self, *args, **kwargs)
        if "monitored_run" not in self.__dict__:  # it is when a class above is decorated, too
            _begin_run(self, options)

    def finish(self, *args, **kwargs):
        try:
            if original_finish is not None:
                return original_finish(self, *args, **kwargs)
        finally:
            run = self.__dict__.get("monitored_run")
            if run is not None:
                cleanup_run_monitor(run.id, run.project)
                run.finish()

    if original_finish is not None:
        finish = _functools.wraps(original_finish)(finish)
    cls.__init__ = begin
    cls.finish = finish
    return cls


def _begin_run(owner, options):
    names = {}
    for name in ("run_id", "id"):
        value = getattr(owner, name, None)
        if isinstance(value, str):
            names["run_id"] = value
    project = getattr(owner, "project", None)
    if isinstance(project, str):
        names["project"] = project
    run = init(**{**names, **options})
    owner.monitored_run = run
    owner.system_monitor = get_run_system_monitor(run.id, run.project)
