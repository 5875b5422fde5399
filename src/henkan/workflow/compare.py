"""How far an export agrees with the bundle it was made from, on the lines of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from henkan.bundle import Bundle, Engine, Prediction
from henkan.bundle.engine import Rows
from henkan.bundle.predict import predict_texts
from henkan.bundle.request import Request
from henkan.data import EOS_IDX, Example, FeatureTokenizer, iter_lines, read_pairs
from henkan.data.json_lines import is_json_row
from henkan.data.text_file import TextFile
from henkan.decoding import Hypothesis, Strategy
from henkan.evaluation import CORPUS_NAMES, Judge
from henkan.workflow.report import describe_strategy, figure, table

HIGHER_IS_BETTER = ("exact_match", "bleu", "chrf")
NUM_SHOWN = 3


@dataclass(frozen=True)
class Answer:
    """What one engine answered to one line: the text, and the tokens, an end token included, with their score."""

    text: str
    tokens: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class Comparison:
    """The answers of henkan and of the export to the same lines, and figures for both, where there are references."""

    examples: Sequence[Example]
    ours: Sequence[Answer]
    theirs: Sequence[Answer]
    strategy: Strategy
    figures: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def equal(self) -> int:
        """Outputs with the same tokens."""
        return sum(a.tokens == b.tokens for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def agreement(self) -> float:
        """The share of outputs with the same tokens."""
        return self.equal / len(self.ours)

    @property
    def token_agreement(self) -> float:
        """The share of places, up to the end of the longer output, at which both have the same token."""
        pairs = [
            (a, b) for x, y in zip(self.ours, self.theirs, strict=True) for a, b in zip_longest(x.tokens, y.tokens)
        ]
        return sum(a == b for a, b in pairs) / len(pairs)

    @property
    def score_differences(self) -> list[float]:
        """How far the scores of equal outputs lie apart."""
        both = zip(self.ours, self.theirs, strict=True)
        return [abs(a.score - b.score) for a, b in both if a.tokens == b.tokens]

    def describe(self, name: str) -> list[str]:
        """The same in lines, for the file ``name``."""
        differences = self.score_differences or [float("nan")]
        lines = [
            f"Compared on {name}, {describe_strategy(self.strategy)}",
            f"  outputs equal        {self.agreement:.2%} ({self.equal:,} of {len(self.ours):,})",
            f"  tokens equal         {self.token_agreement:.2%}",
            f"  score differences    {max(differences):.2g} at most, {sum(differences) / len(differences):.2g} in the "
            f"mean of equal outputs",
        ]
        if self.figures:
            rows = [("figure", "henkan", "CTranslate2", "points lost")]
            rows += [(key, figure(key, a), figure(key, b), lost(key, a, b)) for key, (a, b) in self.figures.items()]
            lines += table(rows)
        odd = [
            (example.source, a.text, b.text)
            for example, a, b in zip(self.examples, self.ours, self.theirs, strict=True)
            if a.tokens != b.tokens
        ]
        if odd:
            lines += [
                "Some that differ (source, henkan, CTranslate2)",
                *table(odd[:: max(1, len(odd) // 3)][:NUM_SHOWN]),
            ]
        return lines


def lost(name: str, ours: float, theirs: float) -> str:
    """What a figure lost, in points: above 0 the export is worse."""
    points = (ours - theirs) * (1 if name in CORPUS_NAMES else 100)
    return f"{points if name in HIGHER_IS_BETTER else -points:+.2f}".replace("-0.00", "+0.00")


def compare(bundle: Bundle, engine: Engine, examples: Sequence[Example], strategy: Strategy) -> Comparison:
    """Decode the sources of ``examples`` with the bundle and with the ``engine`` of its export."""
    ours, theirs = (_answers(bundle, one, examples, strategy) for one in (bundle.engine, engine))
    figures: dict[str, tuple[float, float]] = {}
    if all(example.references for example in examples):
        judge = Judge(examples, bundle.target_tokenizer, bundle.data.get("symbol_name"))
        for name in judge.suitable_names:
            both = [judge.statistic(name, [one.text for one in answers])[0].compute() for answers in (ours, theirs)]
            figures[name] = both[0], both[1]
    return Comparison(examples, ours, theirs, strategy, figures)


def read_examples(bundle: Bundle, path: str | Path) -> list[Example]:
    """The examples of a file of pairs; of a file of lines alone, examples without references. Blank lines are left out.

    A file holds pairs if its first line that is not blank does: columns for source and target, and one more if the
    bundle was trained with tags, or a JSON object.
    """
    tagged = isinstance(bundle.source_tokenizer, FeatureTokenizer)
    file = TextFile(path)
    first = next((line for line in file.lines() if line.strip()), None)
    if first is None:
        raise ValueError(f"{file.name} has no line to compare on: name a file of lines or of pairs")
    if is_json_row(first) or first.count("\t") > tagged:
        return read_pairs(file.path, features="tags" if tagged else "none").examples
    return [Example(line, (), number) for number, line in enumerate(iter_lines(file.path), start=1) if line.strip()]


class _Recorder:
    """An engine that remembers the best hypothesis of each row; a hypothesis depends on its row alone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.best: dict[tuple[int, ...], Hypothesis] = {}

    @property
    def max_len(self) -> int:
        return self.engine.max_len

    def rows_together(self, longest: int, strategy: Strategy) -> int:
        return self.engine.rows_together(longest, strategy)

    def decode(
        self, rows: Rows, strategy: Strategy, *, max_len: int, prefix: Rows, seeds: Sequence[int]
    ) -> list[list[Hypothesis]]:
        found = self.engine.decode(rows, strategy, max_len=max_len, prefix=prefix, seeds=seeds)
        self.best.update({tuple(row): best for row, (best, *_) in zip(rows, found, strict=True)})
        return found


def _answers(bundle: Bundle, engine: Engine, examples: Sequence[Example], strategy: Strategy) -> list[Answer]:
    recorder = _Recorder(engine)
    sources = [example.source for example in examples]
    lines = [example.line or number for number, example in enumerate(examples, start=1)]
    request = Request(strategy, bundle.limits.output, 0, lines, [""] * len(sources), {})
    outputs = predict_texts(recorder, bundle.codec, sources, request)
    rows = [(*bundle.codec.encode_source(source)[0], EOS_IDX) for source in sources]
    return [_answer(found[0], recorder.best[row]) for found, row in zip(outputs, rows, strict=True)]


def _answer(prediction: Prediction, hypothesis: Hypothesis) -> Answer:
    end = (EOS_IDX,) if hypothesis.ended else ()
    return Answer(prediction.text, (*hypothesis.tokens, *end), hypothesis.score)
