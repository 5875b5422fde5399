"""Other right ways to take a step."""

import math
from collections.abc import Sequence


def with_an_index(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float
) -> tuple[list[float], float]:
    z = bias + sum(weights[i] * values[i] for i in range(len(values)))
    delta = target - 1 / (1 + math.exp(-z))
    stepped = list(values)
    for i, weight in enumerate(weights):
        stepped[i] += learning_rate * delta * weight
    return stepped, bias + learning_rate * delta


def by_the_long_chain_rule(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float
) -> tuple[tuple[float, ...], float]:
    y = 1 / (1 + math.exp(-sum((a * v for a, v in zip(weights, values, strict=True)), start=bias)))
    by_y = -target / y + (1 - target) / (1 - y)
    by_z = by_y * y * (1 - y)
    *stepped, new_bias = (
        old - learning_rate * by_z * slope for old, slope in zip([*values, bias], [*weights, 1.0], strict=True)
    )
    return tuple(stepped), new_bias


ALTERNATIVES = {
    "with_an_index": (with_an_index,),
    "by_the_long_chain_rule": (by_the_long_chain_rule,),
}
