"""A file of pairs that is too large for memory: split by source, read again whenever its examples are needed."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from henkan.data.pair_reader import PairReader, Row
from henkan.data.pairs import Example, group_rows
from henkan.data.splits import Splits, without_gaps

MAX_HELD_OUT = 10_000  # sources of a split: the figures are sure enough, and decoding more takes long
BLOCK = 1 << 16  # rows turned into numbers at a time

Mask = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Stamp = tuple[tuple[int, int, int], ...]
Watch = Callable[[Iterator[Row], int | None], Iterator[Row]]


def unwatched(rows: Iterator[Row], total: int | None) -> Iterator[Row]:
    """The rows as they are: a ``Watch`` that shows nothing."""
    return rows


@dataclass(frozen=True, eq=False)
class StreamedExamples(Collection[Example]):
    """The rows of a file that ``mask`` chooses, each an example of one reference. ``sources`` are different ones.

    ``watch`` sees every row go by, and how many there are in all.
    """

    reader: PairReader
    mask: Mask
    sources: int
    stamp: Stamp
    watch: Watch = unwatched

    @classmethod
    def of(cls, reader: PairReader, mask: Mask, sources: int, watch: Watch = unwatched) -> "StreamedExamples":
        """The examples of files as they are now."""
        return cls(reader, mask, sources, stamp_of(reader), watch)

    @property
    def num_pairs(self) -> int:
        """The number of examples that are gone through."""
        return int(self.mask.sum())

    def __len__(self) -> int:
        """The number of different sources."""
        return self.sources

    def __iter__(self) -> Iterator[Example]:
        rows = self.watch(_rows(self.reader, self.stamp), len(self.mask))
        for (source, target, line), chosen in zip(rows, self.mask.tobytes(), strict=True):
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


def stream_splits(
    reader: PairReader, shares: Shares, salt: str = "henkan", *, watch: Watch = unwatched
) -> tuple[Splits, Shares]:
    """The splits of a large file, and the shares that they are.

    Where a source goes is decided as ``split_by_source`` does, so a file that outgrows memory keeps what it held out as
    far as the shares stay. Of a pair that comes again only the first row is taken. The held-out examples are in memory,
    the training examples are read from the file whenever they are asked for.
    """
    stamp = stamp_of(reader)
    sources, pairs = _hash_rows(watch(_rows(reader, stamp), None), salt)
    shares, borders = _borders(np.unique(sources), shares)
    place = (sources < borders[1]).astype(np.uint8) + (sources < borders[0])  # 0 to train, 1 dev, 2 test
    first = np.zeros(len(pairs), dtype=np.bool_)
    first[np.unique(pairs, return_index=True)[1]] = True
    train = first & (place == 0)
    held_out: dict[int, list[Row]] = {1: [], 2: []}
    for row, where in zip(watch(_rows(reader, stamp), len(place)), place.tobytes(), strict=True):
        if where:
            held_out[where].append(row)
    examples = StreamedExamples(reader, train, len(np.unique(sources[train])), stamp, watch)
    return Splits(examples, group_rows(held_out[1]), group_rows(held_out[2])), shares


def _borders(ranked: Hashes, shares: Shares) -> tuple[Shares, tuple[np.uint64, np.uint64]]:
    """The shares that are held out of these sources, and the hashes below which they are test, and test or dev."""
    most = shares.capped(len(ranked))
    test_end, dev_end = (int(np.searchsorted(ranked, _border(share))) for share in (most.test, most.test + most.dev))
    test_end, dev_end = without_gaps(test_end, dev_end, len(ranked), needs_dev=shares.dev > 0)
    test_end = min(test_end, MAX_HELD_OUT)  # a share of hashes is that share of the sources only about
    dev_end = min(dev_end, test_end + MAX_HELD_OUT)
    return most, (ranked[test_end], ranked[dev_end])


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


def _rows(reader: PairReader, stamp: Stamp) -> Iterator[Row]:
    """The rows, from files that are as they were."""
    check_unchanged(reader, stamp)
    yield from reader.rows()
    check_unchanged(reader, stamp)


def check_unchanged(reader: PairReader, stamp: Stamp) -> None:
    """Raise if the files are not as they were when they got ``stamp``."""
    if stamp_of(reader) != stamp:
        raise ValueError(f"{reader.name} was changed while it was read: wait until it is written, and begin anew")


def stamp_of(reader: PairReader) -> Stamp:
    """Number, size and time of the files of ``reader``."""
    found = [file.path.stat() for file in reader.files]
    return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)
