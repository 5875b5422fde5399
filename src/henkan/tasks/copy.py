"""The copy task, the "hello, world" of sequence models: as text for henkan, and as ids for the course notes."""

import random
import string
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.utils.data import Dataset

from henkan.data import PAD_IDX, Example, Splits, split_by_source
from henkan.tasks.base import Task, check_at_least


@dataclass(frozen=True)
class CopyTask(Task):
    """Say the same again: "dab" to "dab".

    Args:
        symbols: size of the alphabet, the first letters of a to z.
        max_length: longest string; all lengths from 1 are equally frequent before repeats are left out.
        num_samples: strings drawn; a string drawn twice counts once.
        seed: of the strings.
    """

    name: ClassVar[str] = "copy"
    description: ClassVar[str] = "copy a random string: dab -> dab"

    symbols: int = 10
    max_length: int = 20
    num_samples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        check_string_options(self.symbols, self.max_length, self.num_samples, self.seed)

    def load(self) -> Splits:
        strings = random_strings(self.symbols, self.max_length, self.num_samples, self.seed)
        return split_by_source(Example(text, (text,)) for text in strings)


def check_string_options(symbols: int, max_length: int, num_samples: int, seed: int) -> None:
    """Raise unless ``random_strings`` can be drawn with these options."""
    check_at_least("symbols", symbols, 1, len(string.ascii_lowercase))
    check_at_least("max_length", max_length, 1)
    check_at_least("num_samples", num_samples, 1)
    check_at_least("seed", seed, 0)
    if symbols == 1 and max_length == 1:
        raise ValueError("symbols=1 and max_length=1 allow only the string 'a': raise one of them")


def random_strings(symbols: int, max_length: int, num_samples: int, seed: int) -> list[str]:
    """Different random strings over the first letters of the alphabet, at most ``num_samples`` of them."""
    generator = random.Random(seed)
    alphabet = string.ascii_lowercase[:symbols]
    drawn = ("".join(generator.choices(alphabet, k=generator.randint(1, max_length))) for _ in range(num_samples))
    return list(dict.fromkeys(drawn))


class CopyTaskDataset(Dataset[tuple[Tensor, Tensor]]):
    """Random sequences to copy, as ids: the data set of the course notes.

    Lengths are 1 to ``max_len`` and symbols 1 to ``vocab_size - 1``. The source is the symbols alone; the target has
    the start token ``vocab_size`` before them and the end token ``vocab_size + 1`` after them. Both are padded with 0
    to ``max_len + 2``. The numbers come from torch's global generator when the data set is made, so
    ``torch.manual_seed`` before it makes it repeatable. With ``fresh``, they come from it each time a sequence is asked
    for: no sequence is seen twice, and nothing can be learned by heart.
    """

    def __init__(self, num_samples: int, max_len: int, vocab_size: int, *, fresh: bool = False) -> None:
        check_at_least("num_samples", num_samples, 1)
        check_at_least("max_len", max_len, 1)
        check_at_least("vocab_size", vocab_size, 2)  # padding and one symbol
        self.max_len, self.vocab_size, self.fresh = max_len, vocab_size, fresh
        self.start_token, self.end_token = vocab_size, vocab_size + 1
        self.src, self.tgt = self._draw(num_samples)

    def __len__(self) -> int:
        return len(self.src)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Source and target of one sequence."""
        src, tgt = self.src[index], self.tgt[index]  # an index past the end raises, which ends a plain loop
        if self.fresh:
            (src,), (tgt,) = self._draw(1)
        return src, tgt

    def _draw(self, num_samples: int) -> tuple[Tensor, Tensor]:
        """Sources and targets of so many new sequences."""
        lengths = torch.randint(1, self.max_len + 1, (num_samples, 1))
        symbols = torch.randint(1, self.vocab_size, (num_samples, self.max_len))
        src = torch.full((num_samples, self.max_len + 2), PAD_IDX)
        src[:, : self.max_len] = symbols.masked_fill(torch.arange(self.max_len) >= lengths, PAD_IDX)
        tgt = src.roll(1, dims=1)
        tgt[:, 0] = self.start_token
        return src, tgt.scatter(1, lengths + 1, self.end_token)


def collate_fn(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Sources and targets of equal length, stacked: what a ``DataLoader`` makes of its samples."""
    sources, targets = zip(*pairs, strict=True)
    return torch.stack(sources), torch.stack(targets)
