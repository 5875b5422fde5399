"""Choosing a tokenizer from the texts themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from henkan.data.scripts import script_of
from henkan.data.tokenizers import Kind, Tokenizer
from henkan.data.words import split_words

MIN_SPACED = 0.9  # of the texts have a space: phone strings do, apart from the shortest words
MAX_SYMBOLS = 500  # a phone set has dozens of symbols, the words of a language have thousands
MIN_REPEATS = 4.0  # uses per symbol, below which nobody can tell a closed set from an open one
MAX_NUMBERS = 0.1  # of the symbols are numbers such as 2024: there is always one more

# Sub-words pay for sentences: they are long in characters, and there are enough of them to see most pieces often.
MIN_SENTENCES = 5_000
MIN_LENGTH = 20  # characters of the median text; words, names and dates are shorter
MIN_WORDS = 4  # between the spaces of the median text
MIN_LENGTH_WITHOUT_SPACES = 15  # a kanji says more than a Latin letter
SPACELESS = {"kanji", "hiragana", "katakana", "Thai"}  # scripts of sentences without spaces
MIN_DIFFERENT_WORDS = 2_000  # numbers in words are long, too, but there are few different ones
# Numbers in words are long texts, too, but some three hundred pieces make up all of them.
FEW_PIECES = 300
MIN_PIECE = 3.0  # characters of the mean piece; those of sentences and of random strings have fewer than two
MIN_STRINGS, MAX_STRINGS = 1_000, 5_000  # to find that out
# The number of pieces that is usual for so many texts: rare pieces are hardly learned.
VOCABULARY_SIZES = ((20_000, 2_000), (100_000, 4_000), (1_000_000, 8_000), (10_000_000, 16_000))
LARGEST_VOCABULARY = 32_000
MAX_SAMPLE = 100_000  # texts that are looked at


def choose_kind(texts: Iterable[str]) -> tuple[Kind, str]:
    """The kind of tokenizer that fits ``texts``, and the reason in one sentence.

    "separator" if nearly all texts have spaces and what stands between the spaces is a small set that keeps coming
    back, as phones do ("HH AH0 L OW1"). Sub-words for sentences: "bpe" where there are spaces, "unigram" where there
    are none, as in Japanese; "bpe", too, for long texts that few pieces make up, as numbers in words. Otherwise
    "characters", which never fits badly.
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
    if (length := _mean_piece(texts)) >= MIN_PIECE:
        return (
            "bpe",
            f"Split into sub-words, because {FEW_PIECES} pieces, of {length:.1f} characters, make up the texts.",
        )
    if spaced < MIN_SPACED:
        return "characters", f"Split into characters, because only {spaced:.0%} of the texts have a space in them."
    if numbers > MAX_NUMBERS:
        return "characters", "Split into characters, because there are numbers between the spaces, and always new ones."
    return "characters", (
        f"Split into characters, because {len(counts):,} different symbols in {counts.total():,} between the "
        f"spaces look like words, and a new text would bring new ones."
    )


def choose_vocabulary_size(texts: Sequence[str], num_texts: int) -> tuple[int, str]:
    """How many sub-words suit ``num_texts`` texts of which ``texts`` are some, and why."""
    if _mean_piece(texts) >= MIN_PIECE:
        return FEW_PIECES, "so many pieces make up the texts"
    size = next((size for most, size in VOCABULARY_SIZES if num_texts < most), LARGEST_VOCABULARY)
    return size, f"the usual number of sub-words for {num_texts:,} sources"


def _sentences(texts: Sequence[str]) -> tuple[Kind, str] | None:
    """The kind for sentences, if the texts are some."""
    if len(texts) < MIN_SENTENCES:
        return None
    length, num_words = median(map(len, texts)), median(len(text.split()) for text in texts)
    if len({word for text in texts for word in split_words(text)}) < MIN_DIFFERENT_WORDS:
        return None
    if num_words >= MIN_WORDS and length >= MIN_LENGTH:
        return "bpe", f"Split into sub-words, because the texts are sentences: the median has {num_words:.0f} words."
    if length >= MIN_LENGTH_WITHOUT_SPACES and _spaceless_share(texts) > 0.5:
        return "unigram", (
            f"Split into sub-words, because the texts are sentences without spaces: the median has {length:.0f} "
            f"characters."
        )
    return None


def _spaceless_share(texts: Iterable[str]) -> float:
    """The share of the letters that are of a script written without spaces."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    scripts: Counter[str] = Counter()
    for character, count in counts.items():
        scripts[script_of(character)] += count
    letters = sum(count for script, count in scripts.items() if script not in ("digits", "spaces", "signs"))
    return sum(scripts[script] for script in SPACELESS) / max(letters, 1)


def _mean_piece(texts: Sequence[str]) -> float:
    """How many characters the mean one of ``FEW_PIECES`` pieces has that long texts are cut into."""
    texts = texts[:: -(-len(texts) // MAX_STRINGS) or 1]
    if len(texts) < MIN_STRINGS or median(map(len, texts)) < MIN_LENGTH:
        return 0.0
    cutter = Tokenizer.train("bpe", texts, vocabulary_size=FEW_PIECES, byte_fallback=True)
    return sum(map(len, texts)) / sum(map(cutter.count, texts))
