"""CTranslate2 as an engine of predictions: ids in, hypotheses out, by the rules of `henkan.decoding`."""

from collections.abc import Sequence
from dataclasses import dataclass

from henkan.bundle.engine import Rows
from henkan.data import BOS_IDX, PAD_IDX
from henkan.decoding import BeamSearch, Hypothesis, Sampling, Strategy
from henkan.decoding.hypothesis import check_found
from henkan.export.beam import beam_search
from henkan.export.translator import NEVER, Found, Translator


@dataclass(frozen=True)
class CTranslate2Engine:
    """Decodes with an exported model, which has ``max_len`` positions."""

    translator: Translator
    max_len: int

    def decode(
        self, rows: Rows, strategy: Strategy, *, max_len: int, prefix: Rows, seeds: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """See ``henkan.bundle.Engine.decode``; ``why_not`` says what cannot be done."""
        if reason := why_not(strategy, has_prefixes=any(prefix)):
            raise ValueError(reason)
        found = greedy(self.translator, rows, max_len, prefix)
        if isinstance(strategy, BeamSearch) and strategy.width > 1:
            hypotheses = beam_search(self.translator, rows, strategy, max_len, found)
        else:
            alpha = strategy.length_penalty if isinstance(strategy, BeamSearch) else 0.0
            hypotheses = [[one.hypothesis(alpha)] for one in found]
        check_found(hypotheses)
        return hypotheses


def why_not(strategy: Strategy, *, has_prefixes: bool) -> str | None:
    """Why CTranslate2 cannot decode like this, and what can; nothing if it can."""
    if isinstance(strategy, Sampling):
        return "CTranslate2 cannot draw each line by a seed of its own, as --sample does: use --engine torch"
    if isinstance(strategy, BeamSearch) and strategy.width > 1 and has_prefixes:
        return (
            "CTranslate2's beam search leaves out outputs that end right behind their prefix: use --engine torch for "
            "a beam with prefixes, or leave out --beam"
        )
    return None


def greedy(translator: Translator, rows: Rows, max_len: int, prefix: Rows) -> list[Found]:
    """Always the likeliest next token, which is never padding or the start token.

    To forbid these two would change the log-probabilities of all others, so it is done only where one was taken.
    """
    found = [one for one, *_ in translator.translate(rows, max_len, prefix)]
    odd = [index for index, one in enumerate(found) if PAD_IDX in one.ids or BOS_IDX in one.ids]
    mended = translator.translate(
        [rows[index] for index in odd], max_len, [prefix[index] for index in odd], suppress_sequences=NEVER
    )
    for index, (one, *_) in zip(odd, mended, strict=True):
        found[index] = one
    unscored = sorted({*odd, *(index for index, ids in enumerate(prefix) if ids)})
    scored = translator.score([rows[index] for index in unscored], [found[index] for index in unscored])
    for index, one in zip(unscored, scored, strict=True):
        found[index] = one
    return found
