"""Edits between outputs and the references that they are closest to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from henkan.evaluation.units import Symbols


@dataclass(frozen=True)
class Closest:
    """How many edits lead from an output to the reference that it is closest to (the first of equally close ones)."""

    edits: int
    reference: Symbols

    @property
    def rate(self) -> float:
        """Edits per symbol of the reference."""
        return self.edits / max(len(self.reference), 1)


def closest(hypothesis: Symbols, references: Sequence[Symbols]) -> Closest:
    """The closest of ``references``, and the edits to it."""
    found = ((Levenshtein.distance(hypothesis, text), text) for text in references)
    return Closest(*min(found, key=lambda pair: pair[0]))


@dataclass(frozen=True)
class Confusion:
    """A symbol of a reference and what stands in its place; None where one of them has nothing there.

    ``times`` counts it over all outputs, ``example`` is the place of the first output that has it.
    """

    expected: str | None
    written: str | None
    times: int
    example: int


def confusions(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> list[Confusion]:
    """Every edit of every output, equal ones counted together, the most frequent first.

    Where several shortest ways lead from an output to its closest reference, one of them is taken.
    """
    times: Counter[tuple[str | None, str | None]] = Counter()
    first: dict[tuple[str | None, str | None], int] = {}
    for place, (hypothesis, texts) in enumerate(zip(hypotheses, references, strict=True)):
        reference = closest(hypothesis, texts).reference
        for edit in Levenshtein.editops(reference, hypothesis):
            expected = None if edit.tag == "insert" else reference[edit.src_pos]
            written = None if edit.tag == "delete" else hypothesis[edit.dest_pos]
            times[expected, written] += 1
            first.setdefault((expected, written), place)
    return [Confusion(*edit, count, first[edit]) for edit, count in times.most_common()]
