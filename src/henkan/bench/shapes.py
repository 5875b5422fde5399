"""The sizes and the data that henkan and its peers are measured with."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

PAD, BOS, EOS, FIRST_WORD = 0, 1, 2, 4  # 3 stands for the unknown in most vocabularies, and is not drawn
SOURCE_LENGTH, OUTPUT_LENGTH = 16, 32  # of decoding: every row has so many source tokens and gets so many tokens


@dataclass(frozen=True)
class Work:
    """One padded batch to train on. ``tgt_in`` begins with BOS, ``tgt_out`` ends with EOS, ``src`` too."""

    src: Int[Tensor, "B S"]
    tgt_in: Int[Tensor, "B T"]
    tgt_out: Int[Tensor, "B T"]

    @property
    def num_target_tokens(self) -> int:
        """The target tokens that are not padding: what speeds of training are counted in."""
        return int((self.tgt_out != PAD).sum())


@dataclass(frozen=True)
class Shape:
    """A size of model and its data; ``target_tokens`` a batch, padding included, or ``rows`` of one length each."""

    name: str
    d_model: int
    num_heads: int
    d_ff: int
    num_layers: int  # of the encoder, and as many of the decoder
    vocab_size: int
    tied: bool  # one matrix for both embeddings and the output
    num_batches: int  # that one round trains on
    target_tokens: int = 0
    rows: int = 0
    dropout: float = 0.1
    max_len: int = 64

    def training_batches(self) -> list[Work]:
        """What every peer trains on in a round, always the same."""
        draw = random.Random(0)
        lengths = list(self._lengths(draw))
        return [_make_batch(draw, batch, self.vocab_size) for batch in lengths]

    def sources(self, rows: int) -> Int[Tensor, "rows 16"]:
        """What is decoded: random tokens, the last EOS, no padding."""
        draw = random.Random(rows)
        words = [[draw.randrange(FIRST_WORD, self.vocab_size) for _ in range(SOURCE_LENGTH - 1)] for _ in range(rows)]
        return torch.tensor([[*row, EOS] for row in words])

    def _lengths(self, draw: random.Random) -> Iterator[list[tuple[int, int]]]:
        """(source, target) lengths, end tokens counted, of the pairs of each batch."""
        if self.rows:
            yield from [[(5, 4)] * self.rows] * self.num_batches
            return
        # Log-normal with mean 14, a target about as long as its source, sorted as buckets by length have it.
        pairs = []
        for _ in range(4000):
            source = _clip(draw.lognormvariate(math.log(14) - 0.5 * 0.5**2, 0.5))
            pairs.append((source, _clip(source * draw.lognormvariate(0.0, 0.12))))
        pairs.sort(key=lambda pair: (pair[1], pair[0]))
        for number in range(self.num_batches):
            first = len(pairs) * (2 * number + 1) // (2 * self.num_batches)  # the middle of each share of the lengths
            batch = pairs[first : first + self.target_tokens // pairs[first][1]]
            while len(batch) * batch[-1][1] > self.target_tokens:
                batch.pop()
            yield batch


def _clip(length: float) -> int:
    return min(max(round(length), 4), 40)


def _make_batch(draw: random.Random, lengths: list[tuple[int, int]], vocab_size: int) -> Work:
    def words(count: int) -> list[int]:
        return [draw.randrange(FIRST_WORD, vocab_size) for _ in range(count)]

    sources = [[*words(source - 1), EOS] for source, _ in lengths]
    targets = [[BOS, *words(target - 1), EOS] for _, target in lengths]
    src, tgt = _padded(sources), _padded(targets)
    tgt_in = tgt[:, :-1]
    return Work(src, tgt_in.masked_fill(tgt_in == EOS, PAD), tgt[:, 1:].contiguous())  # shorter rows end before EOS


def _padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


ShapeName = Literal["tiny", "small", "base"]
SHAPES: dict[ShapeName, Shape] = {
    "tiny": Shape("tiny", 128, 4, 512, 3, 14, False, num_batches=8, rows=64),
    "small": Shape("small", 256, 8, 1024, 4, 8000, True, num_batches=4, target_tokens=2048),
    "base": Shape("base", 512, 8, 2048, 6, 32000, True, num_batches=2, target_tokens=1024),
}
