"""Code fits on the page: a notebook does not wrap its lines, and readers on small screens would have to scroll."""

from collections.abc import Iterator

from rich.cells import cell_len

from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Lesson

WIDEST = 120


def wide_code(lesson: Lesson) -> Iterator[Problem]:
    """Lines of code that are wider than a page. A Japanese character takes two columns."""
    for cell in lesson.code:
        for line in cell.text.splitlines():
            if (width := cell_len(line)) > WIDEST:
                yield in_cell(lesson, cell, f"a line is {width} columns wide, and {WIDEST} fit: {line.strip()[:40]}...")
