"""Text with tags behind it, such as "run<TAB>V;PST": what a word is to be inflected to."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from henkan.data.tokenizers import Kind, Tokenizer
from henkan.data.vocabulary import UNK_IDX

TAB, TAG_SEPARATOR = "\t", ";"
TAG = "\n"  # begins the symbol of a tag, so that it equals no symbol of a line of text


def split_features(text: str) -> tuple[str, list[str] | None]:
    """The text before the last TAB and the tags after it; None if there is no TAB."""
    head, tab, tags = text.rpartition(TAB)
    return (head, tags.split(TAG_SEPARATOR)) if tab else (text, None)


def _is_tag(symbol: str) -> bool:
    return symbol.startswith(TAG)


@dataclass(frozen=True)
class FeatureTokenizer(Tokenizer):
    """The text before the last TAB is split by ``inner``; each tag after it is one symbol, in the order given.

    Both have their ids from one vocabulary, which ``inner`` shares. A tag never seen in training is unknown: it is
    never spelt.
    """

    inner: Tokenizer

    @property
    def kind(self) -> Kind:  # type: ignore[override]  # that of the text
        return self.inner.kind

    def split(self, text: str) -> list[str]:
        head, tags = split_features(text)
        return [*self.inner.split(head), *(TAG + tag for tag in tags or ())]

    def join(self, symbols: Sequence[str]) -> str:
        tags = [symbol.removeprefix(TAG) for symbol in symbols if symbol.startswith(TAG)]
        text = self.inner.join([symbol for symbol in symbols if not symbol.startswith(TAG)])
        return f"{text}{TAB}{TAG_SEPARATOR.join(tags)}" if tags else text

    def encode(self, text: str) -> list[int]:
        head, tags = split_features(text)
        return [*self.inner.encode(head), *self._tag_ids([TAG + tag for tag in tags or ()])]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        heads, tags = zip(*map(split_features, texts), strict=True) if texts else ((), ())
        return [
            [*ids, *self._tag_ids([TAG + tag for tag in found or ()])]
            for ids, found in zip(self.inner.encode_batch(heads), tags, strict=True)
        ]

    def encode_symbols(self, symbols: Sequence[str]) -> list[int]:
        end = len(symbols) - sum(1 for _ in takewhile(_is_tag, reversed(symbols)))  # a newline before is text
        return [*self.inner.encode_symbols(symbols[:end]), *self._tag_ids(symbols[end:])]

    def _tag_ids(self, tags: Sequence[str]) -> list[int]:
        known = self.vocabulary
        return [known.encode([tag])[0] if tag in known else UNK_IDX for tag in tags]

    def unknown(self, text: str) -> list[str]:
        head, tags = split_features(text)
        return [*self.inner.unknown(head), *(tag for tag in tags or () if TAG + tag not in self.vocabulary)]

    def labels(self, text: str) -> list[str]:
        head, tags = split_features(text)
        return [*self.inner.labels(head), *(tags or ())]

    def units(self, text: str) -> list[str]:
        return self.inner.units(text)

    def settings(self) -> dict[str, Any]:
        return {**self.inner.settings(), "features": True}
