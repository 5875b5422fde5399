"""Pairs of source and target, in memory: a source with all its targets is one example."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from henkan.data.rows import FeaturesMode, ReadReport, open_pairs


@dataclass(frozen=True)
class Example:
    """One source with every target that is right for it. ``line`` is its first line in its file, 0 without a file."""

    source: str
    references: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class PairFile:
    """The examples of a file, in the order of their first lines, and what was found on the way."""

    examples: list[Example]
    report: ReadReport


def read_pairs(path: str | Path, targets: str | Path | None = None, *, features: FeaturesMode = "auto") -> PairFile:
    """Read a file of pairs whole, in any of the forms that ``open_pairs`` knows.

    A source that comes again brings a further reference, the same pair again is counted and kept once, and rows
    without a source or a target are counted and left out. There is no quoting, and no character is changed. Whatever
    is not such a file is a ``ValueError`` with file, line and the way out.
    """
    reader = open_pairs(path, targets, features=features)
    return PairFile(group_rows(reader.rows()), reader.report)


def group_rows(rows: Iterable[tuple[str, str, int]]) -> list[Example]:
    """One example per source from rows (source, target, line), in order; the same target again is left out."""
    first_lines: dict[str, int] = {}
    references: dict[str, dict[str, None]] = {}  # a dict keeps the order, a set does not
    for source, target, line in rows:
        first_lines.setdefault(source, line)
        references.setdefault(source, {})[target] = None
    return [Example(source, tuple(targets), first_lines[source]) for source, targets in references.items()]
