"""What a data set holds, in a few lines for people, with a warning where it matters."""

from dataclasses import dataclass, field

from henkan.data.lengths import Lengths
from henkan.data.pair_reader import ReadReport
from henkan.data.tokenizers import Kind

MAX_TAGS = 5  # tags named in a line
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
LONG_TAIL = 10  # times what 95 % are at most: such a text alone decides how wide its batch is


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
    ``oddities`` say what is suspicious about the characters.
    """

    kind: Kind
    symbols: int
    lengths: Lengths
    unseen_dev: Unseen
    unseen_test: Unseen
    scripts: dict[str, int] = field(default_factory=dict)
    once: int = 0
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataReport:
    """What there is to learn from. ``pairs`` are the different ones, a source with two references being two pairs.

    ``leaked`` counts dev and test sources that training has, too, ``dev_in_test`` those that both have: only files that
    were given as splits can have some.
    ``copied`` counts the symbols of dev and test sources that are in no vocabulary, but can be copied to the output.
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
    leaked_dev: int = 0
    leaked_test: int = 0
    dev_in_test: int = 0
    copied: int = 0
    read: ReadReport | None = None

    def lines(self) -> list[str]:
        """The report as plain text; lines that begin with "Warning" are for action."""
        name = f"{self.read.path}: " if self.read else ""
        several = f", {self.several_references:,} with several references" if self.several_references else ""
        lines = [f"{name}{self.pairs:,} pairs of {self.sources:,} different sources{several}"]
        lines += [*_features(self.read), *_left_out(self.read)] if self.read else []
        lines.append(f"split by source: {self.train:,} to train, {self.dev:,} dev, {self.test:,} test")
        for side, report in (("source", self.source), ("target", self.target)):
            lengths = report.lengths
            lines.append(
                f"{side}: {HOW[report.kind]}, {report.symbols:,} symbols; "
                f"length {lengths.min:,} to {lengths.max:,}, median {lengths.median:,}, 95% up to {lengths.p95:,}"
                + (f"  {lengths.bars}" if lengths.bars else "")
            )
        copied = (
            [f"in no vocabulary, but copied to the output: {_count(self.copied, 'symbol', 'symbols')} of dev and test"]
            if self.copied
            else []
        )
        return [*lines, *self._script_lines(), *copied, *self._unseen_lines(), *self.warnings()]

    def warnings(self) -> list[str]:
        """What is likely to cost figures, or trust in them."""
        found = self._leaks()
        if self.several_references > MANY_CONFLICTS * self.sources:
            found.append(
                f"{self.several_references / self.sources:.0%} of the sources have several targets: an output is right "
                f"with any of them, but the model has to choose"
                + (f" (first: line {self.read.first_conflict})" if self.read and self.read.first_conflict else "")
            )
        rows = self.read.rows if self.read else 0
        if self.read and self.read.duplicates > MANY_REPEATS * rows:
            found.append(f"{self.read.duplicates / rows:.0%} of the rows repeat a pair: is all of this meant?")
        if 0 < self.test < FEW_HELD_OUT:
            found.append(f"{self.test:,} test sources are few: a figure on them is off by many points by chance")
        for side, report in (("source", self.source), ("target", self.target)):
            lengths = report.lengths
            if lengths.max > LONG_TAIL * max(lengths.p95, 1):
                found.append(
                    f"the longest {side} has {lengths.max:,} symbols, 95% have at most {lengths.p95:,}: is it meant? "
                    f"It costs memory and time beyond its worth"
                )
            found += [f"{side}: {oddity}" for oddity in report.oddities]
        return [f"Warning: {warning}" for warning in found]

    def _leaks(self) -> list[str]:
        found = []
        if self.leaked:
            found.append(
                f"{self.leaked:,} of the dev and test sources stand in the training pairs, too ({self.leaked_dev:,} of "
                f"{self.dev:,} dev, {self.leaked_test:,} of {self.test:,} test): figures on them are too good, take "
                f"them out of the training file"
            )
        if self.dev_in_test:
            found.append(
                f"{self.dev_in_test:,} sources stand in both dev and test: weights that are chosen by them look better "
                f"on them than they are"
            )
        return found

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
        if not found and not self.copied:
            return ["every symbol of dev and test also stands in the training texts"]
        return [
            f"{'Warning: ' if unseen.share > MANY_UNSEEN else ''}never seen in training: {unseen.count:,} of "
            f"{unseen.total:,} symbols ({unseen.share:.2%}) of {place}, for example "
            f"{' '.join(map(repr, unseen.symbols))}"
            for place, unseen in found
        ]


def _features(read: ReadReport) -> list[str]:
    """What was taken for tags, and how to say otherwise."""
    if read.features is None:
        return []
    tags = read.features.tags
    shown = ", ".join(tags[:MAX_TAGS]) + (", ..." if len(tags) > MAX_TAGS else "")
    known = f"{_count(len(tags), 'tag', 'tags')} ({shown})" if tags else "tags"
    place, otherwise = {
        "columns": ("in the third column", "leave the column out (cut -f1,2) and say --data.features none"),
        "json": ('under the key "features"', "say --data.features none"),
        "parallel": ("behind the last tab of each source", "say --data.features none"),
    }[read.form]
    return [f"features: {known} {place}, read as part of the source; if they are none, {otherwise}"]


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
