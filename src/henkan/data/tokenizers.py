"""From text to ids and back, exactly: ``decode(encode(text)) == text`` wherever all symbols are known.

With byte fallback, everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from henkan.data.vocabulary import Vocabulary

Kind = Literal["characters", "separator", "words", "bpe", "unigram"]
KINDS: tuple[Kind, ...] = ("characters", "separator", "words", "bpe", "unigram")
SUBWORD_KINDS: tuple[Kind, ...] = ("bpe", "unigram")


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
    def settings(self) -> dict[str, Any]:
        """What ``to_dict`` holds besides kind and vocabulary, in types that JSON has."""

    def to_dict(self) -> dict[str, Any]:
        """Everything ``from_dict`` needs, in types that JSON has."""
        vocabulary: dict[str, Any] = {"symbols": list(self.vocabulary.symbols)}
        if self.vocabulary.has_bytes:
            vocabulary["bytes"] = True
        return {"kind": self.kind, **vocabulary, **self.settings()}

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, without start and end; a symbol never seen in training gets the unknown id, or bytes."""
        return self.encode_symbols(self.split(text))

    def encode_symbols(self, symbols: Sequence[str]) -> list[int]:
        """The ids of the symbols of a text."""
        return self.vocabulary.encode(symbols)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ``ids``: padding, start and end are left out, unknown is shown as "<unk>"."""
        return self.join(self.vocabulary.decode(ids))

    def unknown(self, text: str) -> list[str]:
        """The symbols of ``text`` that are not in the vocabulary, in their order, repeats included.

        With byte fallback they are not lost, but training never showed them.
        """
        return [symbol for symbol in self.split(text) if symbol not in self.vocabulary]

    def count(self, text: str) -> int:
        """The number of symbols of ``text``."""
        return len(self.split(text))

    def labels(self, text: str) -> list[str]:
        """What to write beside each id of ``text`` in a picture: its symbol, or the byte that it is."""
        symbols, ids = self.split(text), self.encode(text)
        return symbols if len(symbols) == len(ids) else [self.vocabulary.label(idx) for idx in ids]

    def units(self, text: str) -> list[str]:
        """What an error rate counts in ``text``: the symbols where they mean something, else characters."""
        return list(text)

    @staticmethod
    def train(
        kind: Kind,
        texts: Iterable[str],
        separator: str = " ",
        min_count: int = 1,
        *,
        vocabulary_size: int | None = None,
        byte_fallback: bool = False,
        features: bool = False,
    ) -> "Tokenizer":
        """A tokenizer whose vocabulary is the symbols of ``texts``: pass the training texts and no others.

        ``vocabulary_size`` limits the symbols; sub-word kinds need it. With ``features``, what follows the last TAB of
        a text is tags, see ``FeatureTokenizer``.
        """
        from henkan.data.tokenizer_kinds import train_tokenizer  # it knows all kinds

        return train_tokenizer(
            kind,
            texts,
            separator=separator,
            min_count=min_count,
            vocabulary_size=vocabulary_size,
            byte_fallback=byte_fallback,
            features=features,
        )

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Tokenizer":
        """The tokenizer that ``to_dict`` described; anything else is a ``ValueError``."""
        from henkan.data.tokenizer_kinds import read_tokenizer

        return read_tokenizer(data)


@dataclass(frozen=True)
class CharacterTokenizer(Tokenizer):
    """Every character (Unicode code point) is a symbol, the space included."""

    kind: ClassVar[Kind] = "characters"

    def split(self, text: str) -> list[str]:
        return list(text)

    def count(self, text: str) -> int:
        return len(text)

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols)

    def settings(self) -> dict[str, Any]:
        return {}


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
        if self.vocabulary.has_bytes and "" not in self.vocabulary:  # it has no bytes
            object.__setattr__(self, "vocabulary", Vocabulary([*self.vocabulary.symbols, ""], has_bytes=True))

    def split(self, text: str) -> list[str]:
        return text.split(self.separator) if text else []

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)

    def encode_symbols(self, symbols: Sequence[str]) -> list[int]:
        return self.vocabulary.encode(symbols, self.separator)

    def units(self, text: str) -> list[str]:
        return self.split(text)

    def settings(self) -> dict[str, Any]:
        return {"separator": self.separator}
