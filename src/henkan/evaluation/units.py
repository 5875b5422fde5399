"""What errors are counted in: phones, characters, words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from henkan.data import Tokenizer

Symbols = Sequence[str]


@dataclass(frozen=True)
class Units:
    """``name`` is what one of them is called, as in "phone error rate"; ``split`` takes a text apart into them."""

    name: str
    split: Callable[[str], Symbols]


CHARACTERS = Units("character", list)
WORDS = Units("word", str.split)
WHOLE = Units("word", lambda text: (text,))
"""A whole output as one word: of pronunciations, readings and other texts that are the name of one thing."""


def units_of(tokenizer: Tokenizer, symbol_name: str | None = None) -> Units:
    """The units of texts that ``tokenizer`` writes: what stands between separators, or else characters.

    The pieces of a sub-word tokenizer are never units: another training would cut the same text in other places.
    ``symbol_name`` is what the task calls a symbol.
    """
    if tokenizer.kind == "separator":
        return Units(symbol_name or "symbol", tokenizer.units)
    if tokenizer.kind == "characters":
        return Units(symbol_name or CHARACTERS.name, tokenizer.units)
    return Units(CHARACTERS.name, tokenizer.units)  # what the task calls its symbols is no name for these
