"""What a predictor decodes with: ids of sources in, hypotheses out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from henkan.data import BOS_IDX, EOS_IDX
from henkan.decoding import BeamSearch, Hypothesis, Strategy

if TYPE_CHECKING:
    from henkan.nn import Transformer

Rows = Sequence[Sequence[int]]

# What torch decodes together: rows x longest source, and rows. Results do not depend on it, memory does.
BATCH_TOKENS, BATCH_ROWS = 8192, 512


class Engine(Protocol):
    """Decodes; all engines answer alike, up to the rounding of floating-point numbers."""

    @property
    def max_len(self) -> int:
        """The positions there are, of a source and of an output."""
        ...

    def rows_together(self, longest: int, strategy: Strategy) -> int:
        """How many rows, of up to ``longest`` ids each, are best decoded by one call."""
        ...

    def decode(
        self, rows: Rows, strategy: Strategy, *, max_len: int, prefix: Rows, seeds: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """The hypotheses of each row of source ids, best first; see ``henkan.decoding.generate``.

        ``prefix`` and ``seeds`` are one per row. What the engine cannot do is a ``ValueError``.
        """
        ...


@dataclass(frozen=True)
class TorchEngine:
    """henkan's own decoding, by one model or by the mean probability of several."""

    models: "tuple[Transformer, ...]"

    @property
    def max_len(self) -> int:
        """The positions that every model has."""
        return min(model.max_len for model in self.models)

    def rows_together(self, longest: int, strategy: Strategy) -> int:
        """As many as the memory should hold. A beam is as many rows as it is wide."""
        return torch_rows(longest, beam_width(strategy))

    def decode(
        self, rows: Rows, strategy: Strategy, *, max_len: int, prefix: Rows, seeds: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """See ``Engine.decode``. Everything can be done."""
        from henkan.data import pad_rows  # here, because other engines do without torch
        from henkan.decoding import generate

        return generate(
            self.models,
            pad_rows(rows, self.models[0].pad_idx),
            bos_idx=BOS_IDX,
            eos_idx=EOS_IDX,
            max_len=max_len,
            strategy=strategy,
            prefix=prefix,
            seeds=seeds,
        )


def torch_rows(longest: int, width: int = 1) -> int:
    """How many sources of up to ``longest`` ids torch decodes or scores together, each with so wide a beam."""
    return max(1, min(BATCH_TOKENS // longest, BATCH_ROWS) // width)


def beam_width(strategy: Strategy) -> int:
    """How many sequences of each source are extended together."""
    return strategy.width if isinstance(strategy, BeamSearch) else 1
