"""phase2/why_sqrt, an experiment: what the softmax does to random scores, divided by √d_k and not."""

import itertools
import math
from collections.abc import Callable
from numbers import Real

import torch
from torch import Tensor

from henkan.course.expect import expect, expect_shape
from henkan.course.finding import Finding
from henkan.course.parts import softmax_saturation

Experiment = Callable[..., tuple[float, float]]

WIDTHS = (4, 16, 64, 512)
LARGEST_UNSCALED = (0.49, 0.73, 0.88, 0.95)
LARGEST_SCALED = (0.30, 0.32, 0.33, 0.31)
WITHIN = 0.05
DRAWS = 1000


def _run(experiment: Experiment, d_k: int, *, scaled: bool, num_keys: int = 10) -> tuple[float, float]:
    """The two numbers of the learner's experiment, on a seed of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(d_k)
        largest, gradient = experiment(d_k, scaled=scaled, draws=DRAWS, num_keys=num_keys)
    return largest, gradient


def two_numbers(experiment: Experiment) -> None:
    result = experiment(4, scaled=True, draws=20)
    expect(isinstance(result, (tuple, list)) and len(result) == 2, "not_two_numbers")
    for name, number in zip(("largest", "gradient"), result, strict=True):
        if isinstance(number, torch.Tensor):
            expect_shape(name, number, ())
        elif not isinstance(number, Real):  # those of numpy, too
            raise Finding("not_a_number", name=name, yours=type(number).__name__)


def one_key(experiment: Experiment) -> None:
    largest, gradient = _run(experiment, 4, scaled=True, num_keys=1)
    expect(abs(largest - 1.0) < 1e-6 and abs(gradient) < 1e-6, "one_key_differs", largest=f"{largest:.4f}")


def largest_unscaled(experiment: Experiment) -> None:
    for d_k, expected in zip(WIDTHS, LARGEST_UNSCALED, strict=True):
        largest = _run(experiment, d_k, scaled=False)[0]
        expect(abs(largest - expected) <= WITHIN, "table_differs", d_k=d_k, yours=f"{largest:.3f}", expected=expected)


def largest_scaled(experiment: Experiment) -> None:
    for d_k, expected in zip(WIDTHS, LARGEST_SCALED, strict=True):
        largest = _run(experiment, d_k, scaled=True)[0]
        expect(abs(largest - expected) <= WITHIN, "scaled_differs", d_k=d_k, yours=f"{largest:.3f}", expected=expected)


def gradient_of_the_largest(experiment: Experiment) -> None:
    for num_keys in (2, 10):  # with two keys, the gradients of both are equally long
        gradient = _run(experiment, 16, scaled=True, num_keys=num_keys)[1]
        expect(gradient > 0.01, "gradient_is_zero", gradient=f"{gradient:.2g}")
        expected = _run(softmax_saturation, 16, scaled=True, num_keys=num_keys)[1]
        expect(abs(gradient - expected) < 0.02, "gradient_off", yours=f"{gradient:.3f}", expected=f"{expected:.3f}")


def gradient_falls_without_scaling(experiment: Experiment) -> None:
    unscaled = [_run(experiment, d_k, scaled=False)[1] for d_k in WIDTHS]
    falls = all(later < earlier for earlier, later in itertools.pairwise(unscaled))
    expect(falls, "does_not_fall", gradients=", ".join(f"{g:.3f}" for g in unscaled))
    scaled = [_run(experiment, d_k, scaled=True)[1] for d_k in WIDTHS]
    level = max(scaled) - min(scaled) < 0.05
    expect(level, "does_not_stay", gradients=", ".join(f"{g:.3f}" for g in scaled))


def probe(experiment: Experiment) -> list[float]:
    return [*_run(experiment, 16, scaled=False), *_run(experiment, 16, scaled=True)]


def _scores(d_k: int, draws: int, num_keys: int, divisor: float) -> Tensor:
    query = torch.randn(draws, 1, d_k, dtype=torch.float64)
    keys = torch.randn(draws, num_keys, d_k, dtype=torch.float64)
    return ((query @ keys.transpose(-2, -1)).squeeze(1) / divisor).requires_grad_()


def divides_by_d_k(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    scores = _scores(d_k, draws, num_keys, d_k if scaled else 1.0)
    largest = scores.softmax(dim=-1).amax(dim=-1)
    (gradient,) = torch.autograd.grad(largest.sum(), scores)
    return largest.mean().item(), gradient.norm(dim=-1).mean().item()


def largest_of_all_draws(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    scores = _scores(d_k, draws, num_keys, math.sqrt(d_k) if scaled else 1.0)
    largest = scores.softmax(dim=-1).max()
    (gradient,) = torch.autograd.grad(largest, scores)
    return largest.item(), gradient.norm(dim=-1).mean().item()


def gradient_of_the_sum(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    scores = _scores(d_k, draws, num_keys, math.sqrt(d_k) if scaled else 1.0)
    weights = scores.softmax(dim=-1)
    (gradient,) = torch.autograd.grad(weights.sum(), scores)
    return weights.amax(dim=-1).mean().item(), gradient.norm(dim=-1).mean().item()


def gradient_of_the_mean(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    scores = _scores(d_k, draws, num_keys, math.sqrt(d_k) if scaled else 1.0)
    largest = scores.softmax(dim=-1).amax(dim=-1)
    (gradient,) = torch.autograd.grad(largest.mean(), scores)
    return largest.mean().item(), gradient.norm(dim=-1).mean().item()


def measured_before_dividing(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    products = _scores(d_k, draws, num_keys, 1.0)
    largest = (products / (math.sqrt(d_k) if scaled else 1.0)).softmax(dim=-1).amax(dim=-1)
    (gradient,) = torch.autograd.grad(largest.sum(), products)
    return largest.mean().item(), gradient.norm(dim=-1).mean().item()


def norm_of_all_draws(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    scores = _scores(d_k, draws, num_keys, math.sqrt(d_k) if scaled else 1.0)
    largest = scores.softmax(dim=-1).amax(dim=-1)
    (gradient,) = torch.autograd.grad(largest.sum(), scores)
    return largest.mean().item(), gradient.norm().item()
