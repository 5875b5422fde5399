"""What tokenizers are chosen and trained by."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from random import Random

from henkan.data import Example
from henkan.data.choose import MAX_SAMPLE
from henkan.data.corpus import StreamedExamples
from henkan.data.feature_tokenizer import split_features

MAX_PAIRS = 1_000_000  # in memory at a time


@dataclass(frozen=True)
class TrainingTexts:
    """The training texts of both sides, which can be gone through again and again, and need not be in memory."""

    examples: Collection[Example]
    features: bool  # whether the sources carry tags

    def sources(self) -> Iterator[str]:
        """The sources, with their tags."""
        return (example.source for example in self.examples)

    def targets(self) -> Iterator[str]:
        """The targets."""
        return (text for example in self.examples for text in example.references)

    def both(self) -> Iterator[str]:
        """The sources, then the targets."""
        return chain(self.sources(), self.targets())

    @cached_property
    def is_sampled(self) -> bool:
        """Whether there are more pairs than ``sample`` holds."""
        return self._num_pairs > MAX_PAIRS

    @cached_property
    def sample(self) -> list[tuple[str, str]]:
        """All pairs or, of millions, about ``MAX_PAIRS`` from all over, for files are often sorted; always the same."""
        pairs = ((example.source, text) for example in self.examples for text in example.references)
        if not self.is_sampled:
            return list(pairs)
        share, draw = MAX_PAIRS / self._num_pairs, Random(0)
        return [pair for pair in pairs if draw.random() < share]

    @cached_property
    def some(self) -> tuple[list[str], list[str]]:
        """At most ``MAX_SAMPLE`` sources, without their tags, and their targets, from all over the file."""
        pairs = self.sample[:: -(-len(self.sample) // MAX_SAMPLE) or 1]
        sources = [split_features(source)[0] if self.features else source for source, _ in pairs]
        return sources, [target for _, target in pairs]

    @property
    def _num_pairs(self) -> int:
        if isinstance(self.examples, StreamedExamples):
            return self.examples.num_pairs
        return sum(len(example.references) for example in self.examples)
