"""lesson0/output_and_loss: from weights to a probability and its loss."""

import math
from collections.abc import Callable

from henkan.course import by_hand as library
from henkan.course.by_hand import Vector, dot
from henkan.course.exercises.lesson0.example import BIAS, TARGET, VALUES, WEIGHTS, numbers, shares
from henkan.course.expect import expect, expect_close

Sigmoid = Callable[[float], float]
Loss = Callable[[float, float], float]
Forward = Callable[[Vector, Vector, float, float], tuple[float, float, float]]
Parts = tuple[Sigmoid, Loss, Forward]


def three_numbers(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> None:
    given = forward(WEIGHTS, VALUES, BIAS, TARGET)
    expect(isinstance(given, (list, tuple)) and len(given) == 3, "not_three_numbers")


def sigmoid_of_known_numbers(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> None:
    expect_close("σ", [sigmoid(z) for z in (0.0, math.log(3), -math.log(3))], [0.5, 0.75, 0.25])


def both_targets(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> None:
    expect(loss(0.9, 1) < loss(0.9, 0), "targets_exchanged", right=f"{loss(0.9, 1):.6f}", wrong=f"{loss(0.9, 0):.6f}")
    expect_close("L", [loss(0.25, 1), loss(0.25, 0)], [math.log(4), math.log(4 / 3)])


def by_hand(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> None:
    z, y, L = forward(WEIGHTS, VALUES, BIAS, TARGET)  # noqa: N806 - as the formula calls it
    expect_close("z", z, 0.517340)
    expect_close("y", y, 0.626526)
    expect_close("L", L, 0.467566)


def bias_moves_z(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> None:
    expect_close("z", forward((0.5, 0.5), (1.0, 3.0), -0.25, 1)[0], 1.75)


def probe(sigmoid: Sigmoid, loss: Loss, forward: Forward) -> list[tuple[float, float, float]]:
    return [forward(shares(3, 1), numbers(3, 2), 0.4, target) for target in (0, 1)]


def _with(
    sigmoid: Sigmoid = library.sigmoid,
    loss: Loss = library.cross_entropy,
    mix: Callable[[Vector, Vector, float], float] = lambda weights, values, bias: dot(weights, values) + bias,
) -> Parts:
    """All three parts, one of them wrong."""

    def forward(weights: Vector, values: Vector, bias: float, target: float) -> tuple[float, float, float]:
        z = mix(weights, values, bias)
        y = sigmoid(z)
        return z, y, loss(y, target)

    return sigmoid, loss, forward


def _entropy(y: float, target: float) -> float:
    return -y * math.log(y) - (1 - y) * math.log(1 - y)


bias_forgotten = _with(mix=lambda weights, values, bias: dot(weights, values))
weights_forgotten = _with(mix=lambda weights, values, bias: sum(values) + bias)
sigmoid_upside_down = _with(sigmoid=lambda z: 1 / (1 + math.exp(z)))
squared_error = _with(loss=lambda y, target: (y - target) ** 2)
sign_of_the_log = _with(loss=lambda y, target: -library.cross_entropy(y, target))
target_ignored = _with(loss=lambda y, target: -math.log(y))
second_term_forgotten = _with(loss=lambda y, target: -target * math.log(y))
targets_swapped = _with(loss=lambda y, target: library.cross_entropy(y, 1 - target))
another_base = _with(loss=lambda y, target: library.cross_entropy(y, target) / math.log(2))
base_ten = _with(loss=lambda y, target: library.cross_entropy(y, target) / math.log(10))
entropy_of_y = _with(loss=_entropy)
