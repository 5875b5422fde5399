"""Running the checks of one exercise in a process of its own, with a time limit, whatever the learner's code does."""

import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from henkan.course.exercise import load_card
from henkan.course.finding import Failure, Report
from henkan.course.judge import OUTPUT, REPORT, RUNNING, STACK
from henkan.course.worker import start

LIMIT = 60.0  # seconds
GRACE = 5.0  # seconds to start, and to end by itself when the time is over
SLOW = 6.0  # seconds after which whoever waits may want to know what to expect
MAX_OUTPUT = 4000  # characters of what was printed


class Run:
    """One run of the checks; ``poll`` it, or ``wait`` for it, and ``stop`` it."""

    def __init__(self, exercise_id: str, path: Path, limit: float = LIMIT) -> None:
        self._exercise_id, self._path, self._limit = exercise_id, path.absolute(), limit
        self._start = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix="henkan-"))
        self._process = start(exercise_id, self._path, self._folder, limit)
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


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _place(path: Path, line: int) -> dict[str, str]:
    """A line of the learner's file, as reports name it."""
    lines = _text(path).splitlines()
    return {"where": f"{path.name}:{line}", "code": lines[line - 1].strip() if line <= len(lines) else ""}
