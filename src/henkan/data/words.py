"""Words as symbols."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data.tokenizers import Kind, Tokenizer

# A word or a run of signs, with the space before it if there is one; every other space by itself.
WORD = r" ?\w+| ?[^\w\s]+|\s"
_WORD = re.compile(WORD)


def split_words(text: str) -> list[str]:
    """The words of ``text``, which they are, put together: "a, b" is "a" "," " b"."""
    return _WORD.findall(text)


@dataclass(frozen=True)
class WordTokenizer(Tokenizer):
    """Words and runs of signs are symbols, each with the space before it, so that no space is lost.

    A word never seen in training is unknown as a whole, or spelt in bytes.
    """

    kind: ClassVar[Kind] = "words"

    def split(self, text: str) -> list[str]:
        return split_words(text)

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols)

    def settings(self) -> dict[str, Any]:
        return {}
