"""Other right ways to the output and its loss."""

import math
from collections.abc import Sequence


def sigmoid_by_tanh(z: float) -> float:
    return 0.5 * (1 + math.tanh(z / 2))


def loss_by_cases(y: float, target: float) -> float:
    return -math.log(y) if target == 1 else -math.log1p(-y)


def by_cases(weights: Sequence[float], values: Sequence[float], bias: float, target: float) -> list[float]:
    z = bias
    for weight, value in zip(weights, values, strict=True):
        z += weight * value
    y = sigmoid_by_tanh(z)
    return [z, y, loss_by_cases(y, target)]


def sigmoid_by_exp(z: float) -> float:
    return math.exp(z) / (math.exp(z) + 1)


def loss_as_one_log(y: float, target: float) -> float:
    return -math.log(y**target * (1 - y) ** (1 - target))


def by_the_logit(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float
) -> tuple[float, float, float]:
    z = math.fsum([bias, *(a * v for a, v in zip(weights, values, strict=True))])
    return z, sigmoid_by_exp(z), math.log1p(math.exp(z)) - target * z


ALTERNATIVES = {
    "by_cases": (sigmoid_by_tanh, loss_by_cases, by_cases),
    "by_the_logit": (sigmoid_by_exp, loss_as_one_log, by_the_logit),
}
