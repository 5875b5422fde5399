"""From text to ids and back, exactly: ``decode(encode(text)) == text`` wherever all symbols are known."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from henkan.data.vocabulary import Vocabulary

Kind = Literal["characters", "separator"]


@dataclass(frozen=True)
class Tokenizer(ABC):
    """Splits text into symbols and looks up their ids. Text is not normalised: what goes in comes out."""

    vocabulary: Vocabulary
    kind: ClassVar[Kind]

    @abstractmethod
    def split(self, text: str) -> list[str]:
        """The symbols of ``text``."""

    @abstractmethod
    def join(self, symbols: Sequence[str]) -> str:
        """The text of ``symbols``: the inverse of ``split``."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything ``from_dict`` needs, in types that JSON has."""

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without start and end; a symbol never seen in training gets the unknown id."""
        return self.vocabulary.encode(self.split(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``: padding, start and end are left out, unknown is shown as "<unk>"."""
        return self.join(self.vocabulary.decode(ids))

    def unknown(self, text: str) -> list[str]:
        """The symbols of ``text`` that are not in the vocabulary, in their order, repeats included."""
        return [symbol for symbol in self.split(text) if symbol not in self.vocabulary]

    @staticmethod
    def train(kind: Kind, texts: Iterable[str], separator: str = " ", min_count: int = 1) -> "Tokenizer":
        """A tokenizer whose vocabulary is the symbols of ``texts``: pass the training texts and no others."""
        empty = _build(kind, (), separator)
        return replace(empty, vocabulary=Vocabulary.build(map(empty.split, texts), min_count))

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Tokenizer":
        """The tokenizer that ``to_dict`` described; anything else is a ``ValueError``."""
        kind, symbols, separator = data.get("kind"), data.get("symbols"), data.get("separator", " ")
        if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
            raise ValueError("a tokenizer needs 'symbols', a list of strings: its file is damaged")
        return _build(kind, symbols, separator)


@dataclass(frozen=True)
class CharacterTokenizer(Tokenizer):
    """Every character (Unicode code point) is a symbol, the space included."""

    kind: ClassVar[Kind] = "characters"

    def split(self, text: str) -> list[str]:
        return list(text)

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "symbols": list(self.vocabulary.symbols)}


@dataclass(frozen=True)
class SeparatorTokenizer(Tokenizer):
    """What stands between separators is a symbol, as the phones in "HH AH L OW".

    Two separators in a row have the empty symbol between them, so that no space is lost on the way.
    """

    separator: str = " "
    kind: ClassVar[Kind] = "separator"

    def __post_init__(self) -> None:
        if not isinstance(self.separator, str) or not self.separator:
            raise ValueError(f"separator={self.separator!r} must be a text of at least one character, such as ' '")

    def split(self, text: str) -> list[str]:
        return text.split(self.separator) if text else []

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "symbols": list(self.vocabulary.symbols), "separator": self.separator}


def _build(kind: object, symbols: Sequence[str], separator: str) -> Tokenizer:
    if kind == "characters":
        return CharacterTokenizer(Vocabulary(symbols))
    if kind == "separator":
        return SeparatorTokenizer(Vocabulary(symbols), separator)
    raise ValueError(f"tokenizer kind {kind!r} is unknown: choose 'characters' or 'separator'")
