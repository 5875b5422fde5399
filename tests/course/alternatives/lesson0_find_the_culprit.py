"""Other right ways to make the experiment."""

from collections.abc import Sequence

from henkan.course.by_hand import output_and_loss, sigmoid, suspect_step


def all_four_runs(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float, extra: float
) -> list[float]:
    def run(rate: float, added: float) -> float:
        stepped, new_bias = suspect_step(weights, values, bias, target, rate)  # no step at a rate of 0
        return output_and_loss(weights, stepped, new_bias + added, target)[1]

    before, both, step_alone, extra_alone = run(0, 0), run(learning_rate, extra), run(learning_rate, 0), run(0, extra)
    rise = both - before
    return [before, both, step_alone, extra_alone, (rise - (step_alone - before)) / rise]


def by_the_change_of_z(
    weights: Sequence[float], values: Sequence[float], bias: float, target: float, learning_rate: float, extra: float
) -> tuple[float, ...]:
    z, before, _ = output_and_loss(weights, values, bias, target)
    slope = (before - target) * before * (1 - before)
    moved = z - learning_rate * slope * (1 + sum(weight**2 for weight in weights))
    both, step_alone = sigmoid(moved + extra), sigmoid(moved)
    return before, both, step_alone, sigmoid(z + extra), 1 - (step_alone - before) / (both - before)


ALTERNATIVES = {
    "all_four_runs": (all_four_runs,),
    "by_the_change_of_z": (by_the_change_of_z,),
}
