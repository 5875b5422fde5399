"""Other right ways back through the softmax."""

import math
from collections.abc import Sequence

Keys = Sequence[Sequence[float]]


def _forward(q: Sequence[float], keys: Keys, values: Sequence[float], bias: float) -> tuple[list[float], float]:
    powers = [math.exp(sum(a * b for a, b in zip(q, key, strict=True)) / math.sqrt(len(q))) for key in keys]
    weights = [power / sum(powers) for power in powers]
    return weights, 1 / (1 + math.exp(-bias - sum(a * v for a, v in zip(weights, values, strict=True))))


def by_the_whole_jacobian(
    q: Sequence[float], keys: Keys, values: Sequence[float], bias: float, target: float
) -> tuple[list[float], list[float], list[list[float]]]:
    """Every weight by every score: a_i (1 if i = j else 0, less a_j)."""
    weights, y = _forward(q, keys, values, bias)
    count, width = len(keys), len(q)
    by_score = [
        sum((y - target) * values[i] * weights[i] * ((i == j) - weights[j]) for i in range(count)) for j in range(count)
    ]
    by_query = [sum(by_score[j] * keys[j][d] for j in range(count)) / math.sqrt(width) for d in range(width)]
    by_keys = [[by_score[j] * q[d] / math.sqrt(width) for d in range(width)] for j in range(count)]
    return by_score, by_query, by_keys


def by_the_distance_from_the_mixture(
    q: Sequence[float], keys: Keys, values: Sequence[float], bias: float, target: float
) -> list[object]:
    """A score counts by how far its value lies from the mixture."""
    weights, y = _forward(q, keys, values, bias)
    mixture = sum(a * v for a, v in zip(weights, values, strict=True))
    by_score = [(y - target) * a * (v - mixture) for a, v in zip(weights, values, strict=True)]
    scale = len(q) ** -0.5
    by_query = [0.0] * len(q)
    for slope, key in zip(by_score, keys, strict=True):
        by_query = [total + slope * scale * x for total, x in zip(by_query, key, strict=True)]
    return [by_score, by_query, [[slope * scale * x for x in q] for slope in by_score]]


ALTERNATIVES = {
    "by_the_whole_jacobian": (by_the_whole_jacobian,),
    "by_the_distance_from_the_mixture": (by_the_distance_from_the_mixture,),
}
