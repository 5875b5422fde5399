"""The reverse task: what copying by position alone cannot do."""

from dataclasses import dataclass
from typing import ClassVar

from henkan.data import Example, Splits, split_by_source
from henkan.tasks.base import Task
from henkan.tasks.copy import check_string_options, random_strings


@dataclass(frozen=True)
class ReverseTask(Task):
    """Say it backwards: "dab" to "bad".

    Args:
        symbols: size of the alphabet, the first letters of a to z.
        max_length: longest string; all lengths from 1 are equally frequent before repeats are left out.
        num_samples: strings drawn; a string drawn twice counts once.
        seed: of the strings.
    """

    name: ClassVar[str] = "reverse"
    description: ClassVar[str] = "reverse a random string: dab -> bad"

    symbols: int = 10
    max_length: int = 20
    num_samples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        check_string_options(self.symbols, self.max_length, self.num_samples, self.seed)

    def load(self) -> Splits:
        strings = random_strings(self.symbols, self.max_length, self.num_samples, self.seed)
        return split_by_source(Example(text, (text[::-1],)) for text in strings)
