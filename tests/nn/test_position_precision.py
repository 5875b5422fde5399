"""Sinusoidal positions as exact as double precision makes them, at odd widths and far out, too."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from henkan.nn import Transformer, sinusoidal_encoding

from .small import assert_equal, few_examples


@pytest.mark.usefixtures("float64")
class TestNumbers:
    @pytest.mark.parametrize("d_model", [1, 2, 6, 7, 64])  # T20: an odd width ends on a sine
    def test_every_entry_is_the_papers_formula(self, d_model: int) -> None:  # T21
        table = sinusoidal_encoding(60, d_model)
        for position in (0, 1, 17, 59):
            for column in range(d_model):
                wave = math.cos if column % 2 else math.sin
                angle = position / 10000 ** ((column - column % 2) / d_model)
                assert table[position, column].item() == pytest.approx(wave(angle), abs=1e-12)

    @few_examples
    @given(position=st.integers(0, 40), shift=st.integers(1, 40))
    def test_a_shift_is_one_rotation_wherever_it_starts(self, position: int, shift: int) -> None:
        table = sinusoidal_encoding(81, 6).view(81, 3, 2)  # (position, wave, sine and cosine)
        sine, cosine = table[shift].unbind(-1)
        rotation = torch.stack([torch.stack([cosine, sine], -1), torch.stack([-sine, cosine], -1)], -2)
        assert_equal((rotation @ table[position].unsqueeze(-1)).squeeze(-1), table[position + shift], 1e-12)


def test_far_positions_are_as_exact_as_near_ones_in_single_precision() -> None:
    angle = torch.arange(5000, dtype=torch.float64)
    torch.testing.assert_close(sinusoidal_encoding(5000, 8)[:, 0], angle.sin().float(), rtol=0, atol=1e-7)


def test_a_model_of_odd_width_works() -> None:  # T20
    model = Transformer(11, 13, d_model=7, num_layers=1, num_heads=1, d_ff=9, max_len=8)
    assert model(torch.tensor([[3, 4]]), torch.tensor([[5, 6, 7]])).isfinite().all()
