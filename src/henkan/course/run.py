"""Running the checks of one exercise in a process of its own, with a time limit, whatever the learner's code does."""

import contextlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol

from henkan.course.exercise import load_card
from henkan.course.finding import Failure, Report
from henkan.course.judge import OUTPUT, REPORT, RUNNING, STACK, THREADS, judge

LIMIT = 60.0  # seconds
GRACE = 5.0  # seconds to start, and to end by itself when the time is over
SLOW = 6.0  # seconds after which whoever waits may want to know what to expect
MAX_OUTPUT = 4000  # characters of what was printed

CAN_FORK = sys.platform == "linux"  # macOS has fork, but its frameworks do not survive it


class Run:
    """One run of the checks; ``poll`` it, or ``wait`` for it, and ``stop`` it."""

    def __init__(self, exercise_id: str, path: Path, limit: float = LIMIT) -> None:
        self._exercise_id, self._path, self._limit = exercise_id, path.absolute(), limit
        self._start = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix="henkan-"))
        self._process = _start(exercise_id, self._path, self._folder, limit)
        self._report: Report | None = None

    def poll(self) -> Report | None:
        """The report, or None while the checks run."""
        if self._report is None:
            # A report may be there while a thread of the learner's keeps its process alive.
            is_over = not self._process.is_alive() or (self._folder / REPORT).exists()
            is_late = time.monotonic() - self._start > self._limit + GRACE
            if is_over or is_late:
                self._report = self._read(is_late)
                self.stop()
        return self._report

    def wait(self, if_slow: Callable[[], None] = lambda: None) -> Report:
        """The report, as soon as it is there. ``if_slow`` is called once if that takes a while."""
        is_told = False
        try:
            while (report := self.poll()) is None:
                time.sleep(0.01)
                if not is_told and time.monotonic() - self._start > SLOW:
                    is_told = True
                    if_slow()
        except BaseException:  # Ctrl-C
            self.stop()
            raise
        return report

    def stop(self) -> None:
        """End the run, and all that it has started."""
        self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self, is_late: bool) -> Report:
        seconds = time.monotonic() - self._start
        output = _text(self._folder / OUTPUT)[-MAX_OUTPUT:]
        try:
            report = Report.from_dict(json.loads(_text(self._folder / REPORT)))
            return replace(report, seconds=seconds, output=output)
        except ValueError:  # there is none: the process ended before it could be written
            failure = self._breakdown(is_late)
            return Report(
                self._exercise_id, (), len(load_card(self._exercise_id).check_names), seconds, failure, {}, output
            )

    def _breakdown(self, is_late: bool) -> Failure:
        """Why there is no report: the time was over, or Python came to an end."""
        stack = _text(self._folder / STACK)
        path = str(self._path).encode("ascii", "backslashreplace").decode()  # as faulthandler writes it
        frame = re.search(rf'File "{re.escape(path)}", line (\d+)', stack)  # the innermost comes first
        place = {"where": "", "code": ""} if frame is None else _place(self._path, int(frame[1]))
        if is_late or "Timeout (" in stack:
            return Failure(RUNNING, "too_slow", {**place, "limit": f"{self._limit:g}"})
        return Failure(RUNNING, "python_ended", {**place, "status": str(self._process.status())})


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


class _Process(Protocol):
    def is_alive(self) -> bool:
        """Whether it still runs."""

    def kill(self) -> None:
        """End it and all that it has started."""

    def status(self) -> int | None:
        """How it ended."""


def _start(exercise_id: str, path: Path, folder: Path, limit: float) -> _Process:
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
        _kill_group(self._process.pid)
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
        _kill_group(self._process.pid)
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


def _kill_group(pid: int | None) -> None:
    """End the process and what it has started, where the system has groups of processes."""
    if pid is not None and sys.platform != "win32":
        # It may be over, or not yet a group of its own.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _place(path: Path, line: int) -> dict[str, str]:
    """A line of the learner's file, as reports name it."""
    lines = _text(path).splitlines()
    return {"where": f"{path.name}:{line}", "code": lines[line - 1].strip() if line <= len(lines) else ""}
