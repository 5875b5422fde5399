"""Many examples as ids at once: what `encode_pair` makes of each, in a fraction of the time and memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from henkan.data.arrays import Array, PairArrays, Rows, smallest
from henkan.data.batch import encode_pair
from henkan.data.codec import Codec
from henkan.data.pairs import Example
from henkan.data.tokenizers import CharacterTokenizer, Tokenizer
from henkan.data.vocabulary import BOS_IDX, EOS_IDX, UNK_IDX

BLOCK = 1 << 15  # pairs that are Python objects at a time

Flat = tuple[Array, Array]  # ids of rows, one after the other, and the lengths of the rows
Pair = tuple[str, str, int]


def encode_arrays(examples: Iterable[Example], source: Tokenizer, target: Tokenizer) -> PairArrays:
    """One pair of ids for every reference of every example, in order."""
    encoder = PairEncoder(source, target)
    blocks = [encoder.encode(block) for block in _in_blocks(examples)]
    (src, src_lengths), (tgt, tgt_lengths) = (
        tuple(map(np.concatenate, zip(*(block[side] for block in blocks), strict=True))) for side in (0, 1)
    )
    lines = np.concatenate([block[2] for block in blocks])
    return PairArrays(Rows.of(src, src_lengths), Rows.of(tgt, tgt_lengths), smallest(lines))


class PairEncoder:
    """Encodes blocks of pairs. Characters are looked up in one array, without a Python object for each."""

    def __init__(self, source: Tokenizer, target: Tokenizer) -> None:
        self.codec = Codec(source, target)
        self._dtypes = tuple(np.min_scalar_type(len(side.vocabulary) - 1) for side in (source, target))
        self._tables = tuple(map(_table, (source, target)))

    def encode(self, pairs: Sequence[Pair]) -> tuple[Flat, Flat, Array]:
        """Sources closed by the end token, targets between start and end token, and the lines."""
        lines = np.fromiter((line for _, _, line in pairs), dtype=np.uint64, count=len(pairs))
        if self.codec.copies:  # what is copied in a target depends on its source
            encoded = [encode_pair(self.codec, *pair) for pair in pairs]
            src = _flat([pair.src for pair in encoded], self._dtypes[0])
            return src, _flat([pair.tgt for pair in encoded], self._dtypes[1]), lines
        sources, targets = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        src, tgt = self._side(0, sources), self._side(1, targets)
        return _enclosed(*src, [], [EOS_IDX]), _enclosed(*tgt, [BOS_IDX], [EOS_IDX]), lines

    def _side(self, side: int, texts: Sequence[str]) -> Flat:
        tokenizer, table = (self.codec.source, self.codec.target)[side], self._tables[side]
        if table is not None:
            codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            ids = table[np.minimum(codes, len(table) - 1)]
            if not tokenizer.vocabulary.has_bytes or not (ids == UNK_IDX).any():
                return ids, np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return _flat(tokenizer.encode_batch(texts), self._dtypes[side])


def _in_blocks(examples: Iterable[Example]) -> Iterator[list[Pair]]:
    """The pairs in lists of ``BLOCK``; one empty list if there are none."""
    pairs = ((example.source, text, example.line) for example in examples for text in example.references)
    yield list(islice(pairs, BLOCK))
    while block := list(islice(pairs, BLOCK)):
        yield block


def _table(tokenizer: Tokenizer) -> Array | None:
    """The id of every code point up to one that is unknown, for a tokenizer that looks at no other."""
    symbols = tokenizer.vocabulary.symbols
    if type(tokenizer) is not CharacterTokenizer or not all(len(symbol) == 1 for symbol in symbols):
        return None
    largest = max(map(ord, symbols), default=0)
    table = np.full(largest + 2, UNK_IDX, dtype=np.min_scalar_type(len(tokenizer.vocabulary) - 1))
    table[[ord(symbol) for symbol in symbols]] = range(tokenizer.vocabulary.first, len(tokenizer.vocabulary))
    return table


def _flat(rows: Sequence[Sequence[int]], dtype: np.dtype[np.unsignedinteger]) -> Flat:
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    return np.fromiter(chain.from_iterable(rows), dtype=dtype, count=int(lengths.sum())), lengths


def _enclosed(ids: Array, lengths: Array, before: list[int], after: list[int]) -> Flat:
    """The rows with these ids before and after each."""
    whole = lengths + len(before) + len(after)
    ends = whole.cumsum()
    starts = ends - whole
    enclosed = np.empty(int(whole.sum()), dtype=ids.dtype)
    is_text = np.ones(len(enclosed), dtype=np.bool_)
    for place, idx in [*enumerate(before), *enumerate(after, start=-len(after))]:
        places = (starts if place >= 0 else ends) + place
        enclosed[places] = idx
        is_text[places] = False
    enclosed[is_text] = ids
    return enclosed, whole
