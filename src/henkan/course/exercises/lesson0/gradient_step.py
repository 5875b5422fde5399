"""lesson0/gradient_step: one step of gradient descent, checked against finite differences."""

from collections.abc import Callable

from henkan.course.by_hand import Vector, cross_entropy, dot, gradient_step, output_and_loss, sigmoid
from henkan.course.exercises.lesson0.example import BIAS, RATE, TARGET, VALUES, WEIGHTS, numbers, shares, slopes
from henkan.course.expect import expect, expect_close

Result = tuple[list[float], float]
Step = Callable[[Vector, Vector, float, float, float], Result]


def values_and_bias(step: Step) -> None:
    given = step(WEIGHTS, list(VALUES), BIAS, TARGET, RATE)  # a list, so that changing it in place is found as such
    expect(isinstance(given, (list, tuple)) and len(given) == 2, "not_two_results")
    values, bias = given
    expect(isinstance(values, (list, tuple)), "values_are_no_list", yours=type(values).__name__)
    expect(len(values) == 2, "not_as_many_values", yours=len(values))
    expect_close("b", bias, float(bias))


def inputs_unchanged(step: Step) -> None:
    values = list(VALUES)
    step(WEIGHTS, values, BIAS, TARGET, RATE)
    expect(values == list(VALUES), "values_changed")


def by_hand(step: Step) -> None:
    values, bias = step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    expect_close("v", values, [0.323819, 0.913528])
    expect_close("b", bias, 0.037347)


def finite_differences(step: Step) -> None:
    weights, values, bias = shares(3, 1), numbers(3, 2), 0.2
    for target in (0, 1):
        stepped, stepped_bias = step(weights, values, bias, target, 1.0)
        by_values = slopes(lambda v, t=target: output_and_loss(weights, v, bias, t)[2], values)  # type: ignore[misc]
        by_bias = slopes(lambda b, t=target: output_and_loss(weights, values, b[0], t)[2], [bias])  # type: ignore[misc]
        expect_close("∂L/∂v", [old - new for old, new in zip(values, stepped, strict=True)], by_values)
        expect_close("∂L/∂b", [bias - stepped_bias], by_bias)


def loss_falls(step: Step) -> None:
    values, bias = step(WEIGHTS, VALUES, BIAS, 0, RATE)
    before = output_and_loss(WEIGHTS, VALUES, BIAS, 0)[2]
    after = output_and_loss(WEIGHTS, values, bias, 0)[2]
    expect(after < before, "loss_does_not_fall", before=f"{before:.6f}", after=f"{after:.6f}")


def probe(step: Step) -> list[Result]:
    return [step(shares(3, 5), numbers(3, 6), 0.3, target, 0.7) for target in (0, 1)]


def _step(
    error: Callable[[float, float], float] = lambda y, target: y - target,
    of_value: Callable[[float, float], float] = lambda weight, value: weight,
    of_bias: float = 1.0,
) -> Step:
    """A step whose ∂L/∂z, ∂z/∂v or ∂z/∂b is another one."""

    def step(weights: Vector, values: Vector, bias: float, target: float, learning_rate: float) -> Result:
        move = learning_rate * error(output_and_loss(weights, values, bias, target)[1], target)
        moved = [value - move * of_value(weight, value) for weight, value in zip(weights, values, strict=True)]
        return moved, bias - move * of_bias

    return step


update_added = _step(error=lambda y, target: target - y)
squared_error_gradient = _step(error=lambda y, target: (y - target) * y * (1 - y))
derivative_of_the_log_alone = _step(error=lambda y, target: -target / y + (1 - target) / (1 - y))
loss_as_gradient = _step(error=cross_entropy)
weights_forgotten = _step(of_value=lambda weight, value: 1.0)
multiplied_by_the_value = _step(of_value=lambda weight, value: value)
bias_left_alone = _step(of_bias=0.0)


def learning_rate_forgotten(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float
) -> Result:
    return gradient_step(weights, values, bias, target, 1.0)


def gradient_returned(weights: Vector, values: Vector, bias: float, target: float, learning_rate: float) -> Result:
    error = output_and_loss(weights, values, bias, target)[1] - target
    return [error * weight for weight in weights], error


def bias_after_the_values(weights: Vector, values: Vector, bias: float, target: float, learning_rate: float) -> Result:
    moved, _ = gradient_step(weights, values, bias, target, learning_rate)
    return moved, bias - learning_rate * (sigmoid(dot(weights, moved) + bias) - target)
