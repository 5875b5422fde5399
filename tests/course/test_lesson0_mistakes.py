"""The slips of lesson 0 as learners write them, in loops and in other words, are named; and nothing waits for torch."""

import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from henkan.course.by_hand import dot, gradient_step, l2_penalty, mean_loss, output_and_loss, sigmoid, softmax
from henkan.course.exercise import Part, load_exercise
from henkan.course.ladder import climb

Vector = Sequence[float]


def skips_zeros(scores: Vector) -> list[float]:
    exponentials = []
    for score in scores:
        exponentials.append(math.exp(score) if score else 0)
    return [e / sum(exponentials) for e in exponentials]


def weighs(q: Vector, keys: Sequence[Vector]) -> list[float]:
    return skips_zeros([dot(q, key) / len(q) ** 0.5 for key in keys])


def keeps_the_two_of_the_example(q: Vector, keys: Sequence[Vector]) -> list[float]:
    return softmax([dot(q, key) / 2**0.5 for key in keys])


def loss_of_yes_alone(y: float, target: float) -> float:
    return -target * math.log(y)


def calls_it(weights: Vector, values: Vector, bias: float, target: float) -> tuple[float, float, float]:
    z = sum(a * v for a, v in zip(weights, values, strict=True)) + bias
    return z, sigmoid(z), loss_of_yes_alone(sigmoid(z), target)


def plus_for_minus(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float
) -> tuple[list[float], float]:
    slope = output_and_loss(weights, values, bias, target)[1] - target
    for i in range(len(values)):
        values = [*values[:i], values[i] + learning_rate * slope * weights[i], *values[i + 1 :]]
    return list(values), bias + learning_rate * slope


def sigmoid_twice(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float
) -> tuple[list[float], float]:
    y = output_and_loss(weights, values, bias, target)[1]
    delta = learning_rate * -(target - y) * y * (1 - y)
    return [v - delta * a for a, v in zip(weights, values, strict=True)], bias - delta


def mends_the_suspect(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, extra: float
) -> tuple[float, ...]:
    z = dot(weights, values) + bias
    stepped, moved = gradient_step(weights, values, bias, target, learning_rate)
    new_z = dot(weights, stepped) + moved
    y = [sigmoid(number) for number in (z, new_z + extra, new_z, z + extra)]
    return (*y, (y[1] - y[2]) / (y[1] - y[0]))


def forgets_the_two(
    weights: Vector, values: Vector, bias: float, target: float, learning_rate: float, strength: float
) -> tuple[tuple[list[float], float], float]:
    stepped, moved = gradient_step(weights, values, bias, target, learning_rate)
    decayed = [new - learning_rate * strength * old for new, old in zip(stepped, values, strict=True)]
    return (decayed, moved), output_and_loss(weights, stepped, moved, target)[2] + l2_penalty(stepped, strength)


def adds_up(rows: Sequence[Vector], targets: Vector, w: Vector, learning_rate: float) -> tuple[object, ...]:
    probabilities, gradient = [sigmoid(dot(row, w)) for row in rows], [0.0] * len(w)
    for row, y, target in zip(rows, probabilities, targets, strict=True):
        gradient = [total + (y - target) * x for total, x in zip(gradient, row, strict=True)]
    after = [a - learning_rate * g for a, g in zip(w, gradient, strict=True)]
    return probabilities, mean_loss(rows, targets, w), gradient, mean_loss(rows, targets, after)


def own_weight(
    q: Vector, keys: Sequence[Vector], values: Vector, bias: float, target: float
) -> tuple[list[float], list[float], list[list[float]]]:
    root = math.sqrt(len(q))
    weights = softmax([dot(q, key) / root for key in keys])
    error = output_and_loss(weights, values, bias, target)[1] - target
    by_score = [error * v * a * (1 - a) for a, v in zip(weights, values, strict=True)]
    by_query = [sum(s * key[i] for s, key in zip(by_score, keys, strict=True)) / root for i in range(len(q))]
    return by_score, by_query, [[s * x / root for x in q] for s in by_score]


SLIPS: list[tuple[str, tuple[Part, ...], str]] = [
    ("attention_weights", (skips_zeros, weighs), "zero_score_left_out"),
    ("attention_weights", (softmax, keeps_the_two_of_the_example), "root_of_two"),
    ("output_and_loss", (sigmoid, loss_of_yes_alone, calls_it), "second_term_forgotten"),
    ("gradient_step", (plus_for_minus,), "update_added"),
    ("gradient_step", (sigmoid_twice,), "squared_error_gradient"),
    ("find_the_culprit", (mends_the_suspect,), "right_step_examined"),
    ("l2_two_ways", (l2_penalty, forgets_the_two), "two_forgotten"),
    ("minibatch", (mean_loss, adds_up), "gradient_summed"),
    ("through_softmax", (own_weight,), "own_weight_alone"),
]


@pytest.mark.parametrize(("exercise", "learner", "mistake"), SLIPS, ids=[slip[2] for slip in SLIPS])
def test_it_is_named(exercise: str, learner: tuple[Part, ...], mistake: str) -> None:
    failure = climb(load_exercise(f"lesson0/{exercise}"), learner).failure
    assert failure is not None
    assert failure.mistake == mistake


def test_values_changed_in_place_are_noticed() -> None:
    def in_place(
        weights: Vector, values: list[float], bias: float, target: float, learning_rate: float
    ) -> tuple[list[float], float]:
        stepped, moved = gradient_step(weights, values, bias, target, learning_rate)
        values[:] = stepped
        return values, moved

    failure = climb(load_exercise("lesson0/gradient_step"), (in_place,)).failure
    assert failure is not None
    assert failure.check == "inputs_unchanged"


def test_the_whole_lesson_runs_without_torch() -> None:
    pytest.importorskip("matplotlib")
    jupytext = pytest.importorskip("jupytext")
    source = Path(__file__).parents[2] / "course" / "lesson0_attention_by_hand.py"
    cells = jupytext.read(source, fmt="py:percent").cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    check = code + "\nimport sys\nassert 'torch' not in sys.modules, 'lesson 0 promises that PyTorch is not needed'\n"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert run.returncode == 0, run.stderr
