"""Choosing a tokenizer from the texts themselves."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from henkan.data.tokenizers import Kind
from henkan.data.words import split_words

MIN_SPACED = 0.9  # of the texts have a space: phone strings do, apart from the shortest words
MAX_SYMBOLS = 500  # a phone set has dozens of symbols, the words of a language have thousands
MIN_REPEATS = 4.0  # uses per symbol, below which nobody can tell a closed set from an open one
MAX_NUMBERS = 0.1  # of the symbols are numbers such as 2024: there is always one more

# Sub-words pay for sentences: they are long in characters, and there are enough of them to see most pieces often.
MIN_SENTENCES = 5_000
MIN_LENGTH = 20  # characters of the median text; words, names and dates are shorter
MIN_WORDS = 4  # of the median text, where there are spaces
MIN_DIFFERENT_WORDS = 2_000  # numbers in words are long, too, but there are few different ones
# The number of pieces that is usual for so many texts: rare pieces are hardly learned.
VOCABULARY_SIZES = ((20_000, 2_000), (100_000, 4_000), (1_000_000, 8_000), (10_000_000, 16_000))
LARGEST_VOCABULARY = 32_000
MAX_SAMPLE = 100_000  # texts that are looked at


def choose_kind(texts: Iterable[str]) -> tuple[Kind, str]:
    """The kind of tokenizer that fits ``texts``, and the reason in one sentence.

    "separator" if nearly all texts have spaces and what stands between the spaces is a small set that keeps coming
    back, as phones do ("HH AH0 L OW1"). Sub-words for sentences: "bpe" where there are spaces, "unigram" where there
    are none, as in Japanese. Otherwise "characters", which never fits badly.
    """
    texts = list(texts)
    spaced = sum(" " in text.strip() for text in texts) / max(len(texts), 1)
    if spaced >= MIN_SPACED:
        counts = Counter(symbol for text in texts for symbol in text.split(" "))
        numbers = sum(len(symbol) > 1 and symbol.isdecimal() for symbol in counts) / len(counts)
        if numbers <= MAX_NUMBERS and len(counts) <= MAX_SYMBOLS and counts.total() >= MIN_REPEATS * len(counts):
            return "separator", (
                f"Split at spaces, because {spaced:.0%} of the texts have them and the same {len(counts)} symbols keep "
                f"coming back between them."
            )
    if sentences := _sentences(texts):
        return sentences
    if spaced < MIN_SPACED:
        return "characters", f"Split into characters, because only {spaced:.0%} of the texts have a space in them."
    if numbers > MAX_NUMBERS:
        return "characters", "Split into characters, because there are numbers between the spaces, and always new ones."
    return "characters", (
        f"Split into characters, because {len(counts):,} different symbols in {counts.total():,} between the "
        f"spaces look like words, and a new text would bring new ones."
    )


def choose_vocabulary_size(num_texts: int) -> int:
    """How many sub-words suit so many texts."""
    return next((size for most, size in VOCABULARY_SIZES if num_texts < most), LARGEST_VOCABULARY)


def _sentences(texts: list[str]) -> tuple[Kind, str] | None:
    """The kind for sentences, if the texts are some."""
    if len(texts) < MIN_SENTENCES:
        return None
    length = median(map(len, texts))
    words = [split_words(text) for text in texts]
    num_words = median(map(len, words))
    if length < MIN_LENGTH or len({word for text in words for word in text}) < MIN_DIFFERENT_WORDS:
        return None
    if num_words >= MIN_WORDS:
        return "bpe", f"Split into sub-words, because the texts are sentences: the median has {num_words:.0f} words."
    return "unigram", (
        f"Split into sub-words, because the texts are sentences without spaces: the median has {length:.0f} characters."
    )
