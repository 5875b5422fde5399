"""Exact match and error rates, judged against every reference that counts as right."""

from collections.abc import Sequence

from henkan.evaluation.edits import closest
from henkan.evaluation.units import Symbols


def exact_match(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> float:
    """The share of hypotheses that equal one of their references."""
    check_pairs(hypotheses, references)
    return sum(map(is_right, hypotheses, references)) / len(hypotheses)


def is_right(hypothesis: Symbols, references: Sequence[Symbols]) -> bool:
    """Whether ``hypothesis`` equals one of its references."""
    return any(list(hypothesis) == list(text) for text in references)


def error_rate(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> float:
    """Symbols to insert, delete or replace, per symbol of the references, over the whole corpus.

    Each hypothesis is compared with the reference that it is closest to (the first of equally close ones), and that
    reference's length counts. The rate can exceed 1. If all these references are empty, the edits themselves are
    returned, as for a length of 1.
    """
    check_pairs(hypotheses, references)
    found = list(map(closest, hypotheses, references))
    return sum(one.edits for one in found) / max(sum(len(one.reference) for one in found), 1)


def check_pairs(outputs: Sequence[object], references: Sequence[Sequence[object]]) -> None:
    """Raise unless there is something to measure, and a reference for each output."""
    if not outputs:
        raise ValueError("there is nothing to measure: no outputs were given")
    if len(outputs) != len(references):
        raise ValueError(
            f"{len(outputs)} outputs cannot be compared with the references of {len(references)} examples: "
            f"give one output for each example"
        )
    for index, texts in enumerate(references):
        if not texts:
            raise ValueError(f"example {index + 1} has no reference: give at least one right answer")
