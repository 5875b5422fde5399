"""Batches of similar length, filled up to a budget of tokens."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from henkan.config import TrainingConfig
from henkan.data.arrays import Indices, PairArrays
from henkan.data.batch import Batch, EncodedPair


class TokenBatches:
    """All pairs as batches, in a new order every epoch.

    With ``batch_tokens``, pairs of equal lengths stand together, so that little is padding, and a batch is filled as
    long as rows x longest source and rows x longest target stay within ``batch_tokens``; ``max_rows`` can limit its
    rows as well. With ``max_rows`` alone, lengths are mixed and each batch has that many rows, the last perhaps fewer.

    Every pair comes exactly once per epoch. What an epoch looks like depends on ``seed`` and its number alone: set
    ``epoch`` to repeat or resume one. Without ``shuffle`` all epochs are alike: by length or, with ``max_rows`` alone,
    in the order of ``pairs``.

    Ten million pairs need no list of ten million things here: pairs and orders are arrays.
    """

    def __init__(
        self,
        pairs: Sequence[EncodedPair],
        batch_tokens: int | None = None,
        *,
        max_rows: int | None = None,
        seed: int = 0,
        shuffle: bool = True,
    ) -> None:
        self.pairs = PairArrays.of(pairs)
        _check(self.pairs, batch_tokens, max_rows, seed)
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0  # the number of the next epoch
        self._keys = _length_keys(self.pairs) if batch_tokens is not None else None
        # Ties are broken at random but lengths always come in the same order, so the cuts hold for every epoch.
        self._starts = self._cut(batch_tokens, max_rows if max_rows is not None else len(pairs))

    def __len__(self) -> int:
        """The number of batches, the same in every epoch."""
        return len(self._starts)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the next epoch."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.batches_of(epoch)

    def batches_of(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first ``start`` of them: what is left of an interrupted epoch."""
        for indices in self.indices_of(epoch)[start:]:
            yield self.pairs.batch(indices)

    def indices_of(self, epoch: int) -> list[Indices]:
        """Which pairs stand in each batch of an epoch."""
        generator = np.random.default_rng((self.seed, epoch)) if self.shuffle else None
        batches = np.split(self._order(generator), self._starts[1:])
        if generator is not None:
            return [batches[index] for index in generator.permutation(len(batches))]
        return batches

    def padding_share(self, epoch: int = 0) -> float:
        """The share of an epoch's places, sources and targets together, that are padding."""
        if self._keys is not None:  # lengths come in the same order in every epoch
            sides = np.divmod(np.sort(self._keys), self._keys.dtype.type(_key_width(self.pairs)))
        else:
            order = self._order(np.random.default_rng((self.seed, epoch)) if self.shuffle else None)
            sides = self.pairs.src_lengths[order], self.pairs.tgt_lengths[order]
        rows = np.diff(self._starts, append=len(self.pairs))
        real = sum(int(lengths.sum(dtype=np.int64)) for lengths in sides)
        places = sum(
            int((np.maximum.reduceat(lengths, self._starts).astype(np.int64) * rows).sum()) for lengths in sides
        )
        return 1 - real / places

    def _order(self, generator: np.random.Generator | None) -> Indices:
        count = len(self.pairs)
        order = np.arange(count) if generator is None else generator.permutation(count)
        if self._keys is None:
            return order
        # Stable, so equal lengths stay in random order.
        return order[np.argsort(self._keys[order], kind="stable")]

    def _cut(self, batch_tokens: int | None, max_rows: int) -> Indices:
        """Where each batch begins in the order of an epoch."""
        if batch_tokens is None or self._keys is None:
            return np.arange(0, len(self.pairs), max_rows)
        keys = np.sort(self._keys)
        longest = np.maximum(keys // _key_width(self.pairs), keys % _key_width(self.pairs))
        starts, start = [], 0
        while start < len(longest):
            starts.append(start)
            window = longest[start : start + min(max_rows, batch_tokens // int(longest[start]))]
            tokens = np.maximum.accumulate(window.astype(np.int64)) * np.arange(1, len(window) + 1)
            start += int(np.searchsorted(tokens, batch_tokens, side="right"))
        return np.array(starts, dtype=np.int64)


def make_batches(pairs: Sequence[EncodedPair], config: TrainingConfig) -> TokenBatches:
    """The training batches that ``config`` asks for; their order comes from its seed."""
    return TokenBatches(pairs, config.batch_tokens, max_rows=config.batch_rows or None, seed=config.seed)


def _key_width(pairs: PairArrays) -> int:
    return int(pairs.tgt_lengths.max()) + 1


def _length_keys(pairs: PairArrays) -> npt.NDArray[np.unsignedinteger[Any]]:
    """A number per pair that sorts by source length, then target length; small numbers sort fastest."""
    width = _key_width(pairs)
    dtype = np.min_scalar_type((int(pairs.src_lengths.max()) + 1) * width)
    return pairs.src_lengths.astype(dtype) * dtype.type(width) + pairs.tgt_lengths.astype(dtype)


def _check(pairs: PairArrays, batch_tokens: int | None, max_rows: int | None, seed: int) -> None:
    if not len(pairs):
        raise ValueError("there are no pairs to make batches of: check that the data file or the split is not empty")
    if batch_tokens is None and max_rows is None:
        raise ValueError("a batch needs a limit: set batch_tokens (for example 4096) or max_rows (for example 64)")
    for name, limit in (("batch_tokens", batch_tokens), ("max_rows", max_rows)):
        if limit is not None and limit < 1:
            raise ValueError(f"{name}={limit} must be at least 1")
    if seed < 0:
        raise ValueError(f"seed={seed} must be 0 or more")
    index = int(np.maximum(pairs.src_lengths, pairs.tgt_lengths).argmax())
    src, tgt, line = int(pairs.src_lengths[index]), int(pairs.tgt_lengths[index]), int(pairs.lines[index])
    if batch_tokens is not None and max(src, tgt) > batch_tokens:
        where = f"line {line}" if line else f"pair {index + 1} of {len(pairs)}"
        raise ValueError(
            f"the longest pair ({where}) has {src} source and {tgt} target tokens, more than "
            f"batch_tokens={batch_tokens}: remove it or set batch_tokens to at least {max(src, tgt)}"
        )
