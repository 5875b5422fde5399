"""Lessons and exercises know each other."""

import re
from collections.abc import Collection, Iterator, Mapping

from course.builder.code import called, calls, constant, strings_given
from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Lesson


def unknown_exercises(lesson: Lesson, order: Collection[str]) -> Iterator[Problem]:
    """Exercises that a lesson names and nobody wrote."""
    checked = [
        (cell, text)
        for cell in lesson.code
        for call in calls(cell.text)
        if called(call) == "check" and call.args and (text := constant(call.args[0])) is not None
    ]
    for cell, exercise_id in [*strings_given(lesson, "exercise_card"), *checked]:
        if exercise_id not in order:
            yield in_cell(lesson, cell, f"there is no exercise {exercise_id!r}")


def exercises_never_shown(lessons: Collection[Lesson], order: Collection[str]) -> Iterator[Problem]:
    """Exercises whose card no lesson shows."""
    cards = {exercise_id for lesson in lessons for _, exercise_id in strings_given(lesson, "exercise_card")}
    for exercise_id in order:
        if exercise_id not in cards:
            yield Problem(exercise_id, "no lesson shows its card: exercise_card(...)")


def missing_misconceptions(lessons: Collection[Lesson], cards: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Misconception cards that the mistakes of an exercise send learners to and that no lesson has as a heading."""
    headings = [
        line
        for lesson in lessons
        for cell in lesson.prose("ja")
        for line in cell.text.splitlines()
        if line.startswith("#")
    ]
    written = {card for line in headings for card in re.findall(r"(?<![A-Za-z0-9])M\d+-\d+(?!\d)", line)}
    for exercise_id, named in cards.items():
        for card in sorted(set(named) - written):
            yield Problem(exercise_id, f"sends learners to {card}, which is no heading of any lesson")
