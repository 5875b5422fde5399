"""What a learner's code does to its input is gone with the run: in a notebook the next one meets the same numbers."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import torch
from syllabus import WRITTEN
from torch import Tensor

from henkan.course.exercise import Exercise, Part, load_exercise
from henkan.course.ladder import climb
from henkan.course.recognise import probe

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

WITH_TENSORS = [exercise_id for exercise_id in WRITTEN if not exercise_id.startswith("lesson0/")]


def wiping(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, after which every tensor that it was given is 0."""

    def wiped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        with torch.no_grad():
            for value in (*args, *kwargs.values()):
                if isinstance(value, Tensor):
                    value.zero_()
        return result

    return wiped


def vandal(part: Part) -> Part:
    """The library's part, right in what it returns."""
    if isinstance(part, type):
        return type(part.__name__, (part,), {"forward": wiping(part.forward)})
    return wiping(part)


def own_tensors(exercise: Exercise) -> dict[str, Tensor]:
    module = importlib.import_module(f"henkan.course.exercises.{exercise.id.replace('/', '.')}")
    return {name: value for name, value in vars(module).items() if isinstance(value, Tensor)}


@pytest.mark.parametrize("exercise_id", WITH_TENSORS)
def test_no_check_and_no_probe_hands_out_the_numbers_it_keeps(exercise_id: str) -> None:
    exercise = load_exercise(exercise_id)
    before = {name: value.clone() for name, value in own_tensors(exercise).items()}
    parts = [vandal(part) for part in exercise.parts]
    for check in exercise.checks.values():
        with suppress(Exception):  # it may well find that its input was changed
            check(*parts)
    probe(exercise, parts)
    after = own_tensors(exercise)
    changed = [name for name, value in before.items() if not torch.equal(value, after[name])]
    for name in changed:
        after[name].copy_(before[name])
    assert not changed


def shifts_its_input(x: Tensor, dim: int = -1) -> Tensor:
    x -= x.amax(dim, keepdim=True)
    return x.softmax(dim)


def unshifted(x: Tensor, dim: int = -1) -> Tensor:
    return x.exp() / x.exp().sum(dim=dim, keepdim=True)


def test_an_attempt_that_changed_its_input_does_not_make_the_next_one_pass() -> None:
    softmax = load_exercise("phase2/softmax")
    first, second = climb(softmax, [shifts_its_input]).failure, climb(softmax, [unshifted]).failure
    assert first is not None
    assert (first.message, first.mistake) == ("input_changed", None)
    assert second is not None
    assert second.mistake == "no_max_shift"
