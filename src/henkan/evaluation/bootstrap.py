"""How far a figure may be off by the luck of the draw: bootstrap resampling of the sources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # of numpy, whose annotations say nothing about the shape

SAMPLES, SEED = 1000, 12345  # as sacreBLEU has them, so that its margins are ours
ALPHA = 0.05


@dataclass(frozen=True)
class Statistic:
    """A figure that is a function of sums over the sources: ``rows`` (sources, k), and ``value`` of their sum (k,)."""

    rows: Array
    value: Callable[[Array], float]
    is_share: bool = False  # of sources: the sum of ones and zeros, then the count of the sources

    @classmethod
    def ratio(cls, numerators: Sequence[float], denominators: Sequence[float]) -> "Statistic":
        """A quotient of two sums; where the lower is zero it counts as 1."""
        rows = np.asarray([numerators, denominators], dtype=np.float64).T
        return cls(rows, lambda sums: float(sums[0]) / max(float(sums[1]), 1.0))

    @classmethod
    def share(cls, yes: Sequence[bool]) -> "Statistic":
        """The share of the sources for which the answer is yes."""
        rows = np.asarray([yes, np.ones(len(yes))], dtype=np.float64).T
        return cls(rows, lambda sums: float(sums[0]) / float(sums[1]), is_share=True)

    def compute(self) -> float:
        """The figure itself."""
        return self.value(self.rows.sum(axis=0))


def margins(statistics: Mapping[str, Statistic], samples: int = SAMPLES, seed: int = SEED) -> dict[str, float]:
    """Half the width of the 95 % interval of each figure, all from the same ``samples`` draws of the sources.

    A share of nothing or of all looks the same in every draw; there the margin is how far the true share may be off
    with 95 % confidence, 1 - 0.05 ** (1 / n). Another figure that is the same in every draw has no margin.
    """
    if not statistics:
        return {}
    count = len(next(iter(statistics.values())).rows)
    random = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in statistics}
    for _ in range(samples):
        times = np.bincount(random.choice(count, size=count), minlength=count).astype(np.float64)
        for name, statistic in statistics.items():
            found[name].append(statistic.value(times @ statistic.rows))
    half_widths = {name: _half_width(values) for name, values in found.items()}
    for name, statistic in statistics.items():
        if statistic.is_share and statistic.compute() in (0.0, 1.0):
            half_widths[name] = 1.0 - ALPHA ** (1.0 / count)
    return {name: half_width for name, half_width in half_widths.items() if half_width > 0}


def _half_width(values: list[float]) -> float:
    values = sorted(values)
    left_out = len(values) // 40  # at each end
    return 0.5 * (values[len(values) - left_out - 1] - values[left_out])
