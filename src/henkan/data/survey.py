"""A data set looked at once, text by text, in memory that does not grow with it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from henkan.data.codec import Codec
from henkan.data.feature_tokenizer import FeatureTokenizer, split_features
from henkan.data.lengths import Lengths
from henkan.data.oddities import find_oddities
from henkan.data.pair_reader import ReadReport
from henkan.data.pairs import Example
from henkan.data.report import DataReport, SideReport, Unseen
from henkan.data.scripts import count_scripts
from henkan.data.splits import Splits
from henkan.data.tokenizers import Tokenizer

MAX_SHOWN = 5  # unseen symbols named in a line


def make_data_report(
    splits: Splits, source: Tokenizer, target: Tokenizer, read: ReadReport | None = None
) -> DataReport:
    """Look at all examples once, in little memory."""
    dev, test = list(splits.dev), list(splits.test)
    in_dev, in_test = {example.source for example in dev}, {example.source for example in test}
    sides = _Side(source), _Side(target)
    leaked, pairs, several = set[str](), 0, 0
    for examples, is_train in ((splits.train, True), (dev, False), (test, False)):
        for example in examples:
            pairs += len(example.references)
            several += len(example.references) > 1
            if is_train and (example.source in in_dev or example.source in in_test):
                leaked.add(example.source)
            sides[0].add([example.source], is_train=is_train)
            sides[1].add(example.references, is_train=is_train)
    codec = Codec(source, target)
    (dev_sources, dev_targets, copied_dev), (test_sources, test_targets, copied_test) = (
        _held_out(codec, part) for part in (dev, test)
    )
    return DataReport(
        pairs=pairs,
        sources=len(splits.train) + len(dev) + len(test),
        several_references=read.several_references if read else several,
        train=len(splits.train),
        dev=len(dev),
        test=len(test),
        source=sides[0].report(dev_sources, test_sources),
        target=sides[1].report(dev_targets, test_targets),
        copied=copied_dev + copied_test,
        leaked=len(leaked),
        leaked_dev=len(leaked & in_dev),
        leaked_test=len(leaked & in_test),
        dev_in_test=len(in_dev & in_test),
        read=read,
    )


class _Side:
    """Counts the texts of one side."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.lengths: Counter[int] = Counter()
        self.characters: Counter[str] = Counter()  # of training; as many as there are different ones

    def add(self, texts: Iterable[str], *, is_train: bool) -> None:
        for text in texts:
            self.lengths[self.tokenizer.count(text)] += 1
            if is_train and self.tokenizer.kind != "separator":
                head = split_features(text)[0] if isinstance(self.tokenizer, FeatureTokenizer) else text
                self.characters.update(head)

    def report(self, dev: Unseen, test: Unseen) -> SideReport:
        return SideReport(
            kind=self.tokenizer.kind,
            symbols=len(self.tokenizer.vocabulary.symbols),
            lengths=Lengths.of(self.lengths),
            unseen_dev=dev,
            unseen_test=test,
            scripts=count_scripts(self.characters),
            once=sum(count == 1 for count in self.characters.values()),
            oddities=find_oddities(self.characters),
        )


def _held_out(codec: Codec, examples: Sequence[Example]) -> tuple[Unseen, Unseen, int]:
    """What a model cannot read of these sources, and not write of their targets; and how many symbols it copies."""
    sources, targets, copied, totals = Counter[str](), Counter[str](), 0, [0, 0]
    for example in examples:
        taken = codec.taken_over(example.source)
        copied += len(taken)
        sources.update(codec.unknown(example.source))
        totals[0] += codec.source.count(example.source)
        for text in example.references:
            targets.update(symbol for symbol in codec.target.unknown(text) if symbol not in taken)
            totals[1] += codec.target.count(text)
    return _unseen(sources, totals[0]), _unseen(targets, totals[1]), copied


def _unseen(counts: Counter[str], total: int) -> Unseen:
    return Unseen(counts.total(), total, tuple(symbol for symbol, _ in counts.most_common(MAX_SHOWN)))
