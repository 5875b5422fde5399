"""What a guard finds."""

from dataclasses import dataclass
from pathlib import Path

from course.builder import ROOT
from course.builder.lesson import Cell, Lesson


@dataclass(frozen=True)
class Problem:
    """Something to mend, and where."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def in_cell(lesson: Lesson, cell: Cell, what: str) -> Problem:
    """A problem of one cell."""
    return Problem(f"{shown(lesson.path)}:{cell.line} {cell.id}", what)


def shown(path: Path) -> str:
    """The path as an editor opens it from the repository's root."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
