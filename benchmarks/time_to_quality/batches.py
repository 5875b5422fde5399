"""Batches as users of the peers make them: so many rows in random order, or rows of like lengths."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from time_to_quality.contest import Contest, Ids

POOL = 100  # batches whose rows are sorted among themselves, where lengths are to be alike


@dataclass(frozen=True)
class Work:
    """A padded batch: ``tgt_in`` begins with the start token, ``tgt_out`` ends with the end token."""

    src: Tensor
    tgt_in: Tensor
    tgt_out: Tensor


def epoch_of(contest: Contest, rows: int, draw: random.Random, *, by_length: bool) -> list[list[int]]:
    """Which pairs stand in each batch of an epoch; all come once.

    ``by_length`` sorts the rows of a hundred batches at a time, as Hugging Face's ``group_by_length`` does.
    """
    order = list(range(len(contest.train)))
    draw.shuffle(order)
    if by_length:
        pools = [order[start : start + POOL * rows] for start in range(0, len(order), POOL * rows)]
        order = [index for pool in pools for index in sorted(pool, key=lambda one: _length(contest.train[one]))]
    batches = [order[start : start + rows] for start in range(0, len(order), rows)]
    if by_length:
        draw.shuffle(batches)
    return batches


def works(contest: Contest, rows: int, *, by_length: bool) -> Iterator[Work]:
    """Batches without end, each epoch in an order of its own."""
    draw = random.Random(contest.seed)
    while True:
        for indices in epoch_of(contest, rows, draw, by_length=by_length):
            pairs = [contest.train[index] for index in indices]
            src, tgt = padded([src for src, _ in pairs]), padded([tgt for _, tgt in pairs])
            yield Work(src, padded([row[:-1] for _, row in pairs]), tgt[:, 1:].contiguous())


def padding_share(contest: Contest, rows: int, *, by_length: bool) -> float:
    """The share of an epoch's places, sources and targets together, that are padding."""
    batches = epoch_of(contest, rows, random.Random(contest.seed), by_length=by_length)
    real = sum(len(src) + len(tgt) for src, tgt in contest.train)
    places = sum(
        len(batch) * max(len(contest.train[index][side]) for index in batch) for batch in batches for side in (0, 1)
    )
    return 1 - real / places


def padded(rows: Sequence[Ids]) -> Tensor:
    """The rows as one tensor of ids, 0 behind the shorter ones."""
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def _length(pair: tuple[Ids, Ids]) -> int:
    return max(len(pair[0]), len(pair[1]))
