"""Pairs of ids as flat arrays: a few bytes a symbol instead of Python objects, in memory or mapped from files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import torch

from henkan.data.batch import Batch, EncodedPair
from henkan.data.vocabulary import PAD_IDX

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]
BLOCK = 1 << 16  # pairs encoded at a time
FILES = ("src", "src_offsets", "tgt", "tgt_offsets", "lines")


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of ids, one after the other: row i is ``ids[offsets[i] : offsets[i + 1]]``."""

    ids: Array
    offsets: Array

    @classmethod
    def of(cls, ids: Array, lengths: Array) -> "Rows":
        """The rows of these lengths that lie in ``ids``, each array in the smallest type that holds it."""
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return cls(smallest(ids), smallest(offsets))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> list[int]:
        row: list[int] = self.ids[int(self.offsets[index]) : int(self.offsets[index + 1])].tolist()
        return row

    @cached_property
    def lengths(self) -> Array:
        """The number of ids in each row."""
        return np.diff(self.offsets).astype(np.min_scalar_type(len(self.ids)), copy=False)

    def padded(self, indices: Indices, pad_idx: int = PAD_IDX) -> npt.NDArray[np.int64]:
        """The rows ``indices``, (B, longest of them), padded on the right."""
        lengths = self.lengths[indices].astype(np.int64)
        places = np.arange(lengths.max(initial=0))
        real = places < lengths[:, None]  # (B, W), True where a row has a token
        starts = self.offsets[indices].astype(np.int64)
        padded = np.full(real.shape, pad_idx, dtype=np.int64)
        padded[real] = self.ids[(starts[:, None] + places)[real]]
        return padded


class PairArrays(Sequence[EncodedPair]):
    """Encoded pairs that take the room of their ids alone. ``lines`` says where each stands in its file, or 0.

    ``load`` maps the arrays from files: only what is looked at is read, and processes share it.
    """

    def __init__(self, src: Rows, tgt: Rows, lines: Array) -> None:
        if not len(src) == len(tgt) == len(lines):
            raise ValueError(f"{len(src)} sources, {len(tgt)} targets and {len(lines)} lines do not make pairs")
        self.src, self.tgt, self.lines = src, tgt, lines

    @classmethod
    def of(cls, pairs: Iterable[EncodedPair]) -> "PairArrays":
        """The same pairs as arrays, in memory."""
        if isinstance(pairs, PairArrays):
            return pairs
        blocks = [_block(block) for block in _in_blocks(pairs)]
        src, src_lengths, tgt, tgt_lengths, lines = (_joined(column) for column in zip(*blocks, strict=True))
        return cls(Rows.of(src, src_lengths), Rows.of(tgt, tgt_lengths), smallest(lines))

    @classmethod
    def load(cls, folder: Path) -> "PairArrays":
        """What ``save`` wrote to ``folder``, mapped: nothing is read yet."""
        src, src_offsets, tgt, tgt_offsets, lines = (_map(folder / f"{name}.npy") for name in FILES)
        return cls(Rows(src, src_offsets), Rows(tgt, tgt_offsets), lines)

    def save(self, folder: Path) -> None:
        """Write the arrays to ``folder``, each to a file in numpy's own format."""
        arrays = (self.src.ids, self.src.offsets, self.tgt.ids, self.tgt.offsets, self.lines)
        for name, array in zip(FILES, arrays, strict=True):
            np.save(folder / f"{name}.npy", array)

    @property
    def src_lengths(self) -> Array:
        """The length of each source, its end token included."""
        return self.src.lengths

    @property
    def tgt_lengths(self) -> Array:
        """The length of each target, its start and end token included."""
        return self.tgt.lengths

    def batch(self, indices: Indices, pad_idx: int = PAD_IDX) -> Batch:
        """The pairs ``indices`` side by side: what ``Batch.collate`` makes of them."""
        num_target_tokens = int(self.tgt_lengths[indices].sum(dtype=np.int64)) - len(indices)
        src, tgt = self.src.padded(indices, pad_idx), self.tgt.padded(indices, pad_idx)
        return Batch(torch.from_numpy(src), torch.from_numpy(tgt), pad_idx, num_target_tokens)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> EncodedPair: ...
    @overload
    def __getitem__(self, index: slice) -> list[EncodedPair]: ...
    def __getitem__(self, index: int | slice) -> EncodedPair | list[EncodedPair]:
        place = range(len(self))[index]  # counts from the end where it is negative
        if isinstance(place, range):
            return [self[each] for each in place]
        return EncodedPair(self.src[place], self.tgt[place], int(self.lines[place]))


def _in_blocks(pairs: Iterable[EncodedPair]) -> Iterator[list[EncodedPair]]:
    """The pairs in lists of ``BLOCK``, at least one, so that few of them are Python objects at a time."""
    iterator = iter(pairs)
    block = list(islice(iterator, BLOCK))
    yield block
    while block := list(islice(iterator, BLOCK)):
        yield block


def _block(pairs: Sequence[EncodedPair]) -> tuple[Array, ...]:
    """Source ids and lengths, target ids and lengths, and lines."""
    lines = np.fromiter((pair.line for pair in pairs), dtype=np.int64, count=len(pairs))
    return (*_flat([pair.src for pair in pairs]), *_flat([pair.tgt for pair in pairs]), smallest(lines))


def _flat(rows: Sequence[Sequence[int]]) -> tuple[Array, Array]:
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))
    return smallest(ids), smallest(lengths)


def _joined(arrays: Sequence[Array]) -> Array:
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]


def smallest(numbers: Array) -> Array:
    """``numbers`` in the smallest unsigned type that holds them all; what is below zero stays as it is."""
    if numbers.min(initial=0) < 0:
        return numbers
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))), copy=False)


def _map(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    # A plain view: numpy's memmap class makes every small slice slow.
    return array.view(np.ndarray)
