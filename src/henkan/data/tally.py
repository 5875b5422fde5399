"""What comes again among pairs: duplicates, sources with several targets, sources in more than one split.

Counted over any number of pairs in little memory: of a pair its hashes are kept (64 bits each, so among ten million
pairs a wrong count has a chance of about one in a hundred thousand), and those go to a temporary file once they
are many.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

COLUMNS = 4  # hash of the source, hash of the pair, line, split
BUFFER = 1 << 15  # rows held as Python numbers, which are large
PART = 1 << 20  # rows sorted at a time
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """What was counted. Lines are those where a repeat, or a further target, first stands; 0 if there is none.

    ``sources_of`` counts the different sources of each split, ``shared`` those that two splits have in common.
    """

    rows: int = 0
    sources: int = 0
    duplicates: int = 0
    first_duplicate: int = 0
    conflicting: int = 0
    first_conflict: int = 0
    sources_of: Mapping[str, int] = field(default_factory=dict)
    shared: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def pairs(self) -> int:
        """The different pairs."""
        return self.rows - self.duplicates


class PairTally:
    """Takes pairs one by one, and then says what came again. A text counts in its split, the first without a name."""

    def __init__(self, splits: Sequence[str] = ("",)) -> None:
        self.splits = tuple(splits)
        self._rows = 0  # in the file
        self._columns: tuple[list[int], ...] = ([], [], [], [])
        self._file: tempfile._TemporaryFileWrapper[bytes] | None = None

    def add(self, source: str, target: str, line: int = 0, split: int = 0) -> None:
        """Count a pair. ``split`` is an index into ``splits``."""
        sources, pairs, lines, splits = self._columns
        sources.append(hash(source))
        pairs.append(hash((source, target)))
        lines.append(line)
        splits.append(split)
        if len(sources) == BUFFER:
            self._file = self._file or tempfile.NamedTemporaryFile(prefix="henkan-tally-")  # noqa: SIM115 - kept
            self._file.write(self._held().tobytes())
            self._rows += BUFFER
            self._columns = ([], [], [], [])

    def count(self) -> Tally:
        """The figures for all pairs so far."""
        parts = [_count(rows, len(self.splits)) for rows in self._parts() if len(rows)]
        sources_of = dict.fromkeys(self.splits, 0)
        shared = dict.fromkeys(combinations(self.splits, 2), 0)
        for _, places in parts:
            has = [(places >> split & 1).astype(bool) for split in range(len(self.splits))]
            for name, own in zip(self.splits, has, strict=True):
                sources_of[name] += int(own.sum())
            for names, (one, other) in zip(shared, combinations(has, 2), strict=True):
                shared[names] += int((one & other).sum())
        tallies = [tally for tally, _ in parts]
        return Tally(
            rows=sum(tally.rows for tally in tallies),
            sources=sum(tally.sources for tally in tallies),
            duplicates=sum(tally.duplicates for tally in tallies),
            first_duplicate=_first(tally.first_duplicate for tally in tallies),
            conflicting=sum(tally.conflicting for tally in tallies),
            first_conflict=_first(tally.first_conflict for tally in tallies),
            sources_of=sources_of,
            shared=shared,
        )

    def _held(self) -> Rows:
        return np.stack([np.array(column, np.int64) for column in self._columns], axis=1)

    def _parts(self) -> Iterator[Rows]:
        """The rows in parts of about ``PART``, all rows of a source in the same part, in their order."""
        count = -(-(self._rows + len(self._columns[0])) // PART)
        for part in range(count):
            yield np.concatenate([chunk[chunk[:, 0] % count == part] for chunk in self._chunks()])

    def _chunks(self) -> Iterator[Rows]:
        if self._file is not None:
            self._file.flush()
            with open(self._file.name, "rb") as file:
                while len(numbers := np.fromfile(file, np.int64, COLUMNS * PART // 8)):
                    yield numbers.reshape(-1, COLUMNS)
        yield self._held()


def _count(rows: Rows, num_splits: int) -> tuple[Tally, Rows]:
    """The figures for these rows, and for each source the set of its splits as bits."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]  # stable: within a pair the lines keep their order
    source, pair, line = rows[:, 0], rows[:, 1], rows[:, 2]
    new_source = np.append(True, source[1:] != source[:-1])
    repeated = ~new_source & np.append(False, pair[1:] == pair[:-1])
    starts = np.flatnonzero(new_source)
    places = np.bitwise_or.reduceat(1 << rows[:, 3], starts)
    different = rows[~repeated]
    different = different[np.lexsort((different[:, 2], different[:, 0]))]
    further = np.append(False, different[1:, 0] == different[:-1, 0])
    return Tally(
        rows=len(rows),
        sources=len(starts),
        duplicates=int(repeated.sum()),
        first_duplicate=int(line[repeated].min(initial=np.iinfo(np.int64).max)) if repeated.any() else 0,
        conflicting=len(np.unique(different[further, 0])),
        first_conflict=int(different[further, 2].min()) if further.any() else 0,
    ), places


def _first(lines: Iterator[int]) -> int:
    return min((line for line in lines if line), default=0)
