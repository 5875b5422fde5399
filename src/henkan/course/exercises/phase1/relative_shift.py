"""phase1/relative_shift: the encoding of p + k is a rotation of that of p."""

from collections.abc import Callable

import torch
from torch import Tensor

from henkan.course.expect import expect, expect_close, expect_finite, expect_shape
from henkan.course.parts import relative_shift
from henkan.nn.position_encoding import sinusoidal_encoding

Shift = Callable[[int, int], Tensor]

SINGLE = 1e-5


def shapes(shift: Shift) -> None:
    expect_shape("M", shift(3, 6), (6, 6))
    expect_finite("M", shift(3, 6))


def by_hand(shift: Shift) -> None:
    expect_close("M", shift(1, 2), [[0.540302, 0.841471], [-0.841471, 0.540302]], SINGLE)


def no_shift(shift: Shift) -> None:
    expect_close("M", shift(0, 6), torch.eye(6), SINGLE)


def every_position(shift: Shift) -> None:
    table = sinusoidal_encoding(60, 8).double()
    for k in (1, 3, 10):
        shifted = table[:40] @ shift(k, 8).double().T
        expect_close(f"PE(p + {k})", shifted, table[k : 40 + k], SINGLE)


def shifts_add_up(shift: Shift) -> None:
    both = shift(2, 6).double() @ shift(5, 6).double()
    expect(torch.allclose(both, shift(7, 6).double(), atol=SINGLE), "shifts_do_not_add_up")


def lengths_stay(shift: Shift) -> None:
    matrix = shift(3, 6).double()
    expect(torch.allclose(matrix @ matrix.T, torch.eye(6, dtype=torch.float64), atol=SINGLE), "not_a_rotation")


def probe(shift: Shift) -> list[Tensor]:
    return [shift(3, 6).double(), shift(1, 4).double()]


def rotation_transposed(shift: int, d_model: int) -> Tensor:
    return relative_shift(shift, d_model).T


def both_sines_positive(shift: int, d_model: int) -> Tensor:
    matrix = relative_shift(shift, d_model)
    return matrix - 2 * matrix.tril(-1)


def one_angle_for_all(shift: int, d_model: int) -> Tensor:
    return torch.block_diag(*[relative_shift(shift, 2)] * (d_model // 2))


def halves_not_interleaved(shift: int, d_model: int) -> Tensor:
    order = torch.cat([torch.arange(0, d_model, 2), torch.arange(1, d_model, 2)])
    return relative_shift(shift, d_model)[order][:, order]
