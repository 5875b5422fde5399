"""BLEU, chrF and TER, which sacreBLEU computes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from henkan.evaluation.bootstrap import SAMPLES, SEED, Array, Statistic
from henkan.evaluation.writing import Writing

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

CorpusName = Literal["bleu", "chrf", "ter"]
CORPUS_NAMES: tuple[CorpusName, ...] = ("bleu", "chrf", "ter")


def corpus_statistic(
    name: CorpusName, outputs: Sequence[str], references: Sequence[Sequence[str]], writing: Writing
) -> tuple[Statistic, str]:
    """The figure, from 0 to 100 as sacreBLEU has it, and its signature. ``references`` are those of each output."""
    metric = _metric(name, writing)
    # Its public functions give no statistics per segment, or take gigabytes to draw from them.
    rows = np.asarray(metric._extract_corpus_statistics(outputs, as_streams(references)), dtype=np.float64)
    metric.n_bootstrap, metric.seed = SAMPLES, str(SEED)

    def value(sums: Array) -> float:
        return float(metric._compute_score_from_stats(sums).score)

    return Statistic(rows, value), str(metric.get_signature())


def as_streams(references: Sequence[Sequence[str]]) -> Any:
    """The references as sacreBLEU takes them: first ones, second ones and so on, None where there are no more."""
    width = max(map(len, references))
    return [[texts[place] if place < len(texts) else None for texts in references] for place in range(width)]


def _metric(name: CorpusName, writing: Writing) -> "Metric":
    from sacrebleu.metrics.bleu import BLEU  # here, because few evaluations need it
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

    if name == "bleu":
        tokenize = "13a" if writing.tokenize == "none" else writing.tokenize
        return BLEU(tokenize=tokenize, force=True)  # no warning about text that looks tokenized
    if name == "chrf":
        return CHRF()
    return TER(normalized=writing.is_spaceless, asian_support=writing.is_spaceless)
