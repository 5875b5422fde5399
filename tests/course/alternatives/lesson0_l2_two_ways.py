"""Other right ways to the penalty in the gradient and in the report."""

import math
from collections.abc import Sequence


def squares_in_a_loop(values: Sequence[float], strength: float) -> float:
    total = 0.0
    for value in values:
        total += strength * value * value
    return total


def shrunk_values_first(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float, strength: float
) -> tuple[tuple[list[float], float], float]:
    """Weight decay: the old value shrinks, then moves by the gradient of the data."""
    error = _sigmoid(weights, values, bias) - target
    new_bias = bias - learning_rate * error
    shrunk = [(1 - 2 * learning_rate * strength) * value for value in values]
    decayed = [value - learning_rate * error * weight for value, weight in zip(shrunk, weights, strict=True)]
    plain = [value - learning_rate * error * weight for value, weight in zip(values, weights, strict=True)]
    y = _sigmoid(weights, plain, new_bias)
    return (decayed, new_bias), -math.log(y if target else 1 - y) + squares_in_a_loop(plain, strength)


def length_squared(values: Sequence[float], strength: float) -> float:
    return strength * math.hypot(*values) ** 2


def gradients_added(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float, strength: float
) -> list[object]:
    """The gradients of data and penalty are added before the learning rate multiplies them."""
    error = _sigmoid(weights, values, bias) - target
    slopes = [error * weight for weight in weights]
    sums = [slope + 2 * strength * value for slope, value in zip(slopes, values, strict=True)]
    new_bias = bias - learning_rate * error
    plain = [value - learning_rate * slope for value, slope in zip(values, slopes, strict=True)]
    y = _sigmoid(weights, plain, new_bias)
    loss = -target * math.log(y) - (1 - target) * math.log(1 - y)
    decayed = [value - learning_rate * slope for value, slope in zip(values, sums, strict=True)]
    return [[decayed, new_bias], loss + length_squared(plain, strength)]


def _sigmoid(weights: Sequence[float], values: Sequence[float], bias: float) -> float:
    return 1 / (1 + math.exp(-bias - sum(a * v for a, v in zip(weights, values, strict=True))))


ALTERNATIVES = {
    "shrunk_values_first": (squares_in_a_loop, shrunk_values_first),
    "gradients_added": (length_squared, gradients_added),
}
