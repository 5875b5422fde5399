"""Which mutants the checks of an exercise notice."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import FrameType

from course.mutation.mutants import Mutant, mutants
from henkan.course.exercise import Exercise
from henkan.course.ladder import climb

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
SECONDS = 10.0  # far more than any ladder takes


class Overtime(BaseException):
    """A mutant runs for ever; not an ``Exception``, which a ladder would take for the learner's."""


@dataclass(frozen=True)
class Score:
    """How the mutants of one exercise fared."""

    exercise: str
    killed: int
    equivalent: tuple[str, ...]
    """Those that are right, and may survive."""
    survivors: tuple[Mutant, ...]
    """Those that survive because no check looks."""

    @property
    def total(self) -> int:
        """All that are wrong."""
        return self.killed + len(self.survivors)


def score(exercise: Exercise) -> Score:
    """Run the checks of the exercise on every mutant of it."""
    reasons, killed, equivalent, survivors = excused().get(exercise.id, {}), 0, [], []
    for mutant in mutants(exercise):
        if mutant.name in reasons:  # not run: whether chance or the time limit kills it says nothing
            equivalent.append(mutant.name)
        elif is_killed(exercise, mutant):
            killed += 1
        else:
            survivors.append(mutant)
    return Score(exercise.id, killed, tuple(equivalent), tuple(survivors))


def is_killed(exercise: Exercise, mutant: Mutant) -> bool:
    """Whether a check fails on the mutant, in time."""
    nameless = replace(exercise, mistakes={})  # which mistake it looks like is of no interest here
    try:
        with _time_limit():
            return not climb(nameless, mutant.parts(exercise)).is_passed
    except Overtime:
        return True


@cache
def excused() -> Mapping[str, Mapping[str, str]]:
    """By exercise the mutants that are as right as the library, each with the reason."""
    reasons: dict[str, dict[str, str]] = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return reasons


@contextmanager
def _time_limit() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Overtime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
