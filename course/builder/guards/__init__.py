"""The guards: each is a function from sources to what must be mended in them."""

from collections.abc import Iterator

from course.builder.glossary import PAGE, page, read_glossary
from course.builder.guards.emphasis import stray_asterisks
from course.builder.guards.exercises import exercises_never_shown, missing_misconceptions, unknown_exercises
from course.builder.guards.figures import figures_without_words
from course.builder.guards.ledger import typed_decimals, unknown_labels, unknown_numbers
from course.builder.guards.notebooks import no_assert_at_the_end, no_budget, stale_notebooks, stored_outputs
from course.builder.guards.pairs import different_twins, missing_twins, stale_twins
from course.builder.guards.problem import Problem, shown
from course.builder.guards.wide_code import wide_code
from course.builder.guards.words import LIBRARY, message_files, wrong_terms
from course.builder.lesson import Lesson
from henkan.course.exercise import ORDER, load_card
from henkan.course.toml import read_toml

EACH_LESSON = (
    missing_twins,
    stale_twins,
    different_twins,
    typed_decimals,
    unknown_numbers,
    figures_without_words,
    stray_asterisks,
    wide_code,
    no_assert_at_the_end,
    no_budget,
)


def problems_of(lesson: Lesson) -> Iterator[Problem]:
    """What must be mended in one lesson."""
    for guard in EACH_LESSON:
        yield from guard(lesson)
    yield from unknown_labels(lesson, _labels())
    yield from unknown_exercises(lesson, ORDER)
    yield from wrong_terms([lesson.path])


def problems_of_course(lessons: list[Lesson]) -> Iterator[Problem]:
    """What must be mended between the lessons, the exercises, the glossary and the notebooks."""
    written = [
        exercise_id for exercise_id in ORDER if (LIBRARY / "course" / "exercises" / f"{exercise_id}.toml").exists()
    ]
    yield from (Problem(exercise_id, "is not written") for exercise_id in ORDER if exercise_id not in written)
    cards = {exercise_id: set(load_card(exercise_id).mistake_cards.values()) for exercise_id in written}
    yield from exercises_never_shown(lessons, ORDER)
    yield from missing_misconceptions(lessons, cards)
    yield from wrong_terms(message_files())
    yield from stored_outputs()
    yield from stale_notebooks(lessons)
    if PAGE.read_text(encoding="utf-8") != page(read_glossary()):
        yield Problem(shown(PAGE), "differs from course/glossary.toml: python -m course.builder glossary")


def _labels() -> set[str]:
    return set(read_toml("equations.toml"))


__all__ = ["EACH_LESSON", "Problem", "problems_of", "problems_of_course"]
