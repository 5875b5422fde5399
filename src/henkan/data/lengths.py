"""How long texts are."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

BARS, MIN_BARRED = "▁▂▃▄▅▆▇█", 20  # a picture of fewer texts than that shows chance
MAX_BARS = 16


@dataclass(frozen=True)
class Lengths:
    """Lengths in symbols, each reference counted: 95 % are at most ``p95``. ``bars`` are a picture of them."""

    min: int
    median: int
    p95: int
    max: int
    bars: str = ""

    @classmethod
    def of(cls, counts: Counter[int]) -> "Lengths":
        """From how often each length occurs."""
        total = counts.total()
        if not total:
            return cls(0, 0, 0, 0)
        lengths = sorted(counts)
        ends = list(accumulate(counts[length] for length in lengths))
        places = (0, (total - 1) // 2, -(-(total - 1) * 95 // 100), total - 1)
        low, median, p95, high = (lengths[bisect_right(ends, place)] for place in places)
        return cls(low, median, p95, high, _bars(counts))


def _bars(counts: Counter[int]) -> str:
    """A histogram in one line, from the shortest to the longest; nothing where it would show nothing."""
    low, high = min(counts), max(counts)
    number = min(MAX_BARS, high - low + 1)
    if counts.total() < MIN_BARRED or number < 3:
        return ""
    heights = [0] * number
    for length, count in counts.items():
        heights[(length - low) * number // (high - low + 1)] += count
    top = max(heights)
    return "".join(BARS[-(-height * len(BARS) // top) - 1] if height else "·" for height in heights)
