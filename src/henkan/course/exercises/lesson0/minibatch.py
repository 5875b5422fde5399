"""lesson0/minibatch: three rows at once, their mean loss and the mean of their gradients."""

from collections.abc import Callable, Sequence

from henkan.course import by_hand as library
from henkan.course.by_hand import Vector, cross_entropy, dot, sigmoid
from henkan.course.exercises.lesson0.example import numbers, rows, slopes
from henkan.course.expect import expect, expect_close

Rows = Sequence[Vector]
Loss = Callable[[Rows, Vector, Vector], float]
Result = tuple[list[float], float, list[float], float]
Batch = Callable[[Rows, Vector, Vector, float], Result]
Step = Callable[[Rows, Vector, Vector, Vector, float], list[float]]

ROWS, TARGETS, RATE = ((0.8, -0.4, 0.2), (0.2, 0.1, -0.3), (0.5, -0.2, 0.7)), (1, 0, 1), 0.1
W = (0.323819, 0.913528, 0.037347)


def four_results(loss: Loss, batch: Batch) -> None:
    given = batch(ROWS, TARGETS, W, RATE)
    expect(isinstance(given, (list, tuple)) and len(given) == 4, "not_four_results")
    probabilities, _, gradient, _ = batch(rows(4, 2, 1), (1, 0, 1, 1), (0.3, -0.2), RATE)
    expect(len(probabilities) == 4, "not_one_probability_each", yours=len(probabilities))
    expect(len(gradient) == 2, "gradient_of_another_width", yours=len(gradient))


def mean_of_the_losses(loss: Loss, batch: Batch) -> None:
    one = loss(ROWS[:1], TARGETS[:1], W)
    expect_close("L", one, cross_entropy(sigmoid(dot(ROWS[0], W)), 1))
    expect_close("L", loss(ROWS[:1] * 4, TARGETS[:1] * 4, W), one)


def by_hand(loss: Loss, batch: Batch) -> None:
    probabilities, before, gradient, after = batch(ROWS, TARGETS, W, RATE)
    expect_close("y", probabilities, [0.475298, 0.536165, 0.501337])
    expect_close("L", before, 0.734172)
    expect_close("g", gradient, [-0.187287, 0.121077, -0.204951])
    expect_close("L'", after, 0.725051)


def finite_differences(loss: Loss, batch: Batch) -> None:
    many, targets, w = rows(5, 3, 1), (1, 0, 0, 1, 0), numbers(3, 9)
    measured = slopes(lambda w: library.mean_loss(many, targets, w), w)
    expect_close("g", batch(many, targets, w, RATE)[2], measured)


def twice_the_batch(loss: Loss, batch: Batch) -> None:
    _, before, gradient, after = batch(ROWS, TARGETS, W, RATE)
    _, before2, gradient2, after2 = batch(ROWS * 2, TARGETS * 2, W, RATE)
    expect_close("L", before2, before)
    expect_close("g", gradient2, gradient)
    expect_close("L'", after2, after)


def probe(loss: Loss, batch: Batch) -> list[object]:
    many, targets, w = rows(5, 3, 1), (1, 0, 0, 1, 0), numbers(3, 9)
    return [loss(many, targets, w), *batch(many, targets, w, 0.8)]


def _summed_loss(many: Rows, targets: Vector, w: Vector) -> float:
    return library.mean_loss(many, targets, w) * len(many)


def _loss_of_the_mean_row(many: Rows, targets: Vector, w: Vector) -> float:
    mean = [sum(column) / len(many) for column in zip(*many, strict=True)]
    return cross_entropy(sigmoid(dot(mean, w)), sum(targets) / len(many))


def _descend(many: Rows, targets: Vector, w: Vector, gradient: Vector, rate: float) -> list[float]:
    return [weight - rate * slope for weight, slope in zip(w, gradient, strict=True)]


def _with(
    loss: Loss = library.mean_loss,
    error: Callable[[float, float], float] = lambda y, target: y - target,
    count: Callable[[Rows], float] = len,
    step: Step = _descend,
) -> tuple[Loss, Batch]:
    """Both parts, one thing wrong in them."""

    def batch(many: Rows, targets: Vector, w: Vector, learning_rate: float) -> Result:
        probabilities = [sigmoid(dot(row, w)) for row in many]
        errors = [error(y, target) for y, target in zip(probabilities, targets, strict=True)]
        gradient = [dot(errors, column) / count(many) for column in zip(*many, strict=True)]
        new_w = step(many, targets, w, gradient, learning_rate)
        return probabilities, loss(many, targets, w), gradient, loss(many, targets, new_w)

    return loss, batch


def _row_by_row(many: Rows, targets: Vector, w: Vector, gradient: Vector, rate: float) -> list[float]:
    for row, target in zip(many, targets, strict=True):
        move = rate * (sigmoid(dot(row, w)) - target)
        w = [weight - move * number for weight, number in zip(w, row, strict=True)]
    return list(w)


def _last_row_alone(many: Rows, targets: Vector, w: Vector, learning_rate: float) -> Result:
    probabilities, before, _, _ = library.minibatch(many, targets, w, learning_rate)
    gradient = [(probabilities[-1] - targets[-1]) * number for number in many[-1]]
    new_w = [weight - learning_rate * slope for weight, slope in zip(w, gradient, strict=True)]
    return probabilities, before, gradient, library.mean_loss(many, targets, new_w)


gradient_summed = _with(count=lambda many: 1)
loss_summed = _with(loss=_summed_loss)
all_summed = _with(loss=_summed_loss, count=lambda many: 1)
loss_of_the_mean_row = _with(loss=_loss_of_the_mean_row)
divided_by_width = _with(count=lambda many: len(many[0]))
squared_error_gradient = _with(error=lambda y, target: (y - target) * y * (1 - y))
error_reversed = _with(error=lambda y, target: target - y)
update_added = _with(step=lambda many, targets, w, gradient, rate: _descend(many, targets, w, gradient, -rate))
loss_after_is_the_loss_before = _with(step=lambda many, targets, w, gradient, rate: list(w))
updated_row_by_row = _with(step=_row_by_row)
last_row_alone = (library.mean_loss, _last_row_alone)
