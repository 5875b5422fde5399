"""What decoding returns."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Hypothesis:
    """One decoded sequence and how likely the model finds it.

    ``tokens`` stand after the start token and before the end token; a forced prefix is part of them. ``log_prob`` is
    the sum of the model's log-probabilities of these tokens, and of the end token's if the sequence ``ended`` by it
    and not by the limit. ``score`` is what ranks hypotheses: ``log_prob``, for beams divided by a length penalty.
    """

    tokens: tuple[int, ...]
    log_prob: float
    score: float
    ended: bool

    @classmethod
    def cut(cls, ids: Sequence[int], eos_idx: int, *, log_prob: float, score: float) -> "Hypothesis":
        """``ids`` (after the start token) up to their end token, or all of them."""
        ended = eos_idx in ids
        return cls(tuple(ids[: ids.index(eos_idx)] if ended else ids), log_prob, score, ended)


def merge_equal(hypotheses: Iterable[Hypothesis], text_of: Callable[[Sequence[int]], str]) -> list[Hypothesis]:
    """Of the hypotheses whose tokens spell the same text, only the best, in the order of their scores."""
    best: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: h.score, reverse=True):
        best.setdefault(text_of(hypothesis.tokens), hypothesis)
    return list(best.values())


def check_found(hypotheses: Sequence[Sequence[Hypothesis]]) -> None:
    """Raise unless every row has a hypothesis that the model holds possible."""
    for row, found in enumerate(hypotheses):
        if not found or not math.isfinite(found[0].log_prob):
            raise ValueError(
                f"row {row}: the model gives no allowed sequence a probability above 0. Its outputs are probably not "
                f"numbers (NaN) since training diverged: train again with a lower learning rate"
            )
