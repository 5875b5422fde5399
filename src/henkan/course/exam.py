"""The exam: henkan's own tests and a short training, with all that the learner has solved in the library's place."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from henkan.course.exam_runs import TestRun, Training, run_tests, run_training, why_no_tests
from henkan.course.exercise import load_card
from henkan.course.swap import latest

Stage = Literal["tests", "culprits", "training"]


Watcher = Callable[[Stage, int, int], None]
"""Hears how the exam goes on: what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Failed:
    """A test of the library that the learner's parts do not pass."""

    test: str
    message: str
    through: tuple[str, ...]
    """The exercises whose parts make it fail, each on its own or with the others; none if it takes more than one."""


@dataclass(frozen=True)
class Exam:
    """How it went."""

    exercises: tuple[str, ...]
    passed: Mapping[str, int]
    """The number of tests that passed, by file."""
    failed: tuple[Failed, ...]
    not_yours: tuple[str, ...]
    """Tests that fail without the learner's parts, too. They say nothing about these."""
    no_tests: str | None
    """The message that says why no test was run, if none was."""
    broken: str | None
    """What kept the tests from being run, in its own words."""
    training: Training | None
    """None if no part of the model has been solved."""

    @property
    def is_passed(self) -> bool:
        """Whether everything that could be run went well."""
        well_tested = not self.failed and self.broken is None
        return well_tested and (self.training is None or self.training.is_passed)

    def to_dict(self) -> dict[str, Any]:
        """The exam in types that JSON has."""
        return {**asdict(self), "is_passed": self.is_passed}


def sit(files: Mapping[str, Path], watcher: Watcher) -> Exam:
    """Examine the learner's ``files``, one for each solved exercise."""
    run = TestRun()
    no_tests = why_no_tests()
    tests = list(dict.fromkeys(test for exercise_id in files for test in load_card(exercise_id).tests))
    if no_tests is None and tests:
        run = run_tests(tests, files, lambda done, total: watcher("tests", done, total))
    not_yours, failed = _accuse(run.failed, files, watcher)
    passed = {path: sum(_file(test) == path for test in run.passed) for path in map(_file, tests)}
    return Exam(tuple(files), passed, failed, not_yours, no_tests, run.broken, _train(files, watcher))


def _accuse(
    failures: Mapping[str, str], files: Mapping[str, Path], watcher: Watcher
) -> tuple[tuple[str, ...], tuple[Failed, ...]]:
    """The tests that fail without the learner, and the others, each with the exercises through which it fails.

    The failures are run again without any part, then with one part at a time. What no part explains alone, since it
    takes another to bring it out, is run with the guilty ones left out, and then with each of the others left out.
    """
    if not failures:
        return (), ()
    not_yours = _still_failing(failures, {})
    through: dict[str, list[str]] = {test: [] for test in failures if test not in not_yours}
    suspects = _suspects(through, files)
    for number, exercise_id in enumerate(suspects):
        watcher("culprits", number, len(suspects))
        # An exercise that has nothing to do with the test is asked only if nobody has owned up so far.
        cases = [test for test in through if not through[test] or _names(exercise_id, test)]
        for test in _still_failing(cases, {exercise_id: files[exercise_id]}):
            through[test].append(exercise_id)
    guilty = [exercise_id for exercise_id in suspects if any(exercise_id in found for found in through.values())]
    for group in [guilty, *([exercise_id] for exercise_id in suspects if exercise_id not in guilty)]:
        cases = [test for test in through if not set(through[test]) & {*guilty}] if group else []
        others = {name: path for name, path in files.items() if name not in group}
        for test in set(cases) - set(_still_failing(cases, others)):
            through[test] += group
    watcher("culprits", len(suspects), len(suspects))
    return tuple(not_yours), tuple(Failed(test, failures[test], tuple(found)) for test, found in through.items())


def _still_failing(tests: Iterable[str], files: Mapping[str, Path]) -> list[str]:
    """Those of ``tests`` that fail with the parts of ``files`` in place."""
    tests = list(tests)
    if not tests:
        return []
    run = run_tests(tests, files, lambda done, total: None)
    return [test for test in tests if run.broken is not None or test in run.failed or _file(test) in run.failed]


def _suspects(tests: Iterable[str], files: Mapping[str, Path]) -> list[str]:
    """The exercises whose parts were in place, those that name one of ``tests`` first."""
    in_place = dict.fromkeys(latest(files).values())
    return sorted(in_place, key=lambda exercise_id: not any(_names(exercise_id, test) for test in tests))


def _names(exercise_id: str, test: str) -> bool:
    """Whether the card of the exercise has the file of ``test``."""
    return _file(test) in map(_file, load_card(exercise_id).tests)


def _file(test: str) -> str:
    return test.partition("::")[0]


def _train(files: Mapping[str, Path], watcher: Watcher) -> Training | None:
    if not any(name.startswith("henkan.nn.") for name in latest(files)):
        return None
    return run_training(files, lambda done, total: watcher("training", done, total))
