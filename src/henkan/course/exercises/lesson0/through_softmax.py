"""lesson0/through_softmax: the gradient on its way back through the softmax, to the query and the keys."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from henkan.course.by_hand import Vector, attention_weights, dot, output_and_loss, through_softmax
from henkan.course.exercises.lesson0.example import BIAS, KEYS, TARGET, VALUES, Q, numbers, rows, slopes
from henkan.course.expect import expect, expect_close

Keys = Sequence[Vector]
Result = tuple[list[float], list[float], list[list[float]]]
Gradients = Callable[[Vector, Keys, Vector, float, float], Result]

Q3, KEYS4, VALUES4, BIAS4 = numbers(3, 1), rows(4, 3, 2), numbers(4, 8), 0.2


def three_results(gradients: Gradients) -> None:
    given = gradients(Q3, KEYS4, VALUES4, BIAS4, 1)
    expect(isinstance(given, (list, tuple)) and len(given) == 3, "not_three_results")
    by_score, by_query, by_keys = given
    expect(len(by_score) == 4, "not_one_for_each_score", yours=len(by_score))
    expect(len(by_query) == 3, "not_one_for_each_number_of_the_query", yours=len(by_query))
    expect(len(by_keys) == 4 and all(len(row) == 3 for row in by_keys), "keys_of_another_form")


def scores_by_hand(gradients: Gradients) -> None:
    expect_close("∂L/∂s", gradients(Q, KEYS, VALUES, BIAS, TARGET)[0], [0.051768, -0.051768])


def scores_sum_to_zero(gradients: Gradients) -> None:
    total = sum(gradients(Q3, KEYS4, VALUES4, BIAS4, 0)[0])
    expect(abs(total) < 1e-9, "sum_is_not_zero", sum=f"{total:.6f}")


def query_and_keys_by_hand(gradients: Gradients) -> None:
    _, by_query, by_keys = gradients(Q, KEYS, VALUES, BIAS, TARGET)
    expect_close("∂L/∂q", by_query, [0.029284, -0.014642])
    expect_close("∂L/∂k", by_keys, [[0.036606, 0.0], [-0.036606, 0.0]])


def finite_differences(gradients: Gradients) -> None:
    for target in (0, 1):
        _, by_query, by_keys = gradients(Q3, KEYS4, VALUES4, BIAS4, target)
        expect_close("∂L/∂q", by_query, slopes(partial(_loss, KEYS4, target), Q3))
        flat = [number for key in KEYS4 for number in key]
        measured = slopes(partial(_loss_of_keys, target), flat)
        expect_close("∂L/∂k", by_keys, [measured[start : start + 3] for start in range(0, len(flat), 3)])


def _loss(keys: Keys, target: float, q: Vector) -> float:
    return output_and_loss(attention_weights(q, keys), VALUES4, BIAS4, target)[2]


def _loss_of_keys(target: float, flat: Vector) -> float:
    """The loss with all numbers of the keys in one list."""
    return _loss([flat[start : start + 3] for start in range(0, len(flat), 3)], target, Q3)


def probe(gradients: Gradients) -> list[Result]:
    return [gradients(Q3, KEYS4, VALUES4, BIAS4, target) for target in (0, 1)]


def _right(weights: list[float], slopes: list[float]) -> list[float]:
    return [weight * (slope - dot(weights, slopes)) for weight, slope in zip(weights, slopes, strict=True)]


def _with(
    by_score: Callable[[list[float], list[float]], list[float]] = _right,
    error: Callable[[float, float], float] = lambda y, target: y - target,
    root: Callable[[float], float] = math.sqrt,
) -> Gradients:
    """The gradients, one thing wrong in them. ``by_score`` makes ∂L/∂s of the weights and of ∂L/∂α."""

    def gradients(q: Vector, keys: Keys, values: Vector, bias: float, target: float) -> Result:
        weights = attention_weights(q, keys)
        y = output_and_loss(weights, values, bias, target)[1]
        found = by_score(weights, [error(y, target) * value for value in values])
        by_query = [dot(found, column) / root(len(q)) for column in zip(*keys, strict=True)]
        return found, by_query, [[slope * number / root(len(q)) for number in q] for slope in found]

    return gradients


def _own_weight_alone(weights: list[float], slopes: list[float]) -> list[float]:
    return [weight * (1 - weight) * slope for weight, slope in zip(weights, slopes, strict=True)]


def _plain_mean(weights: list[float], slopes: list[float]) -> list[float]:
    mean = sum(slopes) / len(slopes)
    return [weight * (slope - mean) for weight, slope in zip(weights, slopes, strict=True)]


def _mean_forgotten(weights: list[float], slopes: list[float]) -> list[float]:
    return [weight * slope for weight, slope in zip(weights, slopes, strict=True)]


def _weight_in_front_forgotten(weights: list[float], slopes: list[float]) -> list[float]:
    return [slope - dot(weights, slopes) for slope in slopes]


own_weight_alone = _with(by_score=_own_weight_alone)
mean_without_weights = _with(by_score=_plain_mean)
mean_forgotten = _with(by_score=_mean_forgotten)
weight_in_front_forgotten = _with(by_score=_weight_in_front_forgotten)
softmax_skipped = _with(by_score=lambda weights, slopes: slopes)
error_forgotten = _with(error=lambda y, target: 1.0)
squared_error_gradient = _with(error=lambda y, target: (y - target) * y * (1 - y))
scale_forgotten = _with(root=lambda d: 1.0)
divided_by_d = _with(root=lambda d: d)
sign_reversed = _with(error=lambda y, target: target - y)


def keys_by_their_own_key(q: Vector, keys: Keys, values: Vector, bias: float, target: float) -> Result:
    by_score, by_query, _ = through_softmax(q, keys, values, bias, target)
    root = math.sqrt(len(q))
    return by_score, by_query, [[slope * x / root for x in key] for slope, key in zip(by_score, keys, strict=True)]
