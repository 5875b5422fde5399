"""What a data set holds, in a few lines for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from henkan.data.pair_reader import ReadReport
from henkan.data.pairs import Example
from henkan.data.splits import Splits
from henkan.data.tokenizers import Kind, Tokenizer

MAX_SHOWN = 5  # unseen symbols named in a line


@dataclass(frozen=True)
class Lengths:
    """Lengths in symbols, each reference counted: 95 % are at most ``p95``."""

    min: int
    median: int
    p95: int
    max: int


@dataclass(frozen=True)
class Unseen:
    """Symbols of held-out texts that training never shows: how many of how many, the most frequent first."""

    count: int
    total: int
    symbols: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the held-out symbols that the model can only read as unknown."""
        return self.count / self.total if self.total else 0.0


@dataclass(frozen=True)
class SideReport:
    """The source or the target side: its tokenizer, the lengths of all its texts, and what is new in dev and test."""

    kind: Kind
    symbols: int
    lengths: Lengths
    unseen_dev: Unseen
    unseen_test: Unseen


@dataclass(frozen=True)
class DataReport:
    """What there is to learn from. ``pairs`` are the different ones, a source with two references being two pairs.

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
    read: ReadReport | None = None

    def lines(self) -> list[str]:
        """The report as plain text."""
        name = f"{self.read.path}: " if self.read else ""
        several = f", {self.several_references:,} with several references" if self.several_references else ""
        lines = [f"{name}{self.pairs:,} pairs of {self.sources:,} different sources{several}"]
        lines += _left_out(self.read) if self.read else []
        lines.append(f"split by source: {self.train:,} to train, {self.dev:,} dev, {self.test:,} test")
        for side, report in (("source", self.source), ("target", self.target)):
            lengths = report.lengths
            how = "characters" if report.kind == "characters" else "split at the separator"
            lines.append(
                f"{side}: {how}, {report.symbols:,} symbols; "
                f"length {lengths.min:,} to {lengths.max:,}, median {lengths.median:,}, 95% up to {lengths.p95:,}"
            )
        return lines + self._unseen_lines()

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
            f"never seen in training: {unseen.count:,} of {unseen.total:,} symbols ({unseen.share:.2%}) of {place}, "
            f"for example {' '.join(map(repr, unseen.symbols))}"
            for place, unseen in found
        ]


def make_data_report(
    splits: Splits, source: Tokenizer, target: Tokenizer, read: ReadReport | None = None
) -> DataReport:
    """Look at all examples once."""
    examples = [*splits.train, *splits.dev, *splits.test]
    return DataReport(
        pairs=sum(len(example.references) for example in examples),
        sources=len(examples),
        several_references=sum(len(example.references) > 1 for example in examples),
        train=len(splits.train),
        dev=len(splits.dev),
        test=len(splits.test),
        source=_side(source, *([example.source for example in part] for part in _parts(splits))),
        target=_side(target, *([text for example in part for text in example.references] for part in _parts(splits))),
        read=read,
    )


def _parts(splits: Splits) -> tuple[list[Example], list[Example], list[Example]]:
    return splits.train, splits.dev, splits.test


def _side(tokenizer: Tokenizer, train: Sequence[str], dev: Sequence[str], test: Sequence[str]) -> SideReport:
    lengths = sorted(len(tokenizer.split(text)) for texts in (train, dev, test) for text in texts) or [0]
    last = len(lengths) - 1
    return SideReport(
        kind=tokenizer.kind,
        symbols=len(tokenizer.vocabulary.symbols),
        lengths=Lengths(lengths[0], lengths[last // 2], lengths[-(-last * 95 // 100)], lengths[-1]),
        unseen_dev=_unseen(tokenizer, dev),
        unseen_test=_unseen(tokenizer, test),
    )


def _unseen(tokenizer: Tokenizer, texts: Sequence[str]) -> Unseen:
    counts = Counter(symbol for text in texts for symbol in tokenizer.unknown(text))
    total = sum(len(tokenizer.split(text)) for text in texts)
    return Unseen(counts.total(), total, tuple(symbol for symbol, _ in counts.most_common(MAX_SHOWN)))


def _left_out(read: ReadReport) -> list[str]:
    found = (
        (read.blank_lines, ("blank line", "blank lines"), read.first_blank_line),
        (read.one_sided_rows, ("row with one side empty", "rows with one side empty"), read.first_one_sided_row),
    )
    parts = [f"{_count(count, *what)} (first: line {line})" for count, what, line in found if count]
    if read.duplicates:
        parts.append(_count(read.duplicates, "repeat of a pair", "repeats of a pair"))
    return [f"left out: {', '.join(parts)}"] if parts else []


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
