"""Several bundles that answer as one."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from henkan.bundle.bundle import Bundle
from henkan.bundle.limits import Limits
from henkan.bundle.predictor import Predictor
from henkan.data import Tokenizer
from henkan.nn import Transformer


@dataclass(frozen=True)
class Ensemble(Predictor):
    """Bundles that decode together, each token by the mean of their probabilities. They must read and write alike.

    Bundles whose symbols differ are a ``ValueError`` that says in what; errors call them by ``names``.
    """

    bundles: tuple[Bundle, ...]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.bundles:
            raise ValueError("an ensemble of no bundles predicts nothing: give at least one")
        names = self.names or tuple(f"bundle {number}" for number in range(1, len(self.bundles) + 1))
        for bundle, name in zip(self.bundles[1:], names[1:], strict=True):
            for side in ("source", "target"):
                first, other = (getattr(one, f"{side}_tokenizer") for one in (self.bundles[0], bundle))
                if first != other:
                    raise ValueError(
                        f"{names[0]} and {name} cannot decode together, their {side} tokenizers differ: "
                        f"{_difference(first, other)}; train them on the same pairs with other seeds"
                    )

    @classmethod
    def load(cls, paths: Sequence[str | os.PathLike[str]], device: torch.device | str = "cpu") -> "Ensemble":
        """The bundles of these folders; see ``Bundle.load``."""
        return cls(tuple(Bundle.load(path, device) for path in paths), tuple(os.fspath(path) for path in paths))

    @property
    def models(self) -> tuple[Transformer, ...]:  # type: ignore[override]
        """The models, in the order of the bundles."""
        return tuple(bundle.model for bundle in self.bundles)

    @property
    def source_tokenizer(self) -> Tokenizer:  # type: ignore[override]
        """That of every bundle."""
        return self.bundles[0].source_tokenizer

    @property
    def target_tokenizer(self) -> Tokenizer:  # type: ignore[override]
        """That of every bundle."""
        return self.bundles[0].target_tokenizer

    @property
    def limits(self) -> Limits:  # type: ignore[override]
        """The longest source that every model was trained for, and the longest output that any may write."""
        return Limits(
            min(bundle.limits.source for bundle in self.bundles),
            min(
                max(bundle.limits.output for bundle in self.bundles),
                *(bundle.model.max_len for bundle in self.bundles),
            ),
        )


def _difference(first: Tokenizer, other: Tokenizer) -> str:
    if first.kind != other.kind:
        return f"one splits by {first.kind}, the other by {other.kind}"
    sizes = len(first.vocabulary), len(other.vocabulary)
    if sizes[0] != sizes[1]:
        return f"one has {sizes[0]:,} symbols, the other {sizes[1]:,}"
    return "they are of one kind and size, but their symbols or options are not the same"
