"""lesson0/find_the_culprit: the control experiment that shows what a rising probability is owed to."""

from collections.abc import Callable

from henkan.course import by_hand as library
from henkan.course.by_hand import Vector, dot, gradient_step, sigmoid, suspect_step
from henkan.course.exercises.lesson0.example import BIAS, RATE, TARGET, VALUES, WEIGHTS, numbers, shares
from henkan.course.expect import expect, expect_close

Result = tuple[float, float, float, float, float]
Experiment = Callable[[Vector, Vector, float, float, float, float], Result]

EXTRA = 0.1
NAMES = ("before", "both", "step alone", "extra alone", "share")


def five_numbers(experiment: Experiment) -> None:
    given = experiment(WEIGHTS, VALUES, BIAS, TARGET, RATE, EXTRA)
    expect(isinstance(given, (list, tuple)) and len(given) == 5, "not_five_numbers")


def the_story(experiment: Experiment) -> None:
    before, both, *_ = experiment(WEIGHTS, VALUES, BIAS, TARGET, RATE, EXTRA)
    expect_close("before", before, 0.626526)
    expect_close("both", both, 0.652666)


def the_controls(experiment: Experiment) -> None:
    _, _, step_alone, extra_alone, _ = experiment(WEIGHTS, VALUES, BIAS, TARGET, RATE, EXTRA)
    expect_close("step alone", step_alone, 0.629665)
    expect_close("extra alone", extra_alone, 0.649613)


def the_share(experiment: Experiment) -> None:
    share = experiment(WEIGHTS, VALUES, BIAS, TARGET, RATE, EXTRA)[4]
    expect_close("share", share, 0.880, tolerance=5e-4)


def nothing_extra(experiment: Experiment) -> None:
    before, both, step_alone, extra_alone, share = experiment(WEIGHTS, VALUES, BIAS, TARGET, RATE, 0.0)
    expect_close("step alone", step_alone, both)
    expect_close("extra alone", extra_alone, before)
    expect_close("share", share, 0.0)


def no_step(experiment: Experiment) -> None:
    before, both, step_alone, extra_alone, share = experiment(WEIGHTS, VALUES, BIAS, TARGET, 0.0, EXTRA)
    expect_close("step alone", step_alone, before)
    expect_close("extra alone", extra_alone, both)
    expect_close("share", share, 1.0)


def any_bias(experiment: Experiment) -> None:
    before, _, _, extra_alone, _ = experiment((0.5, 0.5), (1.0, 2.0), -0.5, TARGET, RATE, EXTRA)
    expect_close("before", before, sigmoid(1.0))
    expect_close("extra alone", extra_alone, sigmoid(1.1))


def probe(experiment: Experiment) -> list[Result]:
    return [experiment(shares(3, 1), numbers(3, 2), 0.2, 1, 0.6, 0.3)]


def whole_story_last(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> Result:
    y, both, step_alone, extra_alone, share = library.find_the_culprit(
        weights, values, bias, target, learning_rate, extra
    )
    return y, step_alone, extra_alone, both, share


def right_step_examined(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> Result:
    stepped, new_bias = gradient_step(weights, values, bias, target, learning_rate)
    old, new = dot(weights, values) + bias, dot(weights, stepped) + new_bias
    y, both, alone = sigmoid(old), sigmoid(new + extra), sigmoid(new)
    return y, both, alone, sigmoid(old + extra), (both - alone) / (both - y)


def extra_added_to_y(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> Result:
    stepped, new_bias = suspect_step(weights, values, bias, target, learning_rate)
    y, alone = sigmoid(dot(weights, values) + bias), sigmoid(dot(weights, stepped) + new_bias)
    return y, alone + extra, alone, y + extra, extra / (alone + extra - y)


def bias_not_updated(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> Result:
    stepped, _ = suspect_step(weights, values, bias, target, learning_rate)
    old, new = dot(weights, values) + bias, dot(weights, stepped) + bias
    y, both, alone = sigmoid(old), sigmoid(new + extra), sigmoid(new)
    return y, both, alone, sigmoid(old + extra), (both - alone) / (both - y)


def _reported(report: Callable[[float, float, float, float, float], Result]) -> Experiment:
    """The right runs, reported wrongly."""

    def experiment(
        weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
    ) -> Result:
        return report(*library.find_the_culprit(weights, values, bias, target, learning_rate, extra))

    return experiment


no_control = _reported(lambda before, both, step, extra, share: (before, both, both, both, 0.0))
extra_left_in = _reported(lambda before, both, step, extra, share: (before, both, both, extra, 0.0))
step_left_in = _reported(lambda before, both, step, extra, share: (before, both, step, both, share))
controls_exchanged = _reported(
    lambda before, both, step, extra, share: (before, both, extra, step, (both - extra) / (both - before))
)
share_of_the_step = _reported(lambda before, both, step, extra, share: (before, both, step, extra, 1 - share))
share_of_extra_alone = _reported(
    lambda before, both, step, extra, share: (before, both, step, extra, (extra - before) / (both - before))
)
share_of_the_whole_y = _reported(
    lambda before, both, step, extra, share: (before, both, step, extra, (both - step) / both)
)
share_in_percent = _reported(lambda before, both, step, extra, share: (before, both, step, extra, 100 * share))
