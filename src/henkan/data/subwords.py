"""Sub-words as symbols: byte-pair encoding (Sennrich et al. 2016) and the unigram model (Kudo 2018).

The library ``tokenizers`` learns them and cuts words into them. It never sees special tokens, and it changes no text:
the pieces of a text, put together, are the text.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from henkan.data.tokenizers import Kind, Tokenizer
from henkan.data.vocabulary import Vocabulary
from henkan.data.words import WORD

if TYPE_CHECKING:
    import tokenizers

UNKNOWN_PIECE = "\0"  # the models want one; files of text never hold it
UNKNOWN_SCORE = -100.0
DECIMALS = 4  # of a piece's score
MAX_PIECE = 16  # characters
_STRANGE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class SubwordTokenizer(Tokenizer):
    """Cuts words into pieces that training saw often.

    ``model`` is what the library learned, as its own JSON has it: vocabulary and merges, or pieces and scores.
    """

    model: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _cutter(self) -> "tokenizers.Tokenizer":
        import tokenizers  # here, because most models do without it

        settings = {"type": "BPE" if self.kind == "bpe" else "Unigram", **self.model}
        try:
            cutter = tokenizers.Tokenizer.from_str(json.dumps({**_EMPTY, "model": settings}))
        except Exception as error:  # the library raises nothing more precise
            raise ValueError(f"a {self.kind} tokenizer cannot be read ({error}): its file is damaged") from None
        cutter.pre_tokenizer = _words()
        return cutter

    def split(self, text: str) -> list[str]:
        return self._pieces(text, self._cutter.encode(_encodable(text), add_special_tokens=False).offsets)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        found = self._cutter.encode_batch([_encodable(text) for text in texts], add_special_tokens=False)
        pieces = (self._pieces(text, one.offsets) for text, one in zip(texts, found, strict=True))
        return [self.encode_symbols(symbols) for symbols in pieces]

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


def learn_pieces(kind: Kind, texts: Iterable[str], vocabulary_size: int, min_count: int) -> dict[str, Any]:
    """The model of a sub-word tokenizer with ``vocabulary_size`` pieces at most, characters included.

    The same texts give the same "bpe" every time; of "unigram" a few of the rarest pieces may differ, because the
    library adds up its counts in no fixed order.
    """
    import tokenizers
    from tokenizers import models, trainers

    trainer: trainers.Trainer
    if kind == "bpe":
        cutter = tokenizers.Tokenizer(models.BPE())
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            min_frequency=max(2, min_count),
            max_token_length=MAX_PIECE,
            special_tokens=[],
            show_progress=False,
        )
    else:
        cutter = tokenizers.Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(
            vocab_size=vocabulary_size, max_piece_length=MAX_PIECE, special_tokens=[], show_progress=False
        )
    cutter.pre_tokenizer = _words()
    cutter.train_from_iterator(map(_encodable, texts), trainer)
    learned = json.loads(cutter.to_str())["model"]
    if kind == "bpe":
        # Without an unknown piece the library counts places wrong behind a character it does not know.
        vocab = {**learned["vocab"], UNKNOWN_PIECE: len(learned["vocab"])}
        return {"unk_token": UNKNOWN_PIECE, "vocab": vocab, "merges": learned["merges"]}
    pieces = sorted((-round(score, DECIMALS), piece) for piece, score in learned["vocab"])
    known = [[piece, -badness] for badness, piece in pieces]
    return {"unk_id": 0, "vocab": [[UNKNOWN_PIECE, UNKNOWN_SCORE], *known]}


def pieces_of(kind: Kind, model: Mapping[str, Any]) -> list[str]:
    """The pieces that a model can cut, in its own order."""
    if kind == "bpe":
        pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
    else:
        pieces = [piece for piece, _ in model["vocab"]]
    return [piece for piece in pieces if piece != UNKNOWN_PIECE]


def build_subwords(kind: Kind, vocabulary: Vocabulary, model: Mapping[str, Any]) -> SubwordTokenizer:
    """The tokenizer of this kind."""
    return (BytePairTokenizer if kind == "bpe" else UnigramTokenizer)(vocabulary, model)


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


def _words() -> "tokenizers.pre_tokenizers.PreTokenizer":
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(WORD), "isolated")


def _encodable(text: str) -> str:
    """``text`` with signs of the same length in place of what the library cannot take: zeros, lone surrogates."""
    return text if _STRANGE.search(text) is None else _STRANGE.sub("\ufffd", text)
