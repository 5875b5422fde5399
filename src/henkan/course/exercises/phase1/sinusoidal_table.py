"""phase1/sinusoidal_table: the sines and cosines of every position."""

import math
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from henkan.course.expect import expect, expect_close, expect_finite, expect_shape
from henkan.nn.position_encoding import sinusoidal_encoding

Table = Callable[[int, int], Tensor]

SINGLE = 1e-5  # what float32 leaves of an angle of some tens
FAR = 1e-3  # of an angle of some thousands
FIRST_POSITIONS = [
    [0.0, 1.0, 0.0, 1.0],
    [0.841471, 0.540302, 0.010000, 0.999950],
    [0.909297, -0.416147, 0.019999, 0.999800],
]


def shapes(table: Table) -> None:
    expect_shape("PE", table(7, 6), (7, 6))
    expect_shape("PE", table(2, 64), (2, 64))
    expect_finite("PE", table(7, 6))


def by_hand(table: Table) -> None:
    expect_close("PE", table(3, 4), FIRST_POSITIONS, SINGLE)


def any_even_width(table: Table) -> None:
    for d_model in (2, 6, 10):
        yours = table(9, d_model)
        for column in range(d_model):
            wave = math.cos if column % 2 else math.sin
            frequency = 10000 ** -((column - column % 2) / d_model)
            expected = [wave(position * frequency) for position in range(9)]
            expect_close(f"PE[:,{column}] (d={d_model})", yours[:, column], expected, SINGLE)


def far_positions(table: Table) -> None:
    expected = [wave(5000 / 10000 ** (column / 8)) for column in range(0, 8, 2) for wave in (math.sin, math.cos)]
    expect_close("PE(5000)", table(5001, 8)[5000], expected, FAR)


def length_of_every_row(table: Table) -> None:
    squares = table(20, 512).double().square().sum(dim=1)
    expect_close("‖PE(p)‖²", squares, torch.full((20,), 256.0), 1e-3)


def wavelengths(table: Table) -> None:
    row = table(2, 512).double()[1]
    longest = 2 * math.pi / float(torch.atan2(row[510], row[511]))
    expect(abs(longest - 60_611.48) < 1, "longest_wavelength", yours=f"{longest:,.2f}")


def no_loop_over_positions(table: Table) -> None:
    few, many = _steps(table, 100), _steps(table, 200)
    expect(many < few + 50, "loop_over_positions", few=few, many=many)


def _steps(table: Table, length: int) -> int:
    """The lines of Python that run to make a table, each round of a comprehension counted."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        table(length, 8)
    finally:
        sys.settrace(before)
    return steps


def probe(table: Table) -> tuple[Tensor, ...]:
    return (table(5, 6).double(),)


def exponent_i_not_2i(length: int, d_model: int) -> Tensor:
    frequencies = 10000.0 ** (-torch.arange(d_model // 2, dtype=torch.float64) / d_model)
    return _interleaved(torch.arange(length), frequencies)


def i_is_the_column(length: int, d_model: int) -> Tensor:
    columns = torch.arange(d_model, dtype=torch.float64)
    angle = _angles(torch.arange(length), 10000.0 ** (-2 * columns / d_model))
    return torch.where(columns % 2 == 0, angle.sin(), angle.cos())


def sin_cos_swapped(length: int, d_model: int) -> Tensor:
    return sinusoidal_encoding(length, d_model).unflatten(1, (-1, 2)).flip(2).flatten(1)


def halves_not_interleaved(length: int, d_model: int) -> Tensor:
    encoding = sinusoidal_encoding(length, d_model)
    return torch.cat([encoding[:, 0::2], encoding[:, 1::2]], dim=1)


def starts_at_one(length: int, d_model: int) -> Tensor:
    return sinusoidal_encoding(length + 1, d_model)[1:]


def cosine_has_its_own_frequency(length: int, d_model: int) -> Tensor:
    angle = _angles(torch.arange(length), 10000.0 ** (-torch.arange(d_model, dtype=torch.float64) / d_model))
    is_sine = torch.arange(d_model) % 2 == 0
    return torch.where(is_sine, angle.sin(), angle.cos())


def multiplied_by_the_power(length: int, d_model: int) -> Tensor:
    return _interleaved(torch.arange(length), 10000.0 ** (torch.arange(0, d_model, 2, dtype=torch.float64) / d_model))


def _angles(positions: Tensor, frequencies: Tensor) -> Tensor:
    return positions.double().unsqueeze(1) * frequencies


def _interleaved(positions: Tensor, frequencies: Tensor) -> Tensor:
    angle = _angles(positions, frequencies)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
