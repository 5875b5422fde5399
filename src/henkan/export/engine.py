"""CTranslate2 as an engine of predictions: ids in, hypotheses out, by the rules of `henkan.decoding`."""

from collections.abc import Sequence
from dataclasses import dataclass

from henkan.bundle.engine import Rows, beam_width
from henkan.decoding import BeamSearch, Hypothesis, Sampling, Strategy
from henkan.decoding.hypothesis import check_found
from henkan.export.beam import beam_search
from henkan.export.greedy import greedy
from henkan.export.translator import Translator

BATCHES = 8  # that each thread decodes in one call


@dataclass(frozen=True)
class CTranslate2Engine:
    """Decodes with an exported model, which has ``max_len`` positions."""

    translator: Translator
    max_len: int

    def rows_together(self, longest: int, strategy: Strategy) -> int:
        """Some batches for each thread: they share them out, and nothing else, such as Ctrl-C, waits for long."""
        return BATCHES * self.translator.threads * self.translator.group(longest, beam_width(strategy))

    def decode(
        self, rows: Rows, strategy: Strategy, *, max_len: int, prefix: Rows, seeds: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """See ``henkan.bundle.Engine.decode``; ``why_not`` says what cannot be done."""
        if reason := why_not(strategy, has_prefixes=any(prefix)):
            raise ValueError(reason)
        if isinstance(strategy, BeamSearch) and strategy.width > 1:
            found = greedy(self.translator, rows, max_len, prefix, bound=strategy.n_best == 1)
            hypotheses = beam_search(self.translator, rows, strategy, max_len, found)
        else:
            found = greedy(self.translator, rows, max_len, prefix)
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
