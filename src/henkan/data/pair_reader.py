"""Rows of pairs, streamed: columns, two files side by side, or JSON lines; see `open_pairs`, which tells them apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from henkan.data.features import Features, with_features
from henkan.data.json_lines import parse_json_row
from henkan.data.lines import shorten
from henkan.data.tally import PairTally
from henkan.data.text_file import TextFile

Row = tuple[str, str, int]
Form = Literal["columns", "parallel", "json"]
HOW = "write one pair a line: source, tab, target"


@dataclass(frozen=True)
class ReadReport:
    """What was found in a file of pairs. Line numbers count from 1 and are 0 where there is no such line.

    ``rows`` counts the usable rows, duplicates (the same pair again) included. Blank lines (nothing but white space)
    and one-sided rows (nothing but white space in one column) were dropped. ``several_references`` counts the
    different ``sources`` that have more than one target. ``features`` are there if the sources carry them.
    """

    path: str
    rows: int
    duplicates: int = 0
    several_references: int = 0
    blank_lines: int = 0
    first_blank_line: int = 0
    one_sided_rows: int = 0
    first_one_sided_row: int = 0
    sources: int = 0
    first_duplicate: int = 0
    first_conflict: int = 0
    form: Form = "columns"
    features: Features | None = None


@dataclass
class PairReader:
    """Rows (source, target, line) of ``files``, to be gone through as often as needed.

    ``report`` is what was found, known once all rows have been read.
    """

    files: Sequence[TextFile]
    form: Form
    features: Features | None = None
    _report: ReadReport | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """What errors and reports call the data."""
        return " and ".join(file.name for file in self.files)

    @property
    def report(self) -> ReadReport:
        """What was found on the first whole way through."""
        if self._report is None:
            for _ in self.rows():
                pass
        assert self._report is not None
        return self._report

    def rows(self) -> Iterator[Row]:
        """The usable rows. One with a blank side is left out and counted; no row at all is a ``ValueError``."""
        tally = PairTally() if self._report is None else None
        rows, blank, one_sided = 0, _Lines(), _Lines()
        for row in self.every_row():
            has_source, has_target = bool(row[0].strip()), bool(row[1].strip())
            if has_source and has_target:
                rows += 1
                if tally is not None:
                    tally.add(*row)
                yield row
            else:
                (one_sided if has_source or has_target else blank).add(row[2])
        if not rows:
            self._refuse(blank, one_sided)
        if tally is not None:
            self._report = self._make_report(tally, blank, one_sided)

    def every_row(self) -> Iterator[Row]:
        """All rows, the blank ones too: two empty texts for an empty line, so that no line is lost."""
        if self.form == "parallel":
            yield from self._parallel_rows()
            return
        for number, line in enumerate(self.files[0].lines(), start=1):
            if not line.strip():
                yield "", "", number
            elif self.form == "json":
                place = f"{self.files[0].name}, line {number}"
                for source, target in parse_json_row(line, place, features=self.features is not None):
                    yield source, target, number
            else:
                yield *self._columns(line, number), number

    def _parallel_rows(self) -> Iterator[Row]:
        sources, targets = self.files
        both, counts = 0, [0, 0]
        for number, (source, target) in enumerate(zip_longest(sources.lines(), targets.lines()), start=1):
            if source is not None and target is not None:
                both = number
                yield source, target, number
            else:  # to the end, so that both numbers are known
                counts = [both, number] if source is None else [number, both]
        if counts[0] != counts[1]:
            raise ValueError(
                f"{sources.name} has {_lines(counts[0])} and {targets.name} has {_lines(counts[1])}: "
                f"line N of the one has to belong to line N of the other"
            )

    def _columns(self, line: str, number: int) -> tuple[str, str]:
        columns = line.split("\t")
        if self.features is None:
            if len(columns) == 2:
                return columns[0], columns[1]
        elif len(columns) == 3:
            return with_features(columns[0], columns[2]), columns[1]
        raise ValueError(self._wrong_columns(line, number, len(columns)))

    def _wrong_columns(self, line: str, number: int, count: int) -> str:
        name, found = self.files[0].name, f"found {shorten(line)}"
        if self.features is not None:
            has = "1 column" if count == 1 else f"{count} columns"
            return (
                f"{name}, line {number} has {has} instead of 3 (source, target, features), {found}: "
                f"correct the line, or leave the features out with: cut -f1,2 {name} > NEW_FILE"
            )
        if count == 1:
            return f"{name}, line {number} has no tab, {found}: {HOW}"
        tags = ", or if the third column holds tags such as V;PST: --data.features tags" if count == 3 else ""
        return (
            f"{name}, line {number} has {count} columns instead of 2, {found}: "
            f"keep the first two with: cut -f1,2 {name} > NEW_FILE{tags}"
        )

    def _refuse(self, blank: "_Lines", one_sided: "_Lines") -> None:
        if not blank.count and not one_sided.count:
            raise ValueError(f"{self.name} is empty: {HOW}")
        found = f"blank lines: {blank.count}, rows with one side empty: {one_sided.count}"
        raise ValueError(f"{self.name} has no pair ({found}): {HOW}")

    def _make_report(self, tally: PairTally, blank: "_Lines", one_sided: "_Lines") -> ReadReport:
        found = tally.count()
        return ReadReport(
            path=self.name,
            rows=found.rows,
            duplicates=found.duplicates,
            several_references=found.conflicting,
            blank_lines=blank.count,
            first_blank_line=blank.first,
            one_sided_rows=one_sided.count,
            first_one_sided_row=one_sided.first,
            sources=found.sources,
            first_duplicate=found.first_duplicate,
            first_conflict=found.first_conflict,
            form=self.form,
            features=self.features,
        )


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"


@dataclass
class _Lines:
    """How many lines of one kind, and the first of them."""

    count: int = 0
    first: int = 0

    def add(self, number: int) -> None:
        self.count += 1
        self.first = self.first or number
