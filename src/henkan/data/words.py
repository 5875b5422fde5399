"""Words as symbols."""

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from henkan.data.tokenizers import Kind, Tokenizer

# A word or a run of signs, with the space before it if there is one; every other space by itself. Marks belong to the
# letter before them. For the library `tokenizers`; what follows is the same for Python, which has no \p.
WORD = r" ?[\p{L}\p{M}\p{N}_]+| ?[^\p{L}\p{M}\p{N}_\s]+|\s"


def split_words(text: str) -> list[str]:
    """The words of ``text``, which they are, put together: "a, b" is "a" "," " b"."""
    return _word().findall(text)


@cache
def _word() -> re.Pattern[str]:
    every = map(chr, range(sys.maxunicode + 1))
    marks = "".join(character for character in every if unicodedata.category(character).startswith("M"))
    return re.compile(rf" ?[\w{marks}]+| ?[^\w{marks}\s]+|\s")


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
