"""Symbols and their ids."""

from collections import Counter
from collections.abc import Iterable, Sequence

PAD_IDX, BOS_IDX, EOS_IDX, UNK_IDX = 0, 1, 2, 3
NUM_SPECIALS = 4
UNKNOWN = "<unk>"  # how id 3 is shown


class Vocabulary:
    """A fixed list of symbols; the first has id 4.

    Ids 0 to 3 are padding, start, end and unknown. They are not symbols, so text that spells "<unk>" or "<pad>" is
    ordinary text with ordinary ids.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = tuple(symbols)
        self._ids = {symbol: idx for idx, symbol in enumerate(self.symbols, start=NUM_SPECIALS)}
        if len(self._ids) != len(self.symbols):
            repeated = next(symbol for symbol, count in Counter(self.symbols).items() if count > 1)
            raise ValueError(f"the symbol {repeated!r} stands twice in the vocabulary: each symbol needs one id")

    @classmethod
    def build(cls, sequences: Iterable[Sequence[str]], min_count: int = 1) -> "Vocabulary":
        """The symbols that occur at least ``min_count`` times, the most frequent first, equals by code point."""
        counts = Counter(symbol for sequence in sequences for symbol in sequence)
        kept = [symbol for symbol, count in counts.items() if count >= min_count]
        return cls(sorted(kept, key=lambda symbol: (-counts[symbol], symbol)))

    def encode(self, symbols: Iterable[str]) -> list[int]:
        """One id per symbol; a symbol that is not in the vocabulary gets ``UNK_IDX``."""
        ids = self._ids
        return [ids.get(symbol, UNK_IDX) for symbol in symbols]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The symbols of ``ids``: padding, start and end are left out, unknown is shown as "<unk>"."""
        return [self._symbol(idx) for idx in ids if idx not in (PAD_IDX, BOS_IDX, EOS_IDX)]

    def _symbol(self, idx: int) -> str:
        if idx == UNK_IDX:
            return UNKNOWN
        if not NUM_SPECIALS <= idx < len(self):
            raise ValueError(f"id {idx} is outside the vocabulary 0..{len(self) - 1}: was it made by another one?")
        return self.symbols[idx - NUM_SPECIALS]

    def __len__(self) -> int:
        """The number of ids, the four special ones included: what an embedding needs."""
        return NUM_SPECIALS + len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.symbols == other.symbols

    def __hash__(self) -> int:
        return hash(self.symbols)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.symbols)} symbols)"
