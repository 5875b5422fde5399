"""What a predictor decodes with: ids of sources in, hypotheses out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from henkan.data import BOS_IDX, EOS_IDX
from henkan.decoding import Hypothesis, Strategy

if TYPE_CHECKING:
    from henkan.nn import Transformer

Rows = Sequence[Sequence[int]]


class Engine(Protocol):
    """Decodes; all engines answer alike, up to the rounding of floating-point numbers."""

    @property
    def max_len(self) -> int:
        """The positions there are, of a source and of an output."""
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
