"""Outputs that do not find their end."""

from collections.abc import Sequence

from henkan.evaluation.units import Symbols

MIN_TIMES, MIN_SYMBOLS = 3, 6


def loops(output: Symbols, references: Sequence[Symbols] = ()) -> bool:
    """Whether ``output`` ends by repeating itself.

    That is so if a sequence of symbols, however long, stands at its end in a row, at least six symbols in all, and at
    least three times more often than at the end of any reference: where "1000000" is right, it is no loop.
    """
    longest = len(output) // MIN_TIMES
    for size in range(1, longest + 1):
        times = _times_at_end(output, size)
        if times < MIN_TIMES or times * size < MIN_SYMBOLS:
            continue
        end = list(output[-size:])
        expected = (_times_at_end(text, size) for text in references if list(text[-size:]) == end)
        if times >= max(expected, default=0) + MIN_TIMES:
            return True
    return False


def _times_at_end(symbols: Symbols, size: int) -> int:
    """How often the last ``size`` symbols stand in a row at the end; what is shorter than ``size`` has none."""
    if len(symbols) < size:
        return 0
    place = len(symbols) - size - 1
    while place >= 0 and symbols[place] == symbols[place + size]:
        place -= 1
    return (len(symbols) - place - 1) // size
