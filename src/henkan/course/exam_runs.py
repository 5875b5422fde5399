"""The runs of an exam, each in a process of its own with a time limit: the library's tests, and the training."""

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import henkan
from henkan.course.solved import as_options
from henkan.course.worker import kill_group

ROOT = Path(henkan.__file__).parents[2]
NEEDED = ("pytest", "hypothesis", "beartype")  # what the tests are written with
LEFT_OUT = "not slow and not library_only"
PYTEST = ("-p", "henkan.course.pytest_swap", "-p", "no:cacheprovider", "-q", "--tb=no", "-m", LEFT_OUT)
SECONDS_FOR_TESTS, SECONDS_FOR_TRAINING = 300.0, 180.0
POLL = 0.1
STEPS = 400  # updates of the training
FRESH = 500  # sequences that the trained model is then asked to copy
THRESHOLD = 0.99  # the share of them that has to be right

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass
class TestRun:
    """What became of each test; ``broken`` says why a run came to no end, in the words of what broke it."""

    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """With the first line of what went wrong."""
    broken: str | None = None


@dataclass(frozen=True)
class Training:
    """What came of the training: losses per token, and the share of fresh sequences copied without a mistake."""

    first_loss: float = math.nan
    last_loss: float = math.nan
    exact_match: float = 0.0
    calls: Mapping[str, int] = field(default_factory=dict)
    """How often each of the learner's parts was called, by its name in the library."""
    broken: str | None = None
    """What ended it before its end."""

    @property
    def is_passed(self) -> bool:
        """Whether the model has learned to copy."""
        return self.broken is None and self.exact_match >= THRESHOLD


def why_no_tests() -> str | None:
    """The message that says why the library's tests cannot be run here, None if they can."""
    if not (ROOT / "tests" / "conftest.py").is_file():
        return "no_tests"
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    return "no_pytest" if missing else None


def run_tests(tests: Sequence[str], files: Mapping[str, Path], progress: Progress) -> TestRun:
    """Run ``tests``, files or single tests, with the parts of the learner's ``files`` in place."""
    run, total, started = TestRun(), 0, ""
    command = ["pytest", *PYTEST, *as_options(files), "--swap-report", "{report}", *tests]
    process = Process(command, SECONDS_FOR_TESTS)
    for line in process.lines():
        if "total" in line:
            total = line["total"]
        elif "started" in line:
            started = line["started"]
        elif line["outcome"] == "failed":
            run.failed[line["test"]] = line["message"]
        else:
            run.passed.append(line["test"])
        progress(len(run.passed) + len(run.failed), total)
    run.passed = [test for test in run.passed if test not in run.failed]  # a test may pass and fail to clean up
    if process.timed_out:
        run.failed[started or tests[0]] = f"TimeoutError: {SECONDS_FOR_TESTS:.0f} s"
    elif process.status not in (0, 1) and not run.failed:
        run.broken = process.last_words
    return run


def run_training(files: Mapping[str, Path], progress: Progress) -> Training:
    """Train on the copy task with the parts of the learner's ``files`` in place."""
    result = None
    command = ["henkan.course.copy_training", *as_options(files), "--report", "{report}"]
    process = Process(command, SECONDS_FOR_TRAINING)
    for line in process.lines():
        if "step" in line:
            progress(line["step"], STEPS)
        else:
            result = Training(**line)
    if process.timed_out:
        return Training(broken=f"TimeoutError: {SECONDS_FOR_TRAINING:.0f} s")
    return result or Training(broken=process.last_words)


class Process:
    """``python -m COMMAND``, from the repository, that writes lines of JSON to the file it is given as ``{report}``."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._command = command
        self._seconds = seconds
        self.timed_out = False
        self.status: int | None = None
        self.last_words = ""

    def lines(self) -> Iterator[dict[str, Any]]:
        """What the process reports, as it does; when this ends, the process has."""
        with tempfile.TemporaryDirectory() as folder:
            report, output = Path(folder, "report.jsonl"), Path(folder, "output.txt")
            report.touch()
            words = [str(report) if word == "{report}" else word for word in self._command]
            with output.open("wb") as sink, report.open(encoding="utf-8") as source:
                process = subprocess.Popen(
                    [sys.executable, "-m", *words],
                    cwd=_folder(),
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,  # so that what it starts ends with it
                )
                try:
                    yield from self._follow(process, source)
                finally:
                    kill_group(process.pid)
                    process.kill()
                    process.wait()
            self.status = process.returncode
            said = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self.last_words = said[-1] if said else f"exit status {process.returncode}"

    def _follow(self, process: "subprocess.Popen[bytes]", source: TextIO) -> Iterator[dict[str, Any]]:
        end, rest, is_over = time.monotonic() + self._seconds, "", False
        while not is_over:
            is_over = process.poll() is not None  # asked before the last look, so that nothing is missed
            rest += source.read()
            *whole, rest = rest.split("\n")
            yield from map(json.loads, whole)
            if not is_over and time.monotonic() > end:
                self.timed_out = is_over = True
            if not is_over:
                time.sleep(POLL)


def _folder() -> Path | None:
    """Where the paths of tests begin; without a repository, here."""
    return ROOT if (ROOT / "tests").is_dir() else None


def _environment() -> dict[str, str]:
    """One thread, since small matrices gain nothing from more, and text in UTF-8."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
