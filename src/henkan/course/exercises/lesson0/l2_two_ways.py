"""lesson0/l2_two_ways: the penalty for large values, in the gradient and in the report."""

import math
from collections.abc import Callable
from typing import NamedTuple

from henkan.course import by_hand as library
from henkan.course.by_hand import Vector, gradient_step, output_and_loss
from henkan.course.exercises.lesson0.example import BIAS, RATE, TARGET, VALUES, WEIGHTS, numbers, shares
from henkan.course.expect import expect, expect_close

Penalty = Callable[[Vector, float], float]
Result = tuple[tuple[list[float], float], float]
TwoWays = Callable[[Vector, Vector, float, float, float, float], Result]

STRENGTH = 0.01


def two_results(penalty: Penalty, two_ways: TwoWays) -> None:
    given = two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, STRENGTH)
    expect(isinstance(given, (list, tuple)) and len(given) == 2, "not_two_results")
    expect(isinstance(given[0], (list, tuple)) and len(given[0]) == 2, "first_is_no_pair")
    expect(isinstance(given[0][0], (list, tuple)) and len(given[0][0]) == 2, "first_is_no_pair")


def penalty_by_hand(penalty: Penalty, two_ways: TwoWays) -> None:
    expect_close("R", penalty([1.0, -2.0, 3.0], 0.5), 7.0)


def in_the_gradient(penalty: Penalty, two_ways: TwoWays) -> None:
    (values, bias), _ = two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, STRENGTH)
    expect_close("v", values, [0.323219, 0.911728])
    expect_close("b", bias, 0.037347)


def in_the_report(penalty: Penalty, two_ways: TwoWays) -> None:
    expect_close("L + R", two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, STRENGTH)[1], 0.455892)


def bias_goes_free(penalty: Penalty, two_ways: TwoWays) -> None:
    _, plain = gradient_step(WEIGHTS, VALUES, 2.0, TARGET, RATE)
    expect_close("b", two_ways(WEIGHTS, VALUES, 2.0, TARGET, RATE, STRENGTH)[0][1], plain)


def no_strength(penalty: Penalty, two_ways: TwoWays) -> None:
    step, loss = two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, 0.0)
    values, bias = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    expect_close("v", step[0], values)
    expect_close("b", step[1], bias)
    expect_close("L", loss, output_and_loss(WEIGHTS, values, bias, TARGET)[2])


def report_does_not_learn(penalty: Penalty, two_ways: TwoWays) -> None:
    """Without a step there is nothing but the old loss and the penalty of the old values."""
    weights, values = shares(3, 1), numbers(3, 2)
    (same_values, same_bias), reported = two_ways(weights, values, 0.4, 0, 0.0, 0.3)
    expect_close("v", same_values, values)
    expect_close("b", same_bias, 0.4)
    expected = output_and_loss(weights, values, 0.4, 0)[2] + 0.3 * sum(value**2 for value in values)
    expect_close("L + R", reported, expected)


def probe(penalty: Penalty, two_ways: TwoWays) -> list[object]:
    return [penalty([1.0, -2.0, 3.0], 0.5), two_ways(shares(3, 1), numbers(3, 2), 0.4, 0, 0.6, 0.3)]


class Run(NamedTuple):
    """What a report may look at."""

    weights: Vector
    old: tuple[Vector, float]
    """Values and bias before the step."""
    stepped: tuple[Vector, float]
    """After the step without the penalty."""
    decayed: tuple[Vector, float]
    """After the step with the penalty in its gradient."""
    target: float
    strength: float

    def loss(self, values_and_bias: tuple[Vector, float]) -> float:
        """The loss that the data have with these."""
        return output_and_loss(self.weights, *values_and_bias, self.target)[2]

    def penalty(self, values: Vector) -> float:
        """The right penalty of these."""
        return library.l2_penalty(values, self.strength)


def _with(
    penalty: Penalty = library.l2_penalty,
    decay: Callable[[float, float, float], float] = lambda value, rate, strength: rate * 2 * strength * value,
    decay_of_bias: float = 0.0,
    report: Callable[[Run], float] | None = None,
) -> tuple[Penalty, TwoWays]:
    """Both parts, one thing wrong in them."""

    def two_ways(
        weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, strength: float
    ) -> Result:
        stepped, new_bias = gradient_step(weights, values, bias, target, learning_rate)
        less = [decay(value, learning_rate, strength) for value in values]
        decayed = [new - minus for new, minus in zip(stepped, less, strict=True)]
        decayed_bias = new_bias - decay_of_bias * decay(bias, learning_rate, strength)
        run = Run(weights, (values, bias), (stepped, new_bias), (decayed, decayed_bias), target, strength)
        return (decayed, decayed_bias), report(run) if report else run.loss(run.stepped) + penalty(stepped, strength)

    return penalty, two_ways


half_of_the_squares = _with(penalty=lambda values, strength: library.l2_penalty(values, strength / 2))
half_everywhere = _with(
    penalty=lambda values, strength: library.l2_penalty(values, strength / 2),
    decay=lambda value, rate, strength: rate * strength * value,
)
absolute_values = _with(
    penalty=lambda values, strength: strength * sum(map(abs, values)),
    decay=lambda value, rate, strength: rate * strength * math.copysign(1, value),
)
two_forgotten = _with(decay=lambda value, rate, strength: rate * strength * value)
rate_forgotten = _with(decay=lambda value, rate, strength: 2 * strength * value)
squares_in_the_gradient = _with(decay=lambda value, rate, strength: rate * strength * value**2)
penalty_makes_values_grow = _with(decay=lambda value, rate, strength: -rate * 2 * strength * value)
not_in_the_gradient = _with(decay=lambda value, rate, strength: 0.0)
bias_penalised = _with(decay_of_bias=1.0)
report_after_the_decayed_step = _with(report=lambda run: run.loss(run.decayed) + run.penalty(run.decayed[0]))
penalty_of_the_old_values = _with(report=lambda run: run.loss(run.stepped) + run.penalty(run.old[0]))
report_before_the_step = _with(report=lambda run: run.loss(run.old) + run.penalty(run.old[0]))
not_in_the_report = _with(report=lambda run: run.loss(run.stepped))
bias_in_the_report = _with(report=lambda run: run.loss(run.stepped) + run.penalty([*run.stepped[0], run.stepped[1]]))
