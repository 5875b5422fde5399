"""Recognising a mistake: on random input, the learner's code gives what a known mistake gives."""

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any

from henkan.course.exercise import Exercise, Part

SAME = 1e-6  # what single precision leaves; mistakes differ by far more


def recognise(exercise: Exercise, parts: Sequence[Part]) -> str | None:
    """The name of the mistake of ``exercise`` whose results the learner's ``parts`` give, if there is one.

    The probe of the exercise feeds both the same random input. Code that cannot be probed makes no known mistake.
    """
    yours = probe(exercise, parts)
    if yours is None:
        return None
    for mistake in exercise.mistakes.values():
        theirs = probe(exercise, mistake.parts)
        if theirs is not None and is_same(yours, theirs):
            return mistake.name
    return None


def probe(exercise: Exercise, parts: Sequence[Part]) -> list[Any] | None:
    """What the parts make of the exercise's random input, or None if they cannot cope with it.

    What they print is not shown: the learner did not ask for this run.
    """
    try:
        with redirect_stdout(_Unheard()):
            return [_numbers(result) for result in exercise.probe(*parts)]
    except (Exception, SystemExit):  # the learner's code may raise anything
        return None


class _Unheard(io.TextIOBase):
    """Keeps nothing of what is printed, and ends code that prints without end."""

    left = 1_000_000

    def write(self, text: str) -> int:
        self.left -= len(text)
        if self.left < 0:
            raise OSError("there is no end of printing")
        return len(text)


def probe_in_stages(yours: Sequence[Part], right: Sequence[Part], *stages: Callable[..., Any]) -> list[Any]:
    """What ``yours`` gives in each stage, up to the first that tells it from the parts that are ``right``.

    For probes whose later stages ask for finer things than the earlier ones: code that is wrong already is compared by
    that alone, whatever else it has or has not.
    """
    results = []
    for stage in stages:
        results.append(_numbers(stage(*yours)))
        if not is_same(results[-1], _numbers(stage(*right))):
            break
    return results


def is_same(yours: Any, theirs: Any) -> bool:
    """Whether two results are the same numbers in the same form. NaN equals NaN: it, too, is a trace of a mistake."""
    if isinstance(yours, list) and isinstance(theirs, list):
        return len(yours) == len(theirs) and all(map(is_same, yours, theirs))
    if isinstance(yours, list) or isinstance(theirs, list):
        return False
    return yours == theirs or (yours != yours and theirs != theirs) or abs(yours - theirs) <= SAME * (1 + abs(theirs))


def _numbers(result: Any) -> Any:
    """Tensors and tuples as lists, all else as numbers."""
    if hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, (list, tuple)):
        return [_numbers(item) for item in result]
    return float(result)
