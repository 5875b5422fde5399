"""A process that judges: forked from a warm one where that is possible, started anew elsewhere."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Protocol

from henkan.course.judge import THREADS, judge

CAN_FORK = sys.platform == "linux"  # macOS has fork, but its frameworks do not survive it
GRACE = 5.0  # seconds in which a process that is over can be asked how it ended


def warm_up() -> None:
    """Import torch here, so that every later run has it at once: runs are forked from this process.

    Call it before anything is computed: what OpenMP has started does not survive a fork.
    """
    if CAN_FORK and "torch" not in sys.modules:
        os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
        for name in ("torch", "henkan.nn", "henkan.course.random_input", "henkan.course.parts"):
            import_module(name)
        with contextlib.suppress(ImportError):  # what torch would otherwise import at the first gradient of every run
            import_module("torch.fx.experimental.symbolic_shapes")
        global _is_warm
        _is_warm = True


_is_warm = False


class Process(Protocol):
    """One run of ``judge``."""

    def is_alive(self) -> bool:
        """Whether it still runs."""

    def kill(self) -> None:
        """End it and all that it has started."""

    def status(self) -> int | None:
        """How it ended."""


def start(exercise_id: str, path: Path, folder: Path, limit: float) -> Process:
    """A process that judges; forked only where nothing can have been computed yet."""
    if CAN_FORK and (_is_warm or "torch" not in sys.modules):
        return _Forked(exercise_id, path, folder, limit)
    return _Spawned(exercise_id, path, folder, limit)


class _Forked:
    def __init__(self, exercise_id: str, path: Path, folder: Path, limit: float) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_alone, args=(exercise_id, path, folder, limit), daemon=True)
        with warnings.catch_warnings():  # of the threads of OpenBLAS, which see to themselves
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        kill_group(self._process.pid)
        self._process.kill()
        self._process.join()

    def status(self) -> int | None:
        self._process.join(GRACE)
        return self._process.exitcode


class _Spawned:
    def __init__(self, exercise_id: str, path: Path, folder: Path, limit: float) -> None:
        command = [sys.executable, "-m", "henkan.course.judge", exercise_id, str(path), str(folder), str(limit)]
        paths = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)
        environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "PYTHONPATH": paths}
        # Python looks for modules in the folder where it is started: let it be one without a learner's torch.py.
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        kill_group(self._process.pid)
        self._process.kill()
        self._process.wait()

    def status(self) -> int | None:
        return self._process.wait(GRACE)


def _alone(exercise_id: str, path: Path, folder: Path, limit: float) -> None:
    """``judge`` in a forked process, which Ctrl-C in the terminal does not reach: its parent hears it and ends it."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)
    judge(exercise_id, path, folder, limit)


def kill_group(pid: int | None) -> None:
    """End the process and what it has started, where the system has groups of processes."""
    if pid is not None and sys.platform != "win32":
        # It may be over, or not yet a group of its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
