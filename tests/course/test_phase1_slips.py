"""Slips in phase 1 that are right at first sight, and wrong far out, in training, or for another size."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.course.exercise import Part, load_exercise
from henkan.course.ladder import climb
from henkan.course.parts import order_blind
from henkan.nn import PositionalEncoding, sinusoidal_encoding

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


def as_many_classes_as_needed(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    one_hot = F.one_hot(ids).to(matrix.dtype)
    one_hot[..., pad_idx] = 0.0
    return one_hot @ matrix * math.sqrt(matrix.size(1))


def repeats_after_256(length: int, d_model: int) -> Tensor:
    return sinusoidal_encoding(256, d_model)[torch.arange(length) % 256]


class Placed(PositionalEncoding):
    def sum(self, x: Tensor, offset: int) -> Tensor:
        end = offset + x.size(1)
        if end > self.max_len:
            raise ValueError(f"{end} > {self.max_len}")
        return x + self.encoding[offset:end]


class DropsTwice(Placed):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return F.dropout(self.dropout(self.sum(x, offset)), self.dropout.p, self.training)


class DoesNotRescale(Placed):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        placed = self.sum(x, offset)
        return placed * (torch.rand_like(placed) >= self.dropout.p) if self.training and self.dropout.p else placed


Experiment = tuple[float, float]


def the_other_way_round(encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor) -> Experiment:
    return order_blind(encoder, positional_encoding, x, order.argsort())


def moves_the_input(encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor) -> Experiment:
    found = order_blind(encoder, positional_encoding, x, order)
    x.copy_(x[:, order].clone())
    return found


def trains_on(encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor) -> Experiment:
    found = order_blind(encoder, positional_encoding, x, order)
    encoder.train()
    return found


SLIPS = [
    ("phase1/embedding_as_matmul", as_many_classes_as_needed, "raised"),
    ("phase1/sinusoidal_table", repeats_after_256, "numbers_differ"),
    ("phase1/positional_encoding", DropsTwice, "kept_not_rescaled"),
    ("phase1/positional_encoding", DoesNotRescale, "kept_not_rescaled"),
    ("phase1/order_blind", the_other_way_round, "not_measured"),
    ("phase1/order_blind", moves_the_input, "input_changed"),
    ("phase1/order_blind", trains_on, "not_left_in_eval"),
]


@pytest.mark.parametrize(("exercise_id", "part", "message"), SLIPS, ids=lambda value: getattr(value, "__name__", None))
def test_a_slip_that_shows_late_is_found(exercise_id: str, part: Part, message: str) -> None:
    failure = climb(load_exercise(exercise_id), [part]).failure
    assert failure is not None
    assert failure.message == message


def test_the_root_of_the_length_is_not_taken_for_that_of_the_vocabulary() -> None:
    def root_of_the_length(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
        return F.embedding(ids, matrix, padding_idx=pad_idx) * math.sqrt(ids.size(1))

    failure = climb(load_exercise("phase1/embedding_as_matmul"), [root_of_the_length]).failure
    assert failure is not None
    assert failure.mistake is None
