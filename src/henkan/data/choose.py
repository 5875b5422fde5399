"""Choosing a tokenizer from the texts themselves."""

from collections import Counter
from collections.abc import Iterable

from henkan.data.tokenizers import Kind

MIN_SPACED = 0.9  # of the texts have a space: phone strings do, apart from the shortest words
MAX_SYMBOLS = 500  # a phone set has dozens of symbols, the words of a language have thousands
MIN_REPEATS = 4.0  # uses per symbol, below which nobody can tell a closed set from an open one
MAX_NUMBERS = 0.1  # of the symbols are numbers such as 2024: there is always one more


def choose_kind(texts: Iterable[str]) -> tuple[Kind, str]:
    """The kind of tokenizer that fits ``texts``, and the reason in one sentence.

    "separator" if nearly all texts have spaces and what stands between the spaces is a small set that keeps coming
    back, as phones do ("HH AH0 L OW1"); otherwise "characters", which never fits badly.
    """
    texts = list(texts)
    spaced = sum(" " in text.strip() for text in texts) / max(len(texts), 1)
    if spaced < MIN_SPACED:
        return "characters", f"Split into characters, because only {spaced:.0%} of the texts have a space in them."
    counts = Counter(symbol for text in texts for symbol in text.split(" "))
    numbers = sum(len(symbol) > 1 and symbol.isdecimal() for symbol in counts) / len(counts)
    if numbers > MAX_NUMBERS:
        return "characters", "Split into characters, because there are numbers between the spaces, and always new ones."
    if len(counts) > MAX_SYMBOLS or counts.total() < MIN_REPEATS * len(counts):
        return "characters", (
            f"Split into characters, because {len(counts):,} different symbols in {counts.total():,} between the "
            f"spaces look like words, and a new text would bring new ones."
        )
    return "separator", (
        f"Split at spaces, because {spaced:.0%} of the texts have them and the same {len(counts)} symbols keep coming "
        f"back between them."
    )
