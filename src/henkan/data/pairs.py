"""Pairs of source and target from a file: two columns with a tab between them, one pair a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from henkan.data.lines import read_lines, shorten


@dataclass(frozen=True)
class Example:
    """One source with every target that is right for it. ``line`` is its first line in its file, 0 without a file."""

    source: str
    references: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class ReadReport:
    """What was found in a file of pairs. Line numbers count from 1 and are 0 where there is no such line.

    ``rows`` counts the usable rows, duplicates (the same pair again) included. Blank lines (nothing but white space)
    and one-sided rows (nothing but white space in one column) were dropped.
    """

    path: str
    rows: int
    duplicates: int = 0
    several_references: int = 0
    blank_lines: int = 0
    first_blank_line: int = 0
    one_sided_rows: int = 0
    first_one_sided_row: int = 0


@dataclass(frozen=True)
class PairFile:
    """The examples of a file, in the order of their first lines, and what was found on the way."""

    examples: list[Example]
    report: ReadReport


def read_pairs(path: str | Path) -> PairFile:
    """Read a UTF-8 file of rows "source, tab, target".

    A source that comes again brings a further reference, the same pair again is counted and kept once, and rows
    without a source or a target are counted and left out. There is no quoting, and no character is changed. Whatever
    is not such a file is a ``ValueError`` with file, line and the way out.
    """
    lines = list(enumerate(read_lines(path), start=1))
    if not lines:
        raise ValueError(f"{path} is empty: write one pair a line: source, tab, target")
    blank = [number for number, line in lines if not line.strip()]
    rows = [(*_columns(line, number, path), number) for number, line in lines if line.strip()]
    usable = [row for row in rows if row[0].strip() and row[1].strip()]
    one_sided = [row[2] for row in rows if not row[0].strip() or not row[1].strip()]
    if not usable:
        raise ValueError(
            f"{path} has no pair (blank lines: {len(blank)}, rows with one side empty: {len(one_sided)}): "
            f"write one pair a line: source, tab, target"
        )
    examples = group_rows(usable)
    report = ReadReport(
        path=str(path),
        rows=len(usable),
        duplicates=len(usable) - sum(len(example.references) for example in examples),
        several_references=sum(len(example.references) > 1 for example in examples),
        blank_lines=len(blank),
        first_blank_line=blank[0] if blank else 0,
        one_sided_rows=len(one_sided),
        first_one_sided_row=one_sided[0] if one_sided else 0,
    )
    return PairFile(examples, report)


def group_rows(rows: Iterable[tuple[str, str, int]]) -> list[Example]:
    """One example per source from rows (source, target, line), in order; the same target again is left out."""
    first_lines: dict[str, int] = {}
    references: dict[str, dict[str, None]] = {}  # a dict keeps the order, a set does not
    for source, target, line in rows:
        first_lines.setdefault(source, line)
        references.setdefault(source, {})[target] = None
    return [Example(source, tuple(targets), first_lines[source]) for source, targets in references.items()]


def _columns(line: str, number: int, path: str | Path) -> tuple[str, str]:
    columns = line.split("\t")
    if len(columns) == 1:
        raise ValueError(
            f"{path}, line {number} has no tab, found {shorten(line)}: write one pair a line: source, tab, target"
        )
    if len(columns) > 2:
        raise ValueError(
            f"{path}, line {number} has {len(columns)} columns instead of 2, found {shorten(line)}: "
            f"keep the first two with: cut -f1,2 {path} > NEW_FILE"
        )
    return columns[0], columns[1]
