"""Whether targets take rare characters over from their sources, and which characters to leave out for that."""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

from henkan.data.codec import copy_symbols
from henkan.data.feature_tokenizer import FeatureTokenizer, split_features
from henkan.data.tokenizers import Tokenizer
from henkan.data.vocabulary import Vocabulary

RARE = 5  # different sources, below which a character is learned as one that is copied
MIN_PAIRS = 20  # with a rare character: from fewer nothing is learned
MIN_COPIED = 0.9  # of the pairs with a rare character have it in their target, too
MAX_COPIES = 8  # place-holders; sources with more rare characters than that are rarer still


@dataclass(frozen=True)
class Copying:
    """The characters that stand in few training sources, and how targets treat them.

    One that some target has though its source does not is none of them: left out, it could not be written there.
    ``share`` is the share of the ``pairs`` with a rare character whose target has it, too; ``most`` is the largest
    number of different ones in one source.
    """

    rare: Set[str]
    pairs: int
    share: float
    most: int

    @property
    def pays(self) -> bool:
        """Whether a model can learn to copy from these pairs, and would lose nothing by it."""
        return self.pairs >= MIN_PAIRS and self.share >= MIN_COPIED

    @property
    def places(self) -> int:
        """How many place-holders to have."""
        return min(max(self.most, 1), MAX_COPIES)


def look_for_copying(pairs: Iterable[tuple[str, str]]) -> Copying:
    """What becomes of rare characters in these training pairs, gone through more than once. Tags are no characters."""
    pairs = [(split_features(source)[0], target) for source, target in pairs]
    counts = Counter(character for source in dict.fromkeys(source for source, _ in pairs) for character in set(source))
    needed = {character for source, target in pairs for character in set(target).difference(source)}
    rare = {character for character, count in counts.items() if count < RARE and character not in needed}
    with_rare = copied = most = 0
    for source, target in pairs:
        found = rare.intersection(source)
        if found:
            with_rare += 1
            copied += found.issubset(target)
            most = max(most, len(found))
    return Copying(rare, with_rare, copied / max(with_rare, 1), most)


def with_copying(tokenizer: Tokenizer, copying: Copying) -> Tokenizer:
    """The tokenizer without the rare characters and with place-holders for them."""
    symbols = [symbol for symbol in tokenizer.vocabulary.symbols if symbol not in copying.rare]
    vocabulary = Vocabulary([*symbols, *copy_symbols(copying.places)], has_bytes=tokenizer.vocabulary.has_bytes)
    if isinstance(tokenizer, FeatureTokenizer):
        return FeatureTokenizer(vocabulary, type(tokenizer.inner)(vocabulary))
    return type(tokenizer)(vocabulary)
