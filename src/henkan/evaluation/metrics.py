"""How good outputs are, judged against every reference that counts as right."""

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from henkan.data import Example, Tokenizer

Metrics = dict[str, float]
Symbols = Sequence[str]


def compute_metrics(
    outputs: Sequence[str],
    examples: Sequence[Example],
    target_tokenizer: Tokenizer,
    *,
    symbol_name: str | None = None,
) -> Metrics:
    """The figures for ``outputs``, one for each example, always in this order.

    ``n``: the number of outputs. ``exact_match``: the share that equals one of its references. ``word_error_rate``:
    the share that does not, as the literature on pronunciation counts, where every source is a word.
    ``character_error_rate``, ``phone_error_rate`` and so on, by ``symbol_name``: see ``error_rate``.
    """
    if symbol_name is None:
        symbol_name = "character" if target_tokenizer.kind == "characters" else "symbol"
    hypotheses = [target_tokenizer.split(output) for output in outputs]
    references = [[target_tokenizer.split(text) for text in example.references] for example in examples]
    right = exact_match(hypotheses, references)
    return {
        "n": len(hypotheses),
        "exact_match": right,
        "word_error_rate": 1.0 - right,
        f"{symbol_name}_error_rate": error_rate(hypotheses, references),
    }


def exact_match(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> float:
    """The share of hypotheses that equal one of their references."""
    _check(hypotheses, references)
    pairs = zip(hypotheses, references, strict=True)
    return sum(any(list(hypothesis) == list(text) for text in texts) for hypothesis, texts in pairs) / len(hypotheses)


def error_rate(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> float:
    """Symbols to insert, delete or replace, per symbol of the references, over the whole corpus.

    Each hypothesis is compared with the reference that it is closest to (the first of equally close ones), and that
    reference's length counts. The rate can exceed 1. If all these references are empty, the edits themselves are
    returned, as for a length of 1.
    """
    _check(hypotheses, references)
    edits = length = 0
    for hypothesis, texts in zip(hypotheses, references, strict=True):
        distance, closest = min(
            ((Levenshtein.distance(hypothesis, text), text) for text in texts), key=lambda pair: pair[0]
        )
        edits += distance
        length += len(closest)
    return edits / max(length, 1)


def _check(hypotheses: Sequence[Symbols], references: Sequence[Sequence[Symbols]]) -> None:
    if not hypotheses:
        raise ValueError("there is nothing to measure: no outputs were given")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} outputs cannot be compared with the references of {len(references)} examples: "
            f"give one output for each example"
        )
    for index, texts in enumerate(references):
        if not texts:
            raise ValueError(f"example {index + 1} has no reference: give at least one right answer")
