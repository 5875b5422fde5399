"""What a data set holds, in a few lines for people, with a warning where it matters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from henkan.data.feature_tokenizer import FeatureTokenizer, split_features
from henkan.data.pair_reader import ReadReport
from henkan.data.scripts import count_scripts
from henkan.data.splits import Splits
from henkan.data.tokenizers import Kind, Tokenizer

MAX_SHOWN = 5  # unseen symbols named in a line
HOW = {
    "characters": "characters",
    "separator": "split at the separator",
    "words": "words",
    "bpe": "sub-words (BPE)",
    "unigram": "sub-words (unigram)",
}
# From these shares on, what was found is likely to cost figures or trust, so it is a warning.
MANY_UNSEEN, MANY_CONFLICTS, MANY_REPEATS = 0.01, 0.2, 0.2
FEW_HELD_OUT = 100  # sources, below which a figure is off by ten points by chance


@dataclass(frozen=True)
class Lengths:
    """Lengths in symbols, each reference counted: 95 % are at most ``p95``."""

    min: int
    median: int
    p95: int
    max: int

    @classmethod
    def of(cls, counts: Counter[int]) -> "Lengths":
        """From how often each length occurs."""
        total = counts.total()
        if not total:
            return cls(0, 0, 0, 0)
        places = [0, (total - 1) // 2, -(-(total - 1) * 95 // 100), total - 1]
        found: list[int] = []
        seen = 0
        for length in sorted(counts):
            seen += counts[length]
            found += [length] * (sum(place < seen for place in places) - len(found))
        return cls(*found)


@dataclass(frozen=True)
class Unseen:
    """Symbols of held-out texts that training never shows: how many of how many, the most frequent first."""

    count: int
    total: int
    symbols: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the held-out symbols that training never shows."""
        return self.count / self.total if self.total else 0.0


@dataclass(frozen=True)
class SideReport:
    """The source or the target side: its tokenizer, lengths, scripts, and what is new in dev and test.

    ``scripts`` counts the different characters of each; ``once`` are those that stand in the training texts once.
    """

    kind: Kind
    symbols: int
    lengths: Lengths
    unseen_dev: Unseen
    unseen_test: Unseen
    scripts: dict[str, int] = field(default_factory=dict)
    once: int = 0


@dataclass(frozen=True)
class DataReport:
    """What there is to learn from. ``pairs`` are the different ones, a source with two references being two pairs.

    ``leaked`` counts dev and test sources that training has, too: only files that were given as splits can have some.
    ``read`` says what was found in the file, if the data came from one.
    """

    pairs: int
    sources: int
    several_references: int
    train: int
    dev: int
    test: int
    source: SideReport
    target: SideReport
    leaked: int = 0
    read: ReadReport | None = None

    def lines(self) -> list[str]:
        """The report as plain text; lines that begin with "Warning" are for action."""
        name = f"{self.read.path}: " if self.read else ""
        several = f", {self.several_references:,} with several references" if self.several_references else ""
        lines = [f"{name}{self.pairs:,} pairs of {self.sources:,} different sources{several}"]
        lines += _left_out(self.read) if self.read else []
        lines.append(f"split by source: {self.train:,} to train, {self.dev:,} dev, {self.test:,} test")
        for side, report in (("source", self.source), ("target", self.target)):
            lengths = report.lengths
            lines.append(
                f"{side}: {HOW[report.kind]}, {report.symbols:,} symbols; "
                f"length {lengths.min:,} to {lengths.max:,}, median {lengths.median:,}, 95% up to {lengths.p95:,}"
            )
        return [*lines, *self._script_lines(), *self._unseen_lines(), *self.warnings()]

    def warnings(self) -> list[str]:
        """What is likely to cost figures, or trust in them."""
        found = []
        if self.leaked:
            found.append(
                f"{self.leaked:,} of the dev and test sources stand in the training pairs, too: figures on them are "
                f"too good, take them out of the training file"
            )
        if self.several_references > MANY_CONFLICTS * self.sources:
            found.append(
                f"{self.several_references / self.sources:.0%} of the sources have several targets: an output is right "
                f"with any of them, but the model has to choose"
            )
        rows = self.read.rows if self.read else 0
        if self.read and self.read.duplicates > MANY_REPEATS * rows:
            found.append(f"{self.read.duplicates / rows:.0%} of the rows repeat a pair: is all of this meant?")
        if 0 < self.test < FEW_HELD_OUT:
            found.append(f"{self.test:,} test sources are few: a figure on them is off by many points by chance")
        return [f"Warning: {warning}" for warning in found]

    def _script_lines(self) -> list[str]:
        lines = []
        for side, report in (("source", self.source), ("target", self.target)):
            if report.scripts:
                kinds = ", ".join(f"{count:,} {script}" for script, count in report.scripts.items())
                once = f"; {report.once:,} stand there once" if report.once else ""
                lines.append(f"characters of the {side}: {kinds}{once}")
        return lines

    def _unseen_lines(self) -> list[str]:
        sides = (("source", self.source), ("target", self.target))
        found = [
            (f"{split} {side}", unseen)
            for side, report in sides
            for split, unseen in (("dev", report.unseen_dev), ("test", report.unseen_test))
            if unseen.count
        ]
        if not found:
            return ["every symbol of dev and test also stands in the training texts"]
        return [
            f"{'Warning: ' if unseen.share > MANY_UNSEEN else ''}never seen in training: {unseen.count:,} of "
            f"{unseen.total:,} symbols ({unseen.share:.2%}) of {place}, for example "
            f"{' '.join(map(repr, unseen.symbols))}"
            for place, unseen in found
        ]


def make_data_report(
    splits: Splits, source: Tokenizer, target: Tokenizer, read: ReadReport | None = None
) -> DataReport:
    """Look at all examples once, in little memory."""
    held_out = {example.source for example in (*splits.dev, *splits.test)}
    sides = _Side(source), _Side(target)
    leaked, pairs, several = set[str](), 0, 0
    for examples, is_train in ((splits.train, True), (splits.dev, False), (splits.test, False)):
        for example in examples:
            pairs += len(example.references)
            several += len(example.references) > 1
            if is_train and example.source in held_out:
                leaked.add(example.source)
            sides[0].add([example.source], is_train=is_train)
            sides[1].add(example.references, is_train=is_train)
    dev, test = (list(part) for part in (splits.dev, splits.test))
    return DataReport(
        pairs=pairs,
        sources=len(splits.train) + len(dev) + len(test),
        several_references=read.several_references if read else several,
        train=len(splits.train),
        dev=len(dev),
        test=len(test),
        source=sides[0].report([example.source for example in dev], [example.source for example in test]),
        target=sides[1].report(*([text for e in part for text in e.references] for part in (dev, test))),
        leaked=len(leaked),
        read=read,
    )


class _Side:
    """Counts the texts of one side."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.lengths: Counter[int] = Counter()
        self.characters: Counter[str] = Counter()

    def add(self, texts: Iterable[str], *, is_train: bool) -> None:
        for text in texts:
            self.lengths[self.tokenizer.count(text)] += 1
            if is_train and self.tokenizer.kind != "separator":
                head = split_features(text)[0] if isinstance(self.tokenizer, FeatureTokenizer) else text
                self.characters.update(head)

    def report(self, dev: Sequence[str], test: Sequence[str]) -> SideReport:
        return SideReport(
            kind=self.tokenizer.kind,
            symbols=len(self.tokenizer.vocabulary.symbols),
            lengths=Lengths.of(self.lengths),
            unseen_dev=_unseen(self.tokenizer, dev),
            unseen_test=_unseen(self.tokenizer, test),
            scripts=count_scripts(self.characters),
            once=sum(count == 1 for count in self.characters.values()),
        )


def _unseen(tokenizer: Tokenizer, texts: Sequence[str]) -> Unseen:
    counts = Counter(symbol for text in texts for symbol in tokenizer.unknown(text))
    total = sum(tokenizer.count(text) for text in texts)
    return Unseen(counts.total(), total, tuple(symbol for symbol, _ in counts.most_common(MAX_SHOWN)))


def _left_out(read: ReadReport) -> list[str]:
    found = (
        (read.blank_lines, ("blank line", "blank lines"), read.first_blank_line),
        (read.one_sided_rows, ("row with one side empty", "rows with one side empty"), read.first_one_sided_row),
        (read.duplicates, ("repeat of a pair", "repeats of a pair"), read.first_duplicate),
    )
    parts = [
        f"{_count(count, *what)}{f' (first: line {line})' if line else ''}" for count, what, line in found if count
    ]
    return [f"left out: {', '.join(parts)}"] if parts else []


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
