"""Every kind of tokenizer, made from training texts or from what was stored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from henkan.data.feature_tokenizer import TAG, FeatureTokenizer, split_features
from henkan.data.learn_subwords import learn_pieces
from henkan.data.subwords import build_subwords, pieces_of
from henkan.data.tokenizers import KINDS, SUBWORD_KINDS, CharacterTokenizer, Kind, SeparatorTokenizer, Tokenizer
from henkan.data.vocabulary import Vocabulary
from henkan.data.words import WordTokenizer

SMALLEST = 16  # pieces; fewer are hardly the characters


def train_tokenizer(
    kind: Kind,
    texts: Iterable[str],
    *,
    separator: str = " ",
    min_count: int = 1,
    vocabulary_size: int | None = None,
    byte_fallback: bool = False,
    features: bool = False,
) -> Tokenizer:
    """See ``Tokenizer.train``."""
    if vocabulary_size is not None and vocabulary_size < SMALLEST:
        raise ValueError(f"vocabulary_size={vocabulary_size} must be at least {SMALLEST}")
    tags: Counter[str] = Counter()
    if features:
        texts = _counting_tags(texts, tags)
    if kind in SUBWORD_KINDS:
        if vocabulary_size is None:
            raise ValueError(f"a {kind} tokenizer needs a vocabulary_size, for example 8000")
        model = learn_pieces(kind, texts, vocabulary_size, min_count, byte_fallback=byte_fallback)
        symbols, has_bytes = pieces_of(kind, model), byte_fallback
        vocabulary = Vocabulary([*symbols, *_in_order(tags)], has_bytes=has_bytes)
        return _with_features(build_subwords(kind, vocabulary, model), features=features)
    empty = _build(kind, Vocabulary(()), {"separator": separator})
    known = Vocabulary.build(map(empty.split, texts), min_count, max_symbols=vocabulary_size)
    vocabulary = Vocabulary([*known.symbols, *_in_order(tags)], has_bytes=byte_fallback)
    return _with_features(_build(kind, vocabulary, {"separator": separator}), features=features)


def read_tokenizer(data: Mapping[str, Any]) -> Tokenizer:
    """See ``Tokenizer.from_dict``."""
    symbols = data.get("symbols")
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise ValueError("a tokenizer needs 'symbols', a list of strings: its file is damaged")
    vocabulary = Vocabulary(symbols, has_bytes=bool(data.get("bytes", False)))
    return _with_features(_build(data.get("kind"), vocabulary, data), features=bool(data.get("features", False)))


def _build(kind: object, vocabulary: Vocabulary, settings: Mapping[str, Any]) -> Tokenizer:
    if kind == "characters":
        return CharacterTokenizer(vocabulary)
    if kind == "separator":
        return SeparatorTokenizer(vocabulary, settings.get("separator", " "))
    if kind == "words":
        return WordTokenizer(vocabulary)
    if kind in ("bpe", "unigram"):
        model = settings.get("model")
        if not isinstance(model, Mapping):
            raise ValueError(f"a {kind} tokenizer needs a 'model', an object: its file is damaged")
        return build_subwords("bpe" if kind == "bpe" else "unigram", vocabulary, model)
    raise ValueError(f"tokenizer kind {kind!r} is unknown: choose one of {', '.join(KINDS)}")


def _with_features(tokenizer: Tokenizer, *, features: bool) -> Tokenizer:
    return FeatureTokenizer(tokenizer.vocabulary, tokenizer) if features else tokenizer


def _counting_tags(texts: Iterable[str], tags: Counter[str]) -> Iterator[str]:
    """The texts before their tags, which are counted on the way."""
    for text in texts:
        head, found = split_features(text)
        tags.update(TAG + tag for tag in found or ())
        yield head


def _in_order(tags: Counter[str]) -> Sequence[str]:
    return sorted(tags, key=lambda tag: (-tags[tag], tag))
