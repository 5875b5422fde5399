"""What is committed is what the sources say, and a lesson ends by holding its results."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from course.builder import NOTEBOOKS, SOURCES
from course.builder.guards.problem import Problem, in_cell, shown
from course.builder.lesson import Lesson
from course.builder.notebook import build, notebook_path
from course.builder.placeholders import Numbers, ledger_number
from henkan.course.text import LANGUAGES

MOST_SECONDS = 120


def no_assert_at_the_end(lesson: Lesson) -> Iterator[Problem]:
    """The last code cell asserts what the lesson has found."""
    last = lesson.code[-1] if lesson.code else None
    if last is None or not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(last.text))):
        cell = last or lesson.cells[-1]
        yield in_cell(lesson, cell, "the last code cell must assert the results of the lesson")


def no_budget(lesson: Lesson) -> Iterator[Problem]:
    """The header says how long the notebook may take."""
    if not isinstance(lesson.seconds, (int, float)) or not 0 < lesson.seconds <= MOST_SECONDS:
        wanted = f"seconds: N, of 1 to {MOST_SECONDS}, under jupyter: henkan:"
        yield Problem(shown(lesson.path), f"the header needs a time budget, {wanted}; it has {lesson.seconds}")


def stale_notebooks(
    lessons: list[Lesson], folder: Path = NOTEBOOKS, number: Numbers = ledger_number
) -> Iterator[Problem]:
    """Notebooks that are missing, are not what their source says, or have no source."""
    command = "python -m course.builder build"
    expected = {
        notebook_path(lesson, language, folder): (lesson, language) for lesson in lessons for language in LANGUAGES
    }
    for path, (lesson, language) in expected.items():
        try:
            fresh = build(lesson, language, number)
        except (ImportError, LookupError, ValueError) as error:
            yield Problem(shown(path), f"cannot be built: {error}")
            continue
        if not path.exists():
            yield Problem(shown(path), f"is missing: {command}")
        elif path.read_text(encoding="utf-8") != fresh:
            yield Problem(shown(path), f"differs from {lesson.path.name}: {command}")
    for path in sorted(folder.rglob("*.ipynb")):
        if path not in expected and ".ipynb_checkpoints" not in path.parts:
            yield Problem(shown(path), "has no source in course/")


def stored_outputs(folder: Path = NOTEBOOKS, sources: Path = SOURCES) -> Iterator[Problem]:
    """Outputs that were saved, and notebooks among the sources."""
    for path in sorted(sources.glob("*.ipynb")):
        yield Problem(shown(path), "is a notebook; sources are .py files, which hold no outputs")
    for path in sorted(folder.rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
            yield Problem(shown(path), "holds outputs")
