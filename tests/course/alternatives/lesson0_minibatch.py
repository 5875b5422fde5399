"""Other right ways to take one step for several rows."""

import math
import statistics
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def _sigmoid(row: Sequence[float], w: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-sum(map(lambda a, b: a * b, row, w))))


def loss_by_statistics(rows: Rows, targets: Sequence[float], w: Sequence[float]) -> float:
    return statistics.fmean(
        -math.log(y if target else 1 - y) for y, target in zip((_sigmoid(row, w) for row in rows), targets, strict=True)
    )


def row_after_row(
    rows: Rows, targets: Sequence[float], w: Sequence[float], learning_rate: float
) -> tuple[list[float], float, list[float], float]:
    """Adds up the rows' gradients one after another, and divides each by the number of rows."""
    probabilities, gradient = [], [0.0] * len(w)
    for row, target in zip(rows, targets, strict=True):
        y = _sigmoid(row, w)
        probabilities.append(y)
        for i, number in enumerate(row):
            gradient[i] += (y - target) * number / len(rows)
    stepped = [a - learning_rate * g for a, g in zip(w, gradient, strict=True)]
    return probabilities, loss_by_statistics(rows, targets, w), gradient, loss_by_statistics(rows, targets, stepped)


def loss_by_logits(rows: Rows, targets: Sequence[float], w: Sequence[float]) -> float:
    logits = [math.fsum(a * b for a, b in zip(row, w, strict=True)) for row in rows]
    return sum(math.log1p(math.exp(z)) - t * z for z, t in zip(logits, targets, strict=True)) / len(rows)


def transposed(rows: Rows, targets: Sequence[float], w: Sequence[float], learning_rate: float) -> list[object]:
    """Column by column, from errors that are divided at once."""
    probabilities = tuple(_sigmoid(row, w) for row in rows)
    shares = [(y - t) / len(rows) for y, t in zip(probabilities, targets, strict=True)]
    gradient = [sum(row[i] * share for row, share in zip(rows, shares, strict=True)) for i in range(len(w))]
    after = loss_by_logits(rows, targets, [w[i] - learning_rate * gradient[i] for i in range(len(w))])
    return [probabilities, loss_by_logits(rows, targets, w), gradient, after]


ALTERNATIVES = {
    "row_after_row": (loss_by_statistics, row_after_row),
    "transposed": (loss_by_logits, transposed),
}
