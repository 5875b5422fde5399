"""Lines in, lines out, with a trained model: one chunk of lines, its outputs as text, and what to know about them."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from henkan.bundle import Prediction, Predictor, unknown_symbols
from henkan.bundle.request import without_model
from henkan.data import Codec, Tokenizer
from henkan.decoding import Greedy, Strategy
from henkan.workflow.report import plural

MAX_SHOWN = 5  # unseen symbols named in a note
NAMED = 10_000  # unseen symbols counted one by one
Form = Literal["text", "scores", "n-best", "json"]


@dataclass(frozen=True)
class Chunk:
    """Some lines of an input, the first of them number ``first`` of all. ``prefixes``: none, or one per source."""

    first: int
    sources: Sequence[str]
    prefixes: Sequence[str] | None = None


@dataclass(frozen=True)
class Options:
    """How a chunk is to be decoded and written; see ``Predictor.predict`` and ``format_outputs``."""

    strategy: Strategy = Greedy()  # noqa: RUF009 - frozen
    max_len: int | None = None
    seed: int = 0
    form: Form = "text"
    dictionary: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """What a reader should know before trusting outputs; those of several chunks add up. Lines are 0 for none.

    Of very many different unknown symbols only the most frequent are kept by name: words are without number.
    """

    unknown: Counter[str] = field(default_factory=Counter)
    unnamed: int = 0  # unknown symbols that are not in ``unknown``
    too_long: int = 0
    first_too_long: int = 0
    cut: int = 0
    first_cut: int = 0
    from_dictionary: int = 0
    copied: int = 0  # symbols of the sources

    def __add__(self, other: "Findings") -> "Findings":
        unknown = self.unknown + other.unknown
        named = Counter(dict(unknown.most_common(NAMED // 2))) if len(unknown) > NAMED else unknown
        return Findings(
            named,
            self.unnamed + other.unnamed + unknown.total() - named.total(),
            self.too_long + other.too_long,
            self.first_too_long or other.first_too_long,
            self.cut + other.cut,
            self.first_cut or other.first_cut,
            self.from_dictionary + other.from_dictionary,
            self.copied + other.copied,
        )

    def to_dict(self) -> dict[str, Any]:
        """The same in types that JSON has."""
        return {**vars(self), "unknown": dict(self.unknown)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Findings":
        """The inverse of ``to_dict``."""
        return cls(**{**data, "unknown": Counter(data["unknown"])})

    def notes(self, predictor: Predictor) -> list[str]:
        """The same in sentences."""
        notes = describe_unknown(self.unknown, predictor.source_tokenizer, self.unnamed)
        if self.copied:
            notes.append(
                f"{plural(self.copied, 'symbol')} that the vocabulary does not have: the model cannot tell them apart, "
                f"but copies each from its line into the output"
            )
        if self.too_long:
            notes.append(
                f"{plural(self.too_long, 'line')} longer than every source in training "
                f"({predictor.limits.source:,} symbols), the first is line {self.first_too_long:,}: "
                f"expect little of the output"
            )
        if self.cut:
            notes.append(
                f"{plural(self.cut, 'output')} cut off by the length limit (--max-len), the first is that of line "
                f"{self.first_cut:,}"
            )
        if self.from_dictionary:
            notes.append(f"{plural(self.from_dictionary, 'output')} taken from the dictionary")
        return notes


def predict_chunk(predictor: Predictor, chunk: Chunk, options: Options) -> tuple[list[str], Findings]:
    """The output lines for a chunk, and what was found on the way."""
    predictions = predictor.predict(
        chunk.sources,
        options.strategy,
        max_len=options.max_len,
        seed=options.seed,
        lines=range(chunk.first, chunk.first + len(chunk.sources)),
        prefixes=chunk.prefixes,
        dictionary=options.dictionary,
    )
    lines = format_outputs(chunk, predictions, options.form, predictor.codec.unknown)
    return lines, _find(predictor, chunk, predictions, options.dictionary)


def format_outputs(
    chunk: Chunk,
    predictions: Sequence[Sequence[Prediction]],
    form: Form,
    unknown: Callable[[str], list[str]] = lambda _: [],
) -> list[str]:
    """The outputs as lines.

    "text": the best output of each source; "scores": its log-probability, a tab, and the output; "n-best": for each
    output the number of its source, its score and the output, with tabs; "json": for each source an object, in which
    ``unknown`` names the symbols that training never showed.
    """
    numbered = list(enumerate(zip(chunk.sources, predictions, strict=True), start=chunk.first))
    if form == "n-best":
        return [f"{n}\t{one.score:.4f}\t{one_line(one.text)}" for n, (_, found) in numbered for one in found]
    if form == "scores":
        return [f"{found[0].log_prob:.4f}\t{one_line(found[0].text)}" for _, (_, found) in numbered]
    if form == "json":
        return [
            json.dumps(
                {"line": n, "source": source, "outputs": [asdict(one) for one in found], "unknown": unknown(source)},
                ensure_ascii=False,
            )
            for n, (source, found) in numbered
        ]
    return [one_line(found[0].text) for _, (_, found) in numbered]


def one_line(text: str) -> str:
    """``text`` without newlines, which no training file can teach and no output file could hold."""
    return text.replace("\n", " ")


def unknown_notes(texts: Sequence[str], reader: Codec | Tokenizer) -> list[str]:
    """What of these texts the model never saw in training, if anything; the sources of a codec, or a side alone."""
    return describe_unknown(unknown_symbols(texts, reader), reader.source if isinstance(reader, Codec) else reader)


def describe_unknown(unknown: Counter[str], tokenizer: Tokenizer, unnamed: int = 0) -> list[str]:
    """How many symbols training never showed, what becomes of them, and the most frequent of them."""
    if not unknown:
        return []
    how = "spelt in bytes" if tokenizer.vocabulary.has_bytes else "read as <unk>"
    shown = ", ".join(f"{symbol!r} ({count})" for symbol, count in unknown.most_common(MAX_SHOWN))
    more = ", ..." if len(unknown) > MAX_SHOWN else ""
    return [f"{plural(unknown.total() + unnamed, 'symbol')} never seen in training, {how}: {shown}{more}"]


def _find(
    predictor: Predictor, chunk: Chunk, predictions: Sequence[Sequence[Prediction]], dictionary: Mapping[str, str]
) -> Findings:
    prefixes = chunk.prefixes or [""] * len(chunk.sources)
    both = list(zip(chunk.sources, prefixes, strict=True))
    asked = [source if not without_model(source, prefix, dictionary) else "" for source, prefix in both]
    too_long = [len(predictor.source_tokenizer.split(source)) > predictor.limits.source for source in asked]
    cut = [not found[0].ended for found in predictions]
    return Findings(
        unknown_symbols(asked, predictor.codec),
        0,
        sum(too_long),
        too_long.index(True) + chunk.first if any(too_long) else 0,
        sum(cut),
        cut.index(True) + chunk.first if any(cut) else 0,
        sum(1 for source, left in zip(chunk.sources, asked, strict=True) if source.strip() and not left),
        sum(len(predictor.codec.taken_over(source)) for source in asked if source),
    )
