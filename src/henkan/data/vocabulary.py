"""Symbols and their ids."""

from collections import Counter
from collections.abc import Iterable, Sequence

PAD_IDX, BOS_IDX, EOS_IDX, UNK_IDX = 0, 1, 2, 3
NUM_SPECIALS = 4
UNKNOWN = "<unk>"  # how id 3 is shown
NUM_BYTES = 256


class Vocabulary:
    """A fixed list of symbols; the first has id 4.

    Ids 0 to 3 are padding, start, end and unknown. They are not symbols, so text that spells "<unk>" or "<pad>" is
    ordinary text with ordinary ids.

    With ``has_bytes`` the 256 bytes have the ids 4 to 259, before the symbols, and a symbol that is not in the
    vocabulary is written as the bytes of its UTF-8 form, so that nothing is lost.
    """

    def __init__(self, symbols: Sequence[str], *, has_bytes: bool = False) -> None:
        self.symbols = tuple(symbols)
        self.has_bytes = has_bytes
        self.first = NUM_SPECIALS + (NUM_BYTES if has_bytes else 0)  # the id of the first symbol
        self._ids = {symbol: idx for idx, symbol in enumerate(self.symbols, start=self.first)}
        if len(self._ids) != len(self.symbols):
            repeated = next(symbol for symbol, count in Counter(self.symbols).items() if count > 1)
            raise ValueError(f"the symbol {repeated!r} stands twice in the vocabulary: each symbol needs one id")

    @classmethod
    def build(
        cls,
        sequences: Iterable[Sequence[str]],
        min_count: int = 1,
        *,
        max_symbols: int | None = None,
        has_bytes: bool = False,
    ) -> "Vocabulary":
        """The symbols that occur at least ``min_count`` times, the most frequent first, equals by code point.

        ``max_symbols`` keeps that many of them at most.
        """
        counts: Counter[str] = Counter()
        for sequence in sequences:
            counts.update(sequence)
        kept = [symbol for symbol, count in counts.items() if count >= min_count]
        return cls(sorted(kept, key=lambda symbol: (-counts[symbol], symbol))[:max_symbols], has_bytes=has_bytes)

    def encode(self, symbols: Iterable[str], joiner: str = "") -> list[int]:
        """One id per symbol; a symbol that is not in the vocabulary gets ``UNK_IDX``.

        With bytes it gets those of its text instead, and between two such symbols stand the bytes of ``joiner``.
        """
        ids = self._ids
        if not self.has_bytes:
            return [ids.get(symbol, UNK_IDX) for symbol in symbols]
        encoded, after_bytes = [], False
        for symbol in symbols:
            if symbol in ids:
                encoded.append(ids[symbol])
            else:
                text = joiner + symbol if after_bytes else symbol
                encoded += [NUM_SPECIALS + byte for byte in text.encode("utf-8", "surrogatepass")]
            after_bytes = symbol not in ids
        return encoded

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The symbols of ``ids``: padding, start and end are left out, unknown is shown as "<unk>".

        Bytes in a row are one symbol, their text; those that are no text are shown as "\ufffd".
        """
        symbols, run = [], bytearray()
        for idx in ids:
            if idx in (PAD_IDX, BOS_IDX, EOS_IDX):
                continue
            if self.has_bytes and NUM_SPECIALS <= idx < self.first:
                run.append(idx - NUM_SPECIALS)
                continue
            if run:
                symbols.append(_text(run))
                run = bytearray()
            symbols.append(self._symbol(idx))
        return [*symbols, _text(run)] if run else symbols

    def label(self, idx: int) -> str:
        """The symbol of one id, for a picture; a byte is shown as "<0xE3>"."""
        is_byte = self.has_bytes and NUM_SPECIALS <= idx < self.first
        return f"<0x{idx - NUM_SPECIALS:02X}>" if is_byte else self._symbol(idx)

    def _symbol(self, idx: int) -> str:
        if idx == UNK_IDX:
            return UNKNOWN
        if not self.first <= idx < len(self):
            raise ValueError(f"id {idx} is outside the vocabulary 0..{len(self) - 1}: was it made by another one?")
        return self.symbols[idx - self.first]

    def __len__(self) -> int:
        """The number of ids, special ones and bytes included: what an embedding needs."""
        return self.first + len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self.symbols, self.first) == (other.symbols, other.first)

    def __hash__(self) -> int:
        return hash((self.symbols, self.first))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.symbols)} symbols)"


def _text(run: bytearray) -> str:
    """The text of bytes. A lone surrogate is no text either: written to a file, it would be an error."""
    return run.decode("utf-8", "replace")
