"""A lesson source, read by jupytext: cells of prose in pairs, Japanese first, and cells of code for both languages."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from course.builder import SOURCES
from henkan.course.text import LANGUAGES, Language

MARKER = re.compile(r"^# %%(?!%)")
HASH_LENGTH = 8
LAYOUT = {"lines_to_next_cell", "lines_to_end_of_cell_marker"}  # what jupytext notes about blank lines


class SourceError(ValueError):
    """A lesson source that cannot be built."""


@dataclass(frozen=True)
class Cell:
    """One cell of a source. ``lang`` is None for code, which both languages share."""

    id: str
    lang: Language | None
    of: str | None
    """For English prose: the hash of the Japanese cell that it was written against."""
    text: str
    line: int
    """Where the cell begins in the source."""

    @property
    def is_code(self) -> bool:
        return self.lang is None

    @property
    def hash(self) -> str:
        """A short hash of the text, blind to space at the ends of lines."""
        text = "\n".join(line.rstrip() for line in self.text.strip().splitlines())
        return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]


@dataclass(frozen=True)
class Lesson:
    """A whole source."""

    path: Path
    cells: tuple[Cell, ...]
    seconds: float | None
    """What the header allows for running all cells, ``jupyter: henkan: seconds``."""

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_code]

    def prose(self, language: Language) -> list[Cell]:
        """The cells of prose in one language."""
        return [cell for cell in self.cells if cell.lang == language]

    @property
    def pairs(self) -> list[tuple[Cell, Cell]]:
        """Japanese and English cells of the same id; those without a twin are left out."""
        english = {cell.id: cell for cell in self.prose("en")}
        return [(cell, english[cell.id]) for cell in self.prose("ja") if cell.id in english]


def read_lesson(path: Path) -> Lesson:
    """The lesson in ``path``; a ``SourceError`` says which line cannot be one."""
    return parse(path.read_text(encoding="utf-8"), path)


def read_lessons(folder: Path = SOURCES) -> list[Lesson]:
    """Every lesson of the course."""
    return [read_lesson(path) for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]


def parse(source: str, path: Path) -> Lesson:
    """The lesson whose source is ``source``."""
    notebook = jupytext.reads(source, fmt="py:percent")
    lines = [number for number, line in enumerate(source.splitlines(), 1) if MARKER.match(line)]
    if len(lines) != len(notebook.cells):
        raise SourceError(f"{path}: {len(lines)} lines begin with '# %%' but there are {len(notebook.cells)} cells")
    cells = [_cell(cell, path, line) for cell, line in zip(notebook.cells, lines, strict=True)]
    if repeated := list(_repeated(cells)):
        raise SourceError(f"{path}:{repeated[0].line}: a second cell with id={repeated[0].id!r}")
    return Lesson(path, tuple(cells), notebook.metadata.get("henkan", {}).get("seconds"))


def _cell(cell: Any, path: Path, line: int) -> Cell:
    """The cell as it stands in the source, its metadata checked."""
    metadata = cell["metadata"]
    cell_id, lang = metadata.get("id"), metadata.get("lang")
    if not isinstance(cell_id, str) or not re.fullmatch(r"[\w-]{1,64}", cell_id, re.ASCII):
        raise SourceError(f'{path}:{line}: every cell needs an id="...", letters, digits and - only')
    if unknown := sorted(set(metadata) - {"id", "lang", "of"} - LAYOUT):
        raise SourceError(f"{path}:{line}: {cell_id} has {', '.join(unknown)}; cells have id, lang and of")
    if cell["cell_type"] == "markdown" and lang not in LANGUAGES:
        raise SourceError(f'{path}:{line}: prose {cell_id} needs lang="ja" or lang="en"')
    if cell["cell_type"] == "code" and lang is not None:
        raise SourceError(f"{path}:{line}: code {cell_id} is for both languages and has no lang")
    if cell["cell_type"] == "raw":
        raise SourceError(f"{path}:{line}: {cell_id} is neither prose nor code")
    return Cell(cell_id, lang, metadata.get("of"), cell["source"], line)


def _repeated(cells: list[Cell]) -> Iterator[Cell]:
    seen: set[tuple[str, Language | None]] = set()
    for cell in cells:
        is_known = (cell.id, cell.lang) in seen or (cell.is_code and any(name == cell.id for name, _ in seen))
        if is_known or (not cell.is_code and (cell.id, None) in seen):
            yield cell
        seen.add((cell.id, cell.lang))
