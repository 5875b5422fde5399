"""How an exam went, as the learner reads it."""

from collections.abc import Iterator
from functools import cache

from henkan.course.exam import Exam, Failed, Stage
from henkan.course.exam_runs import FRESH, STEPS, THRESHOLD, Training
from henkan.course.text import Language, Text
from henkan.course.toml import read_toml

SHOWN = 3  # failures of one file through one part; the rest are counted


def say(name: str, language: Language, **values: object) -> str:
    """The sentence of this name in ``language``, with the values in their places."""
    return _sentences()[name].say(language, **values)


def progress_line(stage: Stage, done: int, total: int, language: Language) -> str:
    """What is being done, and how far it is."""
    return say(f"running_{stage}", language, done=done, total=total)


def render(exam: Exam, language: Language) -> str:
    """The whole report."""
    lines = [say("tests", language), *(f"  {line}" for line in _tests(exam, language)), ""]
    lines += [say("training", language), *(f"  {line}" for line in _training(exam.training, language)), ""]
    return "\n".join([*lines, say("passed" if exam.is_passed else "not_passed", language)])


@cache
def _sentences() -> dict[str, Text]:
    return {name: Text.of(entry, f"exam.toml: {name}") for name, entry in read_toml("exam.toml").items()}


def _tests(exam: Exam, language: Language) -> Iterator[str]:
    if exam.no_tests is not None:
        yield say(exam.no_tests, language)
    elif exam.broken is not None:
        yield "✗ " + say("tests_broken", language, error=exam.broken)
    elif not exam.passed:
        yield say("no_test_names_them", language)
    else:
        for file, passed in exam.passed.items():
            failed = [failure for failure in exam.failed if failure.test.partition("::")[0] == file]
            yield from _file(file, passed, failed, language)
        if exam.failed:
            yield say("retried", language)
        if exam.not_yours:
            yield say("not_yours", language, tests=", ".join(exam.not_yours))


def _file(file: str, passed: int, failed: list[Failed], language: Language) -> Iterator[str]:
    mark = "✗" if failed else "✓"
    yield say("file", language, mark=mark, file=file, passed=passed, total=passed + len(failed))
    for through in dict.fromkeys(failure.through for failure in failed):
        yield f"    {_cause(through, language)}"
        alike = [failure for failure in failed if failure.through == through]
        for failure in alike[:SHOWN]:
            yield f"      {failure.test.partition('::')[2] or failure.test}"
            yield f"        {failure.message}"
        if len(alike) > SHOWN:
            yield "      " + say("more_failures", language, count=len(alike) - SHOWN)


def _cause(through: tuple[str, ...], language: Language) -> str:
    if not through:
        return say("together", language)
    return say("through", language, exercises=("、" if language == "ja" else ", ").join(through))


def _training(training: Training | None, language: Language) -> Iterator[str]:
    if training is None:
        yield say("no_training", language)
        return
    mark = "✓" if training.is_passed else "✗"
    if training.broken is not None:
        yield say("training_broken", language, mark=mark, error=training.broken)
        return
    first, last = f"{training.first_loss:.3f}", f"{training.last_loss:.3f}"
    yield say("losses", language, steps=STEPS, first=first, last=last)
    share, threshold = f"{training.exact_match:.1%}", f"{THRESHOLD:.0%}"
    yield say("copied", language, mark=mark, fresh=FRESH, share=share, threshold=threshold)
    called = {name: number for name, number in training.calls.items() if number}  # no model calls an experiment
    calls = ", ".join(f"{name.rpartition('.')[2]} {number:,}" for name, number in called.items())
    yield say("calls", language, calls=calls or 0)
