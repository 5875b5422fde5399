"""Every exercise tells right from wrong, and one wrong from another."""

import importlib
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from syllabus import MISTAKES, WRITTEN

from henkan.course.exercise import ORDER, Exercise, Part, load_exercise
from henkan.course.ladder import climb
from henkan.course.recognise import is_same, probe
from henkan.course.solved import load_parts
from henkan.course.stubs import stub
from henkan.course.text import LANGUAGES, Language

# Learners run the checks without the enforcement of shapes that the tests of henkan.nn switch on.
pytestmark = pytest.mark.usefixtures("unchecked_shapes")

SECONDS = 10.0  # a climb takes a second or less; the rest is for a busy machine
EXERCISES = [load_exercise(exercise_id) for exercise_id in WRITTEN]
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=WRITTEN)
every_mistake = pytest.mark.parametrize(
    ("exercise", "mistake"),
    [(exercise, name) for exercise in EXERCISES for name in exercise.mistakes],
    ids=[f"{exercise.id}-{name}" for exercise in EXERCISES for name in exercise.mistakes],
)


def alternatives(exercise_id: str) -> dict[str, tuple[Part, ...]]:
    """The right solutions written another way."""
    return importlib.import_module(f"alternatives.{exercise_id.replace('/', '_')}").ALTERNATIVES


every_alternative = pytest.mark.parametrize(
    ("exercise", "parts"),
    [(exercise, parts) for exercise in EXERCISES for parts in alternatives(exercise.id).values()],
    ids=[f"{exercise.id}-{name}" for exercise in EXERCISES for name in alternatives(exercise.id)],
)


def test_every_exercise_of_the_syllabus_is_written() -> None:
    assert set(WRITTEN) == set(ORDER)


@every_exercise
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_that_a_learner_begins_with_fails_because_it_is_not_written_yet(
    exercise: Exercise, language: Language, tmp_path: Path
) -> None:
    path = tmp_path / "exercise.py"
    path.write_text(stub(exercise.id, language), encoding="utf-8")
    failure = climb(exercise, load_parts(exercise, path)).failure
    assert failure is not None
    assert failure.message == "not_written_yet"
    assert failure.mistake is None


@every_exercise
def test_the_library_passes(exercise: Exercise, record_property: Callable[[str, object], None]) -> None:
    start = time.perf_counter()
    report = climb(exercise, exercise.parts)
    seconds = time.perf_counter() - start
    record_property("ladder", (exercise.id, seconds))
    assert report.failure is None
    assert not report.skipped
    assert report.passed == tuple(exercise.checks)
    assert seconds < SECONDS


@every_alternative
def test_a_right_solution_written_another_way_passes(exercise: Exercise, parts: tuple[Part, ...]) -> None:
    report = climb(exercise, parts)
    assert report.failure is None


@every_mistake
def test_a_named_mistake_fails_and_is_recognised_as_itself(exercise: Exercise, mistake: str) -> None:
    report = climb(exercise, exercise.mistakes[mistake].parts)
    assert report.failure is not None
    assert report.failure.message != "not_written_yet"
    assert report.failure.mistake == mistake


@every_exercise
def test_no_two_mistakes_are_alike_and_none_is_like_the_library(exercise: Exercise) -> None:
    traces = {"the library": probe(exercise, exercise.parts)}
    traces |= {name: probe(exercise, mistake.parts) for name, mistake in exercise.mistakes.items()}
    assert None not in traces.values(), [name for name, trace in traces.items() if trace is None]
    assert not [pair for pair in combinations(traces, 2) if is_same(traces[pair[0]], traces[pair[1]])]


@every_exercise
def test_a_right_solution_is_not_taken_for_a_mistake(exercise: Exercise) -> None:
    for name, parts in alternatives(exercise.id).items():
        trace = probe(exercise, parts)
        assert trace is not None, f"{name} cannot be probed"
        alike = [
            mistake.name for mistake in exercise.mistakes.values() if is_same(trace, probe(exercise, mistake.parts))
        ]
        assert not alike, f"{name} looks like {alike}"


@every_exercise
def test_what_a_probe_gives_is_the_same_every_time(exercise: Exercise) -> None:
    assert is_same(probe(exercise, exercise.parts), probe(exercise, exercise.parts))


@every_exercise
def test_each_exercise_knows_another_right_solution(exercise: Exercise) -> None:
    assert alternatives(exercise.id)


@every_exercise
def test_the_mistakes_of_the_syllabus_have_names(exercise: Exercise) -> None:
    listed = MISTAKES.get(exercise.id, set())
    assert listed <= set(exercise.mistakes)
    assert not listed or len(exercise.mistakes) >= 3
