"""The mistakes of phase 1 as learners write them, in other words and in single precision, are recognised."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.course.exercise import Part, load_exercise
from henkan.course.ladder import climb
from henkan.nn import sinusoidal_encoding

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


def forgot_the_root(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    return F.embedding(ids, matrix, padding_idx=pad_idx)


def looks_up_padding_too(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    return matrix[ids] * matrix.shape[1] ** 0.5


def pair_for_column(length: int, d_model: int) -> Tensor:
    position = torch.arange(length, dtype=torch.float).unsqueeze(1)
    frequency = torch.exp(torch.arange(d_model // 2).float() * (-math.log(10000.0) / d_model))
    table = torch.zeros(length, d_model)
    table[:, 0::2], table[:, 1::2] = torch.sin(position * frequency), torch.cos(position * frequency)
    return table


def cosine_first(length: int, d_model: int) -> Tensor:
    table = torch.zeros(length, d_model)
    for column in range(0, d_model, 2):
        angle = torch.arange(length) / 10000 ** (column / d_model)
        table[:, column], table[:, column + 1] = angle.cos(), angle.sin()
    return table


def side_by_side(length: int, d_model: int) -> Tensor:
    angle = torch.arange(length).unsqueeze(1) / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


def turns_back(shift: int, d_model: int) -> Tensor:
    matrix = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = shift * 10000 ** (-column / d_model)
        matrix[column : column + 2, column : column + 2] = torch.tensor(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        )
    return matrix


class Learner(nn.Module):
    """A module as a learner might begin it."""

    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.keep(sinusoidal_encoding(max_len, d_model))

    def keep(self, table: Tensor) -> None:
        self.register_buffer("pe", table)

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.drop(x + self.pe[offset : offset + x.size(1)])


class TrainsTheTable(Learner):
    def keep(self, table: Tensor) -> None:
        self.pe = nn.Parameter(table, requires_grad=False)


class LeavesTheTableBehind(Learner):
    def keep(self, table: Tensor) -> None:
        self.pe = table


class DropsBeforeAdding(Learner):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.drop(x) + self.pe[offset : offset + x.size(1)]


class AddsOneRow(Learner):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.drop(x + self.pe[x.size(1) + offset])


class CountsAlongTheBatch(Learner):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.drop(x + self.pe[offset : offset + x.size(0), None])


class Multiplies(Learner):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.drop(self.pe[offset : offset + x.size(1)] * x)


def forgets_eval(encoder: nn.Module, place: nn.Module, x: Tensor, order: Tensor) -> tuple[float, float]:
    with torch.no_grad():
        here, there = encoder(place(x))[:, order], encoder(place(x[:, order]))
        return (encoder(x)[:, order] - encoder(x[:, order])).abs().max().item(), (here - there).abs().max().item()


def expects_the_same_output(encoder: nn.Module, place: nn.Module, x: Tensor, order: Tensor) -> tuple[float, float]:
    encoder.eval()
    place.eval()
    moved = x[:, order]
    with torch.no_grad():
        return float((encoder(moved) - encoder(x)).abs().max()), float(
            (encoder(place(moved)) - encoder(place(x))).abs().max()
        )


@pytest.mark.parametrize(
    ("exercise_id", "learner", "mistake"),
    [
        ("phase1/embedding_as_matmul", forgot_the_root, "missing_sqrt_d"),
        ("phase1/embedding_as_matmul", looks_up_padding_too, "pad_row_trained"),
        ("phase1/sinusoidal_table", pair_for_column, "exponent_i_not_2i"),
        ("phase1/sinusoidal_table", cosine_first, "sin_cos_swapped"),
        ("phase1/sinusoidal_table", side_by_side, "halves_not_interleaved"),
        ("phase1/relative_shift", turns_back, "rotation_transposed"),
        ("phase1/positional_encoding", TrainsTheTable, "pe_is_parameter"),
        ("phase1/positional_encoding", LeavesTheTableBehind, "table_is_plain_attribute"),
        ("phase1/positional_encoding", DropsBeforeAdding, "dropout_before_sum"),
        ("phase1/positional_encoding", AddsOneRow, "one_position_for_all"),
        ("phase1/positional_encoding", CountsAlongTheBatch, "added_along_batch"),
        ("phase1/positional_encoding", Multiplies, "multiplied"),
        ("phase1/order_blind", forgets_eval, "dropout_left_on"),
        ("phase1/order_blind", expects_the_same_output, "output_not_reordered"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_it_is_named(exercise_id: str, learner: Part, mistake: str) -> None:
    failure = climb(load_exercise(exercise_id), (learner,)).failure
    assert failure is not None
    assert failure.mistake == mistake


def test_a_table_in_a_python_loop_is_told_to_broadcast() -> None:
    def loop(length: int, d_model: int) -> Tensor:
        rows = []
        for position in range(length):
            angles = [position / 10000 ** (column / d_model) for column in range(0, d_model, 2)]
            rows.append([wave(angle) for angle in angles for wave in (math.sin, math.cos)])
        return torch.tensor(rows)

    failure = climb(load_exercise("phase1/sinusoidal_table"), (loop,)).failure
    assert (failure.check, failure.message, failure.mistake) == ("no_loop_over_positions", "loop_over_positions", None)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (lambda self, x, offset=0: self.drop(x + self.encoding[offset : offset + x.size(1)]), "not_a_value_error"),
        (
            lambda self, x, offset=0: self.drop(
                x + self.encoding[torch.arange(offset, offset + x.size(1)).clamp(max=19)]
            ),
            "no_error",
        ),
    ],
    ids=["slices_past_the_end", "clamps"],
)
def test_a_missing_check_of_the_length_is_found(method: object, message: str) -> None:
    def keep(self: Learner, table: Tensor) -> None:
        self.register_buffer("encoding", table, persistent=False)

    learner = type("PositionalEncoding", (Learner,), {"keep": keep, "forward": method})
    failure = climb(load_exercise("phase1/positional_encoding"), (learner,)).failure
    assert (failure.check, failure.message) == ("past_the_end", message)


def test_float32_one_hot_rows_are_told_to_take_the_dtype_of_the_matrix() -> None:
    def embed(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
        return F.one_hot(ids, len(matrix)).float() @ matrix * math.sqrt(matrix.size(1))

    failure = climb(load_exercise("phase1/embedding_as_matmul"), (embed,)).failure
    assert failure.message == "dtype_is_fixed"
