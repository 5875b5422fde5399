"""Which weights are kept."""

import math

import pytest
import torch
from torch import nn

from henkan.training import KeepBest


def weights_after(evaluations: list[float], mode: str = "min") -> float:
    """The only weight, which is 1 at the first evaluation, 2 at the second and so on, as it is restored at the end."""
    model = nn.Linear(1, 1, bias=False)
    keep = KeepBest("error", mode)
    for number, value in enumerate(evaluations, start=1):
        nn.init.constant_(model.weight, number)
        keep.update(model, {"error": value})
    nn.init.zeros_(model.weight)
    keep.restore(model)
    return float(model.weight)


@pytest.mark.parametrize(("mode", "kept"), [("min", 2), ("max", 3)])
def test_the_best_is_the_lowest_or_the_highest_as_asked(mode: str, kept: int) -> None:  # T40
    assert weights_after([0.5, 0.2, 0.7], mode) == kept


def test_of_equal_evaluations_the_last_is_kept() -> None:
    assert weights_after([0.5, 0.1, 0.3, 0.1]) == 4


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_is_never_the_best(value: float) -> None:
    assert weights_after([0.5, value]) == 1
    assert weights_after([value]) == 0
    assert weights_after([value, 0.5]) == 2


def test_what_is_kept_does_not_change_with_the_model() -> None:
    model = nn.Linear(2, 2)
    keep, before = KeepBest("error"), model.weight.detach().clone()
    keep.update(model, {"error": 0.0})
    nn.init.zeros_(model.weight)
    keep.restore(model)
    assert torch.equal(model.weight, before)
