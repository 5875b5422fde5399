"""Pairs of ids, and batches of them as padded tensors."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from henkan.data.codec import Codec
from henkan.data.pairs import Example
from henkan.data.tokenizers import Tokenizer
from henkan.data.vocabulary import BOS_IDX, EOS_IDX, PAD_IDX


@dataclass(frozen=True)
class EncodedPair:
    """One pair as ids: ``src`` closed by the end token, ``tgt`` between start and end token.

    ``line`` is where the source first stands in its file, 0 without a file.
    """

    src: list[int]
    tgt: list[int]
    line: int = 0


def encode_pair(codec: Codec, source: str, target: str, line: int = 0) -> EncodedPair:
    """One pair as ids."""
    src, copied = codec.encode_source(source)
    return EncodedPair([*src, EOS_IDX], [BOS_IDX, *codec.encode_target(target, copied), EOS_IDX], line)


def iter_encoded(examples: Iterable[Example], source: Tokenizer, target: Tokenizer) -> Iterator[EncodedPair]:
    """One pair of ids for every reference of every example, in order, as they are asked for."""
    codec = Codec(source, target)
    for example in examples:
        ids, copied = codec.encode_source(example.source)
        src = [*ids, EOS_IDX]
        for reference in example.references:
            yield EncodedPair(src, [BOS_IDX, *codec.encode_target(reference, copied), EOS_IDX], example.line)


def encode_examples(examples: Iterable[Example], source: Tokenizer, target: Tokenizer) -> list[EncodedPair]:
    """One pair of ids for every reference of every example, in order."""
    return list(iter_encoded(examples, source, target))


@dataclass(frozen=True)
class Batch:
    """Pairs side by side, padded on the right: ``src`` (B, S) and ``tgt`` (B, T), start and end token included.

    ``num_target_tokens`` is the number of real tokens in ``tgt_out``, what a loss is divided by. It is counted once,
    where the batch is made, because counting on an accelerator would make the processor wait.
    """

    src: Tensor
    tgt: Tensor
    pad_idx: int = PAD_IDX
    num_target_tokens: int = -1

    def __post_init__(self) -> None:
        if self.num_target_tokens < 0:
            object.__setattr__(self, "num_target_tokens", int((self.tgt_out != self.pad_idx).sum()))

    @property
    def tgt_in(self) -> Tensor:
        """What the decoder reads: for the target y, start token + y, then padding."""
        return self.tgt[:, :-1].masked_fill(self.tgt_out == self.pad_idx, self.pad_idx)

    @property
    def tgt_out(self) -> Tensor:
        """What the decoder must say, one place ahead of ``tgt_in``: y + end token, then padding."""
        return self.tgt[:, 1:]

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on ``device``."""
        return replace(self, src=self.src.to(device), tgt=self.tgt.to(device))

    @classmethod
    def collate(cls, pairs: Sequence[EncodedPair], pad_idx: int = PAD_IDX) -> "Batch":
        """The batch of these pairs, as wide as the longest of each side."""
        return cls(
            src=pad_rows([pair.src for pair in pairs], pad_idx),
            tgt=pad_rows([pair.tgt for pair in pairs], pad_idx),
            pad_idx=pad_idx,
            num_target_tokens=sum(len(pair.tgt) - 1 for pair in pairs),
        )


def pad_rows(rows: Sequence[Sequence[int]], pad_idx: int = PAD_IDX) -> Tensor:
    """The rows as one (B, T) tensor of ids, padded on the right."""
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    padded = np.full((len(rows), lengths.max(initial=0)), pad_idx, dtype=np.int64)
    real = np.arange(padded.shape[1]) < lengths[:, None]  # (B, T), True where a row has a token
    padded[real] = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))
    return torch.from_numpy(padded)
