"""A file of pairs that is too large for memory: split by source, read again whenever its examples are needed."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from henkan.data.pair_reader import PairReader, Row
from henkan.data.pairs import Example, group_rows
from henkan.data.splits import Splits

MAX_HELD_OUT = 10_000  # sources of a split: the figures are sure enough, and decoding more takes long
BLOCK = 1 << 16  # rows turned into numbers at a time

Mask = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class StreamedExamples(Collection[Example]):
    """The rows of a file that ``mask`` chooses, each an example of one reference. ``sources`` are different ones."""

    reader: PairReader
    mask: Mask
    sources: int
    stamp: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, reader: PairReader, mask: Mask, sources: int) -> "StreamedExamples":
        """The examples of files as they are now."""
        return cls(reader, mask, sources, _stamp(reader))

    def __len__(self) -> int:
        """The number of different sources."""
        return self.sources

    def __iter__(self) -> Iterator[Example]:
        for (source, target, line), chosen in zip(_rows(self.reader, self.stamp), self.mask.tolist(), strict=True):
            if chosen:
                yield Example(source, (target,), line)

    def __contains__(self, example: object) -> bool:
        return any(example == other for other in self)


@dataclass(frozen=True)
class Shares:
    """The shares of the sources that are held out."""

    dev: float
    test: float

    def capped(self, sources: int) -> "Shares":
        """The same, but at most ``MAX_HELD_OUT`` of so many sources each."""
        most = MAX_HELD_OUT / max(sources, 1)
        return Shares(min(self.dev, most), min(self.test, most))


def stream_splits(reader: PairReader, shares: Shares, salt: str = "henkan") -> tuple[Splits, Shares]:
    """The splits of a large file, and the shares that they are.

    Where a source goes is decided as ``split_by_source`` does, so a file that outgrows memory keeps what it held out as
    far as the shares stay. Of a pair that comes again only the first row is taken. The held-out examples are in memory,
    the training examples are read from the file whenever they are asked for.
    """
    stamp = _stamp(reader)
    sources, pairs = _hash_rows(_rows(reader, stamp), salt)
    different = len(np.unique(sources))
    shares = shares.capped(different)
    first = np.zeros(len(pairs), dtype=np.bool_)
    first[np.unique(pairs, return_index=True)[1]] = True
    in_test = sources < _border(shares.test)
    in_dev = ~in_test & (sources < _border(shares.test + shares.dev))
    train = first & ~in_test & ~in_dev
    held_out: dict[bool, list[Row]] = {True: [], False: []}
    for row, dev, test in zip(_rows(reader, stamp), in_dev.tolist(), in_test.tolist(), strict=True):
        if dev or test:
            held_out[test].append(row)
    examples = StreamedExamples(reader, train, len(np.unique(sources[train])), stamp)
    return Splits(examples, group_rows(held_out[False]), group_rows(held_out[True])), shares


def _hash_rows(rows: Iterator[Row], salt: str) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The hash of each source that ``source_fraction`` divides, and a number for each pair."""
    prefix = f"{salt}\n".encode()
    source_blocks: list[Hashes] = []
    pair_blocks: list[npt.NDArray[np.int64]] = []
    digests, numbers = bytearray(), list[int]()

    def close_block() -> None:
        source_blocks.append(np.frombuffer(bytes(digests), dtype=">u8").astype(np.uint64))
        pair_blocks.append(np.array(numbers, dtype=np.int64))
        digests.clear()
        numbers.clear()

    for source, target, _ in rows:
        digests += blake2b(prefix + source.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        numbers.append(hash((source, target)))
        if len(numbers) == BLOCK:
            close_block()
    close_block()
    return np.concatenate(source_blocks), np.concatenate(pair_blocks)


def _border(share: float) -> np.uint64:
    """The hash below which sources are of the share."""
    return np.uint64(min(int(share * 2**64), 2**64 - 1))


def _rows(reader: PairReader, stamp: tuple[tuple[int, int], ...]) -> Iterator[Row]:
    """The rows, from files that are as they were."""
    _check_unchanged(reader, stamp)
    yield from reader.rows()
    _check_unchanged(reader, stamp)


def _check_unchanged(reader: PairReader, stamp: tuple[tuple[int, int], ...]) -> None:
    if _stamp(reader) != stamp:
        raise ValueError(f"{reader.name} was changed while it was read: wait until it is written, and begin anew")


def _stamp(reader: PairReader, stat: Callable[..., os.stat_result] = os.stat) -> tuple[tuple[int, int], ...]:
    """Size and time of the files."""
    found = [stat(file.path) for file in reader.files]
    return tuple((each.st_size, each.st_mtime_ns) for each in found)
