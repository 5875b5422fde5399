"""Batches of similar length, filled up to a budget of tokens."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from henkan.data.batch import Batch, EncodedPair

Indices = npt.NDArray[np.int64]


class TokenBatches:
    """All pairs as batches, in a new order every epoch.

    With ``batch_tokens``, pairs of equal lengths stand together, so that little is padding, and a batch is filled as
    long as rows x longest source and rows x longest target stay within ``batch_tokens``; ``max_rows`` can limit its
    rows as well. With ``max_rows`` alone, lengths are mixed and each batch has that many rows, the last perhaps fewer.

    Every pair comes exactly once per epoch. What an epoch looks like depends on ``seed`` and its number alone: set
    ``epoch`` to repeat or resume one. Without ``shuffle`` all epochs are alike: by length or, with ``max_rows`` alone,
    in the order of ``pairs``.
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
        _check(pairs, batch_tokens, max_rows, seed)
        self.pairs = pairs
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0  # the number of the next epoch
        self._src_lengths = np.fromiter((len(pair.src) for pair in pairs), dtype=np.int64, count=len(pairs))
        self._tgt_lengths = np.fromiter((len(pair.tgt) for pair in pairs), dtype=np.int64, count=len(pairs))
        self._by_length = batch_tokens is not None
        # Ties are broken at random but lengths always come in the same order, so the cuts hold for every epoch.
        order = self._order(None)
        self._cuts = self._cut(order, batch_tokens, max_rows if max_rows is not None else len(pairs))

    def __len__(self) -> int:
        """The number of batches, the same in every epoch."""
        return len(self._cuts)

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the next epoch."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.batches_of(epoch)

    def batches_of(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, without the first ``start`` of them: what is left of an interrupted epoch."""
        for indices in self.indices_of(epoch)[start:]:
            yield Batch.collate([self.pairs[index] for index in indices])

    def indices_of(self, epoch: int) -> list[list[int]]:
        """Which pairs stand in each batch of an epoch."""
        generator = np.random.default_rng((self.seed, epoch)) if self.shuffle else None
        order = self._order(generator).tolist()
        batches = [order[start:end] for start, end in self._cuts]
        if generator is not None:
            return [batches[index] for index in generator.permutation(len(batches))]
        return batches

    def _order(self, generator: np.random.Generator | None) -> Indices:
        count = len(self.pairs)
        order = np.arange(count) if generator is None else generator.permutation(count)
        if not self._by_length:
            return order
        # Stable, so equal lengths stay in random order.
        return order[np.lexsort((self._tgt_lengths[order], self._src_lengths[order]))]

    def _cut(self, order: Indices, batch_tokens: int | None, max_rows: int) -> list[tuple[int, int]]:
        cuts, start, longest = [], 0, 0
        lengths = np.maximum(self._src_lengths, self._tgt_lengths)[order].tolist()
        for index, length in enumerate(lengths):
            longest, rows = max(longest, length), index - start + 1
            if rows > max_rows or (batch_tokens is not None and rows * longest > batch_tokens):
                cuts.append((start, index))
                start, longest = index, length
        return [*cuts, (start, len(lengths))]


def _check(pairs: Sequence[EncodedPair], batch_tokens: int | None, max_rows: int | None, seed: int) -> None:
    if not pairs:
        raise ValueError("there are no pairs to make batches of: check that the data file or the split is not empty")
    if batch_tokens is None and max_rows is None:
        raise ValueError("a batch needs a limit: set batch_tokens (for example 4096) or max_rows (for example 64)")
    for name, limit in (("batch_tokens", batch_tokens), ("max_rows", max_rows)):
        if limit is not None and limit < 1:
            raise ValueError(f"{name}={limit} must be at least 1")
    if seed < 0:
        raise ValueError(f"seed={seed} must be 0 or more")
    longest = max(pairs, key=lambda pair: max(len(pair.src), len(pair.tgt)))
    tokens = max(len(longest.src), len(longest.tgt))
    if batch_tokens is not None and tokens > batch_tokens:
        where = f"line {longest.line}" if longest.line else f"pair {pairs.index(longest) + 1} of {len(pairs)}"
        raise ValueError(
            f"the longest pair ({where}) has {len(longest.src)} source and {len(longest.tgt)} target tokens, more than "
            f"batch_tokens={batch_tokens}: remove it or set batch_tokens to at least {tokens}"
        )
