"""A data set looked at once, text by text, in memory that does not grow with it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from henkan.data.feature_tokenizer import FeatureTokenizer, split_features
from henkan.data.lengths import Lengths
from henkan.data.oddities import find_oddities
from henkan.data.pair_reader import ReadReport
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

    def report(self, dev: Sequence[str], test: Sequence[str]) -> SideReport:
        return SideReport(
            kind=self.tokenizer.kind,
            symbols=len(self.tokenizer.vocabulary.symbols),
            lengths=Lengths.of(self.lengths),
            unseen_dev=_unseen(self.tokenizer, dev),
            unseen_test=_unseen(self.tokenizer, test),
            scripts=count_scripts(self.characters),
            once=sum(count == 1 for count in self.characters.values()),
            oddities=find_oddities(self.characters),
        )


def _unseen(tokenizer: Tokenizer, texts: Sequence[str]) -> Unseen:
    counts = Counter(symbol for text in texts for symbol in tokenizer.unknown(text))
    total = sum(tokenizer.count(text) for text in texts)
    return Unseen(counts.total(), total, tuple(symbol for symbol, _ in counts.most_common(MAX_SHOWN)))
