"""Sinusoidal positions: the paper's numbers in single precision, as any right table of even width has them."""

import math

import pytest
import torch

from henkan.nn import sinusoidal_encoding


@pytest.mark.parametrize(
    ("position", "by_hand"),
    [
        (0, [0.0, 1.0, 0.0, 1.0]),
        (1, [0.841471, 0.540302, 0.010000, 0.999950]),
        (2, [0.909297, -0.416147, 0.019999, 0.999800]),
    ],
)
def test_first_positions_of_width_four_by_hand(position: int, by_hand: list[float]) -> None:
    torch.testing.assert_close(sinusoidal_encoding(3, 4)[position], torch.tensor(by_hand), rtol=0, atol=1e-6)


def test_the_squared_length_is_half_the_width() -> None:
    squares = sinusoidal_encoding(50, 512).square().sum(dim=1)
    torch.testing.assert_close(squares, torch.full((50,), 256.0), rtol=1e-5, atol=0)


def test_positions_three_apart_are_equally_alike_anywhere() -> None:
    table = sinusoidal_encoding(9, 4)
    for position in (0, 5):
        assert (table[position] @ table[position + 3]).item() == pytest.approx(0.009557537, abs=1e-6)


@pytest.mark.parametrize(("pair", "wavelength"), [(0, 2 * math.pi), (255, 60_611.48)])
def test_the_wavelengths_run_from_two_pi_to_60611_at_width_512(pair: int, wavelength: float) -> None:
    sine, cosine = sinusoidal_encoding(2, 512)[1, 2 * pair : 2 * pair + 2].double()
    assert 2 * math.pi / torch.atan2(sine, cosine).item() == pytest.approx(wavelength, rel=1e-6)
