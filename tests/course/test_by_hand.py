"""Lesson 0's numbers: those of the syllabus, and those that torch finds by itself."""

import math
import subprocess
import sys

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from henkan.course import by_hand
from henkan.course.by_hand import (
    attention_weights,
    cross_entropy,
    find_the_culprit,
    gradient_step,
    l2_two_ways,
    mean_loss,
    minibatch,
    output_and_loss,
    sigmoid,
    softmax,
    through_softmax,
)

Q, KEYS, VALUES, BIAS, TARGET, RATE = (1.0, 0.0), ((0.8, 0.6), (0.0, 1.0)), (0.3, 0.9), 0.0, 1.0, 0.1
WEIGHTS = attention_weights(Q, KEYS)
ROWS, TARGETS, W = ((0.8, -0.4, 0.2), (0.2, 0.1, -0.3), (0.5, -0.2, 0.7)), (1, 0, 1), (0.323819, 0.913528, 0.037347)


def close(*expected: float) -> object:
    return pytest.approx(expected if len(expected) > 1 else expected[0], abs=1e-6)


def double(numbers: object) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def test_weights_of_the_two_keys() -> None:
    assert tuple(WEIGHTS) == close(0.637767, 0.362233)
    assert by_hand.dot(Q, KEYS[0]) / math.sqrt(2) == close(0.565685)


def test_output_and_loss() -> None:
    assert output_and_loss(WEIGHTS, VALUES, BIAS, TARGET) == close(0.517340, 0.626526, 0.467566)


def test_one_step_and_what_it_changes() -> None:
    error = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)[1] - TARGET
    assert (error, error * WEIGHTS[0], error * WEIGHTS[1]) == close(-0.373474, -0.238190, -0.135285)
    (v1, v2), b = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    assert (v1, v2, b) == close(0.323819, 0.913528, 0.037347)
    assert output_and_loss(WEIGHTS, (v1, v2), b, TARGET) == close(0.574779, 0.639865, 0.446498)


def test_gradients_behind_the_softmax() -> None:
    by_score, by_query, by_key = through_softmax(Q, KEYS, VALUES, BIAS, TARGET)
    assert tuple(by_score) == close(0.051768, -0.051768)
    assert tuple(by_query) == close(0.029284, -0.014642)
    assert tuple(by_key[0]) == close(0.036606, 0.0)


def test_the_penalty_in_the_gradient_and_in_the_report() -> None:
    ((v1, v2), b), reported = l2_two_ways(WEIGHTS, VALUES, BIAS, TARGET, RATE, 0.01)
    assert (v1, v2, b) == close(0.323219, 0.911728, 0.037347)
    assert reported == close(0.455892)
    stepped, _ = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, RATE)
    assert by_hand.l2_penalty(stepped, 1.0) == close(0.939393)


def test_a_minibatch() -> None:
    probabilities, loss, gradient, after = minibatch(ROWS, TARGETS, W, RATE)
    assert tuple(probabilities) == close(0.475298, 0.536165, 0.501337)
    assert tuple(gradient) == close(-0.187287, 0.121077, -0.204951)
    assert (loss, after) == close(0.734172, 0.725051)


def test_the_culprit() -> None:
    before, both, update_alone, extra_alone, share = find_the_culprit(WEIGHTS, VALUES, BIAS, TARGET, RATE, 0.1)
    assert (before, both, update_alone, extra_alone) == close(0.626526, 0.652666, 0.629665, 0.649613)
    assert f"{share:.1%}" == "88.0%"
    assert before * (1 - before) == close(0.233991)


def test_one_example_is_satisfied_by_any_learning_rate() -> None:
    before = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)[2]
    for rate in (0.1, 1.0, 10.0, 1000.0):
        values, bias = gradient_step(WEIGHTS, VALUES, BIAS, TARGET, rate)
        assert sigmoid(by_hand.dot(WEIGHTS, values) + bias) > 0.626526
        if rate < 1000:  # where 1 - y is 0 in floating point, its logarithm is not there
            assert output_and_loss(WEIGHTS, values, bias, TARGET)[2] < before


@pytest.mark.parametrize(("rate", "falls"), [(1.0, True), (2.658599, True), (5.3, True), (5.33, False), (8.0, False)])
def test_two_examples_that_contradict_each_other_limit_the_learning_rate(rate: float, falls: bool) -> None:
    z, y, _ = output_and_loss(WEIGHTS, VALUES, BIAS, TARGET)
    moved = z - rate * (y - 0.5) * (1 + by_hand.dot(WEIGHTS, WEIGHTS))
    before, after = ((cross_entropy(sigmoid(x), 1) + cross_entropy(sigmoid(x), 0)) / 2 for x in (z, moved))
    assert (after < before) is falls


def torch_loss(q: Tensor, keys: Tensor, values: Tensor, bias: Tensor, target: float) -> Tensor:
    weights = (keys @ q / math.sqrt(len(q))).softmax(dim=0)
    return binary_cross_entropy_with_logits(weights @ values + bias, torch.tensor(target, dtype=torch.float64))


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_torch_finds_the_same_gradients(target: float) -> None:
    q, keys, values, bias = double(Q), double(KEYS), double(VALUES), double(0.2)
    torch_loss(q, keys, values, bias, target).backward()
    stepped, stepped_bias = gradient_step(WEIGHTS, VALUES, 0.2, target, 1.0)
    assert values.grad.tolist() == pytest.approx([v - s for v, s in zip(VALUES, stepped, strict=True)], abs=1e-12)
    assert float(bias.grad) == pytest.approx(0.2 - stepped_bias, abs=1e-12)
    _, by_query, by_key = through_softmax(Q, KEYS, VALUES, 0.2, target)
    assert q.grad.tolist() == pytest.approx(by_query, abs=1e-12)
    assert keys.grad.flatten().tolist() == pytest.approx([x for row in by_key for x in row], abs=1e-12)


def test_torch_finds_the_same_batch() -> None:
    w = double(W)
    loss = binary_cross_entropy_with_logits(double(ROWS) @ w, torch.tensor(TARGETS, dtype=torch.float64))
    loss.backward()
    _, mean, gradient, _ = minibatch(ROWS, TARGETS, W, RATE)
    assert loss.item() == pytest.approx(mean, abs=1e-12) == mean_loss(ROWS, TARGETS, W)
    assert w.grad.tolist() == pytest.approx(gradient, abs=1e-12)


def test_softmax_is_that_of_torch() -> None:
    scores = [0.3, -2.0, 5.0, 0.0]
    assert softmax(scores) == pytest.approx(torch.tensor(scores, dtype=torch.float64).softmax(0).tolist(), abs=1e-12)


def test_lesson_0_needs_no_torch() -> None:
    code = (
        "import sys; from henkan.course.exercise import load_exercise; from henkan.course.ladder import climb\n"
        "exercise = load_exercise('lesson0/minibatch'); assert climb(exercise, exercise.parts).is_passed\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
