"""Sub-words as symbols: byte-pair encoding (Sennrich et al. 2016) and the unigram model (Kudo 2018).

The library ``tokenizers`` learns them and cuts words into them. It never sees special tokens, and it changes no text:
the pieces of a text, put together, are the text.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from henkan.data.learn_subwords import UNKNOWN_PIECE, encodable, word_splitter
from henkan.data.tokenizers import Kind, Tokenizer
from henkan.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    import tokenizers


@dataclass(frozen=True)
class SubwordTokenizer(Tokenizer):
    """Cuts words into pieces that training saw often.

    ``model`` is what was learned, as the JSON of the library has it: vocabulary and merges, or pieces and scores.
    """

    model: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _cutter(self) -> "tokenizers.Tokenizer":
        import tokenizers  # here, because most models do without it

        model = {**self.model, "type": "BPE" if self.kind == "bpe" else "Unigram"}
        cutter = tokenizers.Tokenizer.from_str(json.dumps({**_EMPTY, "model": model}))
        cutter.pre_tokenizer = word_splitter()
        return cutter

    def split(self, text: str) -> list[str]:
        return self._pieces(text, self._cutter.encode(encodable(text), add_special_tokens=False).offsets)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        plain = [encodable(text) for text in texts]
        found = (one.ids for one in self._cutter.encode_batch_fast(plain, add_special_tokens=False))
        ids, unknown = self._ids
        return [
            [ids[piece] for piece in pieces] if given is text and unknown not in pieces else self.encode(text)
            for text, given, pieces in zip(texts, plain, found, strict=True)
        ]

    @cached_property
    def _ids(self) -> tuple[list[int], int]:
        """The id of every piece, in the order of the library, and the place of its unknown piece there."""
        order = pieces_in_order(self.kind, self.model)
        return self.vocabulary.encode(order), order.index(UNKNOWN_PIECE)

    def join(self, symbols: Sequence[str]) -> str:
        return "".join(symbols)

    def settings(self) -> dict[str, Any]:
        return {"model": dict(self.model)}

    def _pieces(self, text: str, offsets: Iterable[tuple[int, int]]) -> list[str]:
        """The pieces of ``text``; what the library passed over, or could not cut, is there character by character."""
        pieces: list[str] = []
        end = 0
        for start, stop in offsets:
            pieces += text[end:start]
            piece = text[start:stop]
            pieces += [piece] if piece in self.vocabulary else list(piece)
            end = stop
        return [*pieces, *text[end:]]


@dataclass(frozen=True)
class BytePairTokenizer(SubwordTokenizer):
    """Pieces made by merging the most frequent neighbours, again and again."""

    kind: ClassVar[Kind] = "bpe"


@dataclass(frozen=True)
class UnigramTokenizer(SubwordTokenizer):
    """Pieces that make the training texts likely; a text is cut in its likeliest way."""

    kind: ClassVar[Kind] = "unigram"


def pieces_in_order(kind: Kind, model: Mapping[str, Any]) -> list[str]:
    """The pieces that the library has, in its own order, the unknown one included."""
    if kind == "bpe":
        return sorted(model["vocab"], key=model["vocab"].__getitem__)
    return [piece for piece, _ in model["vocab"]]


def pieces_of(kind: Kind, model: Mapping[str, Any]) -> list[str]:
    """The pieces that a model can cut, in its own order."""
    return [piece for piece in pieces_in_order(kind, model) if piece != UNKNOWN_PIECE]


def build_subwords(kind: Kind, vocabulary: Vocabulary, model: Mapping[str, Any]) -> SubwordTokenizer:
    """The tokenizer of this kind. What training did not write is refused: the library would follow it, or panic."""
    sound = _is_sound_bpe(model) if kind == "bpe" else _is_sound_unigram(model)
    if not sound or vocabulary.symbols[: len(pieces := pieces_of(kind, model))] != tuple(pieces):
        raise ValueError(f"a {kind} tokenizer has a 'model' that training did not write: its file is damaged")
    return (BytePairTokenizer if kind == "bpe" else UnigramTokenizer)(vocabulary, model)


def _is_sound_bpe(model: Mapping[str, Any]) -> bool:
    vocab, merges = model.get("vocab"), model.get("merges")
    return (
        set(model) == {"unk_token", "vocab", "merges"}
        and model["unk_token"] == UNKNOWN_PIECE
        and isinstance(vocab, Mapping)
        and UNKNOWN_PIECE in vocab
        and all(type(idx) is int for idx in vocab.values())
        and sorted(vocab.values()) == list(range(len(vocab)))
        and isinstance(merges, list)
        and all(_is_merge(merge, vocab) for merge in merges)
    )


def _is_merge(merge: object, vocab: Mapping[str, int]) -> bool:
    return (
        isinstance(merge, list)
        and len(merge) == 2
        and all(isinstance(part, str) and part in vocab for part in merge)
        and "".join(merge) in vocab
    )


def _is_sound_unigram(model: Mapping[str, Any]) -> bool:
    vocab = model.get("vocab")
    return (
        set(model) == {"unk_id", "vocab"}
        and model["unk_id"] == 0
        and isinstance(vocab, list)
        and all(_is_scored(entry) for entry in vocab)
        and [entry[0] for entry in vocab[:1]] == [UNKNOWN_PIECE]
        and len({entry[0] for entry in vocab}) == len(vocab)
    )


def _is_scored(entry: object) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and isinstance(entry[0], str)
        and isinstance(entry[1], (int, float))
        and math.isfinite(entry[1])
    )


_EMPTY: dict[str, Any] = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": None,
    "post_processor": None,
    "decoder": None,
}
