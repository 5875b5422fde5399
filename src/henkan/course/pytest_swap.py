"""A pytest plugin: henkan's own tests with a learner's parts in place of the library's.

    pytest -p henkan.course.pytest_swap --swap phase2/sdpa=exercises/phase2/sdpa.py tests/nn/test_attention.py

The parts are exchanged after the conftest files are loaded, whose import hook checks the shapes of ``henkan.nn`` as it
is imported, and before the test modules are, which import the parts by name. ``--swap-report FILE`` writes what becomes
of every test, one line of JSON each, as it happens.
"""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

from henkan.course.solved import from_options, load_all
from henkan.course.swap import swapped

if TYPE_CHECKING:  # pytest is for those who run the tests
    import pytest


def pytest_addoption(parser: "pytest.Parser") -> None:
    """The options of this plugin."""
    group = parser.getgroup("henkan")
    group.addoption("--swap", action="append", default=[], metavar="ID=FILE", help="an exercise and its solution")
    group.addoption("--swap-report", metavar="FILE", help="where to write the results as lines of JSON")


def pytest_configure(config: "pytest.Config") -> None:
    """Have the results written, if asked to."""
    if path := config.getoption("--swap-report"):
        config.pluginmanager.register(Reporter(Path(path)))


def pytest_sessionstart(session: "pytest.Session") -> None:
    """Exchange the parts until the session ends."""
    stack = ExitStack()
    session.config.add_cleanup(stack.close)
    parts = load_all(from_options(session.config.getoption("--swap")))
    suite = _loaded_below(session.config.rootpath / "tests")
    stack.enter_context(swapped(parts, also=suite, until_exit=True))


def _loaded_below(folder: Path) -> list[ModuleType]:
    """The modules of the test suite that are there already: conftest files and what these import."""
    modules = [module for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
    return [module for module in modules if Path(str(module.__file__)).is_relative_to(folder)]


class Reporter:
    """Writes a line for the number of tests, for each test that starts, and for each that ends."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)

    def pytest_collection_finish(self, session: "pytest.Session") -> None:
        self._write(total=len(session.items))

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        if report.failed:
            self._write(test=report.nodeid, outcome="failed", message=_last_line(report.longreprtext))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write(started=nodeid)

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        # Once a test: what went wrong in it, before it or after it; else what its call gave.
        if report.failed or report.when == "call" or (report.when == "setup" and report.skipped):
            message = _crash(report) if report.failed else ""
            self._write(test=report.nodeid, outcome=report.outcome, message=message)

    def pytest_unconfigure(self) -> None:
        self._file.close()

    def _write(self, **entries: Any) -> None:
        self._file.write(json.dumps(entries, ensure_ascii=False) + "\n")


def _crash(report: "pytest.TestReport") -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0] if crash is not None else _last_line(report.longreprtext)


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else ""
