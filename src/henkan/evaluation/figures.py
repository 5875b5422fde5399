"""The figures for a set of outputs: which ones suit the data, what they are, how sure they are."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from henkan.data import Example, Tokenizer
from henkan.evaluation.bootstrap import Statistic, margins
from henkan.evaluation.corpus import CORPUS_NAMES, corpus_statistic
from henkan.evaluation.edits import closest
from henkan.evaluation.metrics import check_pairs, is_right
from henkan.evaluation.units import CHARACTERS, WHOLE, WORDS, units_of
from henkan.evaluation.writing import Writing, writing_of

Metrics = dict[str, float]


@dataclass(frozen=True)
class Figures:
    """``metrics`` by name, "n" first, and for each but "n" its margin: half of its 95 % interval.

    ``notes`` say what a figure counts, or hold sacreBLEU's signature. ``writing`` is what chose the figures.
    """

    metrics: Metrics
    margins: Metrics
    notes: Mapping[str, str]
    writing: Writing


class Judge:
    """Knows, for texts that ``tokenizer`` writes, what each figure counts and which ones to show.

    ``symbol_name`` is what the task calls a target symbol: "phone", for example.
    """

    def __init__(self, examples: Sequence[Example], tokenizer: Tokenizer, symbol_name: str | None = None) -> None:
        self.references = [example.references for example in examples]
        self.units = units_of(tokenizer, symbol_name)
        self.writing = writing_of((text for texts in self.references for text in texts), tokenizer)
        self.words = WORDS if self.writing.kind == "sentences" else WHOLE
        self.rates = {"word_error_rate": self.words, f"{self.units.name}_error_rate": self.units}
        self.rates.setdefault("character_error_rate", CHARACTERS)

    @property
    def names(self) -> tuple[str, ...]:
        """Every figure there is."""
        return ("exact_match", *self.rates, *CORPUS_NAMES)

    @property
    def edit_names(self) -> tuple[str, ...]:
        """The figures that suit the texts, without those of sacreBLEU."""
        rates = ["word_error_rate"] if self.writing.kind != "unspaced sentences" else []
        return tuple(dict.fromkeys(["exact_match", *rates, f"{self.units.name}_error_rate"]))

    @property
    def suitable_names(self) -> tuple[str, ...]:
        """The figures that suit the texts: BLEU and its like are for sentences, and TER for those with words."""
        if not self.writing.is_sentences:
            return self.edit_names
        return (*self.edit_names, "bleu", "chrf", *([] if self.writing.is_spaceless else ["ter"]))

    def statistic(self, name: str, outputs: Sequence[str]) -> tuple[Statistic, str]:
        """A figure for ``outputs``, one for each example, and what is to be known about it."""
        if name == "exact_match":
            return Statistic.share(list(map(is_right, outputs, self.references))), ""
        for corpus_name in CORPUS_NAMES:
            if name == corpus_name:
                return corpus_statistic(corpus_name, outputs, self.references, self.writing)
        if name not in self.rates:
            raise ValueError(unknown_name(name, self.names))
        units = self.rates[name]
        found = [
            closest(units.split(output), [units.split(text) for text in texts])
            for output, texts in zip(outputs, self.references, strict=True)
        ]
        if units is WHOLE:
            return Statistic.share([one.edits > 0 for one in found]), "a whole output counts as one word"
        return Statistic.ratio([one.edits for one in found], [len(one.reference) for one in found]), ""

    def measure(self, outputs: Sequence[str], names: Sequence[str] | None = None) -> Figures:
        """The figures called ``names``, by default all that suit the texts, with their margins."""
        check_pairs(outputs, self.references)
        names = self.suitable_names if names is None else names
        found = {name: self.statistic(name, outputs) for name in names}
        statistics = {name: statistic for name, (statistic, _) in found.items()}
        return Figures(
            metrics={"n": len(outputs), **{name: one.compute() for name, one in statistics.items()}},
            margins=margins(statistics),
            notes={name: note for name, (_, note) in found.items() if note},
            writing=self.writing,
        )


def compute_metrics(
    outputs: Sequence[str],
    examples: Sequence[Example],
    target_tokenizer: Tokenizer,
    *,
    symbol_name: str | None = None,
) -> Metrics:
    """Exact match and error rates for ``outputs``, one for each example, always in this order. Quick to compute.

    ``n``: the number of outputs. ``exact_match``: the share that equals one of its references. ``word_error_rate``:
    the words to change, per word; of texts that are not sentences a whole output is one word, as the literature on
    pronunciation counts. Sentences without spaces have none. ``character_error_rate``, ``phone_error_rate`` and so on,
    by ``symbol_name``: see ``error_rate``.
    """
    judge = Judge(examples, target_tokenizer, symbol_name)
    check_pairs(outputs, judge.references)
    return {"n": len(outputs), **{name: judge.statistic(name, outputs)[0].compute() for name in judge.edit_names}}


def unknown_name(name: str, names: Sequence[str]) -> str:
    """That there is no figure of this name, and which one may be meant."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"there is no figure {name!r}: {f'did you mean {close[0]}?' if close else 'choose from ' + ', '.join(names)}"
