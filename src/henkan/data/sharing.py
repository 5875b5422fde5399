"""One epoch of batches, shared by several processes: each takes its rows of every batch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from henkan.data.arrays import Indices, PairArrays
from henkan.data.batch import Batch
from henkan.data.batching import TokenBatches

MEASURED_BATCHES = 1_000


@dataclass(frozen=True)
class Share:
    """The share of process ``rank``, counted from 0, of ``world_size`` processes."""

    rank: int = 0
    world_size: int = 1

    def rows(self, indices: Indices) -> Indices:
        """This process's rows of a batch: every ``world_size``-th, so that short and long ones go to all alike."""
        return indices[self.rank :: self.world_size]

    def batch(self, pairs: PairArrays, indices: Indices) -> Batch:
        """This process's rows side by side. With none left over for it, another's row that counts for nothing."""
        rows = self.rows(indices)
        if len(rows):
            return pairs.batch(rows)
        stand_in = pairs.batch(indices[:1])
        return Batch(stand_in.src, stand_in.tgt, stand_in.pad_idx, num_target_tokens=0)


@dataclass(frozen=True)
class Group:
    """The batches of one update: this process's rows of them, and the target tokens of all processes together."""

    batches: list[Batch]
    num_tokens: int


def groups_without_end(batches: TokenBatches, accumulate: int, share: Share, read: int) -> Iterator[Group]:
    """What each update is made from, for ever, after the first ``read`` batches of all epochs.

    All processes together get the batches that one process would get, in the same order: every pair once per epoch,
    as many batches for each process, and the same updates whatever their number.
    """
    epoch, start = divmod(read, len(batches))
    pairs, group, num_tokens = batches.pairs, list[Batch](), 0
    while True:
        for indices in batches.indices_of(epoch)[start:]:
            group.append(share.batch(pairs, indices))
            num_tokens += int(pairs.tgt_lengths[indices].sum(dtype=np.int64)) - len(indices)
            if len(group) == accumulate:
                yield Group(group, num_tokens)
                group, num_tokens = [], 0
        epoch, start = epoch + 1, 0


@dataclass(frozen=True)
class Balance:
    """How well batches are shared out.

    ``padding`` is the share of all places that are padding. ``waiting`` is the share of their time that processes wait
    for the one with the most places, if time goes with places.
    """

    padding: float
    waiting: float


def measure_balance(batches: TokenBatches, world_size: int) -> Balance:
    """The balance of an epoch, from at most ``MEASURED_BATCHES`` of its batches."""
    every = batches.indices_of(0)
    chosen = every[:: -(-len(every) // MEASURED_BATCHES)]
    shares = [Share(rank, world_size) for rank in range(world_size)]
    src, tgt = batches.pairs.src_lengths, batches.pairs.tgt_lengths
    real = sum(int(lengths[indices].sum(dtype=np.int64)) for indices in chosen for lengths in (src, tgt))
    places = np.array(
        [
            [sum(int(lengths[rows].max(initial=0)) * len(rows) for lengths in (src, tgt)) for rows in parts]
            for parts in ([share.rows(indices) for share in shares] for indices in chosen)
        ]
    )  # (batches, processes)
    return Balance(1 - real / int(places.sum()), 1 - int(places.sum()) / (world_size * int(places.max(axis=1).sum())))
