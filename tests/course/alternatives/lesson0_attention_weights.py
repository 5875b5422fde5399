"""Other right ways to weigh keys."""

import math
from collections.abc import Sequence


def shifted_softmax(scores: Sequence[float]) -> list[float]:
    largest = max(scores)
    total = math.fsum(math.exp(score - largest) for score in scores)
    return [math.exp(score - largest) / total for score in scores]


def in_one_go(q: Sequence[float], keys: Sequence[Sequence[float]]) -> list[float]:
    scores = []
    for key in keys:
        score = 0.0
        for i in range(len(q)):
            score += q[i] * key[i]
        scores.append(score * len(q) ** -0.5)
    return shifted_softmax(scores)


def softmax_by_ratios(scores: Sequence[float]) -> list[float]:
    return [1 / sum(math.exp(other - score) for other in scores) for score in scores]


def scaled_query_first(q: Sequence[float], keys: Sequence[Sequence[float]]) -> list[float]:
    short = [x / math.sqrt(len(q)) for x in q]
    return softmax_by_ratios([sum(map(float.__mul__, short, map(float, key))) for key in keys])


def softmax_as_tuple(scores: Sequence[float]) -> tuple[float, ...]:
    powers = tuple(math.e**score for score in scores)
    return tuple(power / sum(powers) for power in powers)


def weights_as_tuple(q: Sequence[float], keys: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return softmax_as_tuple([sum(a * b for a, b in zip(q, key, strict=True)) / math.sqrt(len(key)) for key in keys])


ALTERNATIVES = {
    "loops_and_a_shift": (shifted_softmax, in_one_go),
    "ratios": (softmax_by_ratios, scaled_query_first),
    "tuples": (softmax_as_tuple, weights_as_tuple),
}
