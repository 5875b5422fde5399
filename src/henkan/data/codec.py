"""A pair as ids, and ids as an output: the two tokenizers together, so that characters can be copied.

A character that the vocabularies do not have is unknown by itself, but an output often needs it just where its source
has it. So the first different such character of a source is read as the place-holder <copy 1>, the next as <copy 2>,
and so on; in the target they are written the same way, and in an output the character is put back. Training learns
this from its rare characters, which are left out of the vocabularies for that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from henkan.data.feature_tokenizer import TAG
from henkan.data.tokenizers import Tokenizer
from henkan.data.vocabulary import UNKNOWN

COPY = "\x1a"  # the control character "substitute" begins a place-holder, so that it equals no single character

Copied = tuple[str, ...]  # what <copy 1>, <copy 2> and so on stand for in one pair


def copy_symbols(count: int) -> list[str]:
    """The place-holders <copy 1> to <copy ``count``>, as symbols of a vocabulary."""
    return [f"{COPY}{number}" for number in range(1, count + 1)]


@dataclass(frozen=True)
class Codec:
    """Encodes sources and targets, decodes outputs. Without place-holders it is just its two tokenizers."""

    source: Tokenizer
    target: Tokenizer

    @cached_property
    def copies(self) -> int:
        """How many different characters of one source can be copied though they are not in the vocabularies."""
        count = 0
        while all(f"{COPY}{count + 1}" in tokenizer.vocabulary for tokenizer in (self.source, self.target)):
            count += 1
        return count

    def encode_source(self, text: str) -> tuple[list[int], Copied]:
        """The ids of a source, and the characters that its place-holders stand for."""
        if not self.copies:
            return self.source.encode(text), ()
        symbols = self.source.split(text)
        copied = tuple(dict.fromkeys(self._unseen(symbols)))[: self.copies]
        return self.source.encode_symbols(_replaced(symbols, _places(copied))), copied

    def encode_target(self, text: str, copied: Copied) -> list[int]:
        """The ids of the target of a source with these characters."""
        if not copied:
            return self.target.encode(text)
        return self.target.encode_symbols(_replaced(self.target.split(text), _places(copied)))

    def decode_target(self, ids: Iterable[int], copied: Copied = ()) -> str:
        """The output of a source with these characters; a place-holder for none of them is shown as "<unk>"."""
        symbols = self.target.vocabulary.decode(ids)
        if self.copies:
            characters = dict.fromkeys(copy_symbols(self.copies), UNKNOWN) | {
                place: character for character, place in _places(copied).items()
            }
            symbols = _replaced(symbols, characters)
        return self.target.join(symbols)

    def unknown(self, source: str) -> list[str]:
        """The symbols of a source that are lost to the model: neither in its vocabulary nor copied."""
        copied = self.taken_over(source)
        return [symbol for symbol in self.source.unknown(source) if symbol not in copied]

    def taken_over(self, source: str) -> list[str]:
        """The symbols of a source that are in no vocabulary and are copied instead, repeats included."""
        if not self.copies:
            return []
        _, copied = self.encode_source(source)
        return [symbol for symbol in self.source.split(source) if symbol in copied]

    def _unseen(self, symbols: Sequence[str]) -> Iterable[str]:
        known = self.source.vocabulary
        return (symbol for symbol in symbols if symbol not in known and not symbol.startswith(TAG))


def _places(copied: Copied) -> dict[str, str]:
    return dict(zip(copied, copy_symbols(len(copied)), strict=True))


def _replaced(symbols: Sequence[str], by: Mapping[str, str]) -> list[str]:
    return [by.get(symbol, symbol) for symbol in symbols]
