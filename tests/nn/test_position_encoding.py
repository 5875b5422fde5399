"""Sinusoidal positions: the paper's numbers, and what a table of them promises."""

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from henkan.nn import PositionalEncoding, Transformer, sinusoidal_encoding

from .small import assert_equal, few_examples


@pytest.mark.usefixtures("float64")
class TestNumbers:
    @pytest.mark.parametrize(
        ("position", "by_hand"),
        [
            (0, [0.0, 1.0, 0.0, 1.0]),
            (1, [0.841471, 0.540302, 0.010000, 0.999950]),
            (2, [0.909297, -0.416147, 0.019999, 0.999800]),
        ],
    )
    def test_first_positions_of_width_four_by_hand(self, position: int, by_hand: list[float]) -> None:
        assert_equal(sinusoidal_encoding(3, 4)[position], torch.tensor(by_hand), 1e-6)

    @pytest.mark.parametrize("d_model", [1, 2, 6, 7, 64])  # T20: an odd width ends on a sine
    def test_every_entry_is_the_papers_formula(self, d_model: int) -> None:  # T21
        table = sinusoidal_encoding(60, d_model)
        for position in (0, 1, 17, 59):
            for column in range(d_model):
                wave = math.cos if column % 2 else math.sin
                angle = position / 10000 ** ((column - column % 2) / d_model)
                assert table[position, column].item() == pytest.approx(wave(angle), abs=1e-12)

    def test_the_squared_length_is_half_the_width(self) -> None:
        assert_equal(sinusoidal_encoding(50, 512).square().sum(dim=1), torch.full((50,), 256.0))

    def test_positions_three_apart_are_equally_alike_anywhere(self) -> None:
        table = sinusoidal_encoding(9, 4)
        for position in (0, 5):
            assert (table[position] @ table[position + 3]).item() == pytest.approx(0.009557537, abs=1e-9)

    @pytest.mark.parametrize(("pair", "wavelength"), [(0, 2 * math.pi), (255, 60_611.48)])
    def test_the_wavelengths_run_from_two_pi_to_60611_at_width_512(self, pair: int, wavelength: float) -> None:
        sine, cosine = sinusoidal_encoding(2, 512)[1, 2 * pair : 2 * pair + 2]
        assert 2 * math.pi / torch.atan2(sine, cosine).item() == pytest.approx(wavelength, rel=1e-7)

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


def test_two_positions_never_share_an_encoding() -> None:
    encoding = PositionalEncoding(d_model=16, dropout=0.0)(torch.zeros(1, 50, 16))
    distances = torch.cdist(encoding[0], encoding[0]) + torch.eye(50)
    assert distances.min() > 1e-3, "some positions are indistinguishable: is the slice `:length`?"


def test_every_row_of_a_batch_gets_the_same_positions() -> None:
    encoding = PositionalEncoding(d_model=6, dropout=0.0)(torch.zeros(5, 5, 6))  # B = T: a wrong axis would fit
    torch.testing.assert_close(encoding, sinusoidal_encoding(5, 6).expand(5, 5, 6))


def test_the_offset_is_the_first_position() -> None:  # T22
    positional_encoding = PositionalEncoding(6, max_len=12, dropout=0.0)
    x = torch.randn(2, 9, 6)
    torch.testing.assert_close(positional_encoding(x[:, 4:], offset=4), positional_encoding(x)[:, 4:])


def test_the_table_is_a_buffer_that_is_not_saved_and_not_trained() -> None:  # T23
    positional_encoding = PositionalEncoding(8)
    assert list(positional_encoding.parameters()) == []
    assert positional_encoding.state_dict() == {}
    assert [name for name, _ in positional_encoding.named_buffers()] == ["encoding"]


def test_the_table_follows_dtype_and_device() -> None:  # T23
    positional_encoding = PositionalEncoding(8, dropout=0.0)
    half = copy.deepcopy(positional_encoding).to(torch.bfloat16)
    assert half(torch.zeros(1, 3, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert positional_encoding.to("meta").encoding.device.type == "meta"


def test_the_input_gets_its_gradient_through_the_table() -> None:  # T23
    x = torch.randn(2, 5, 8, requires_grad=True)
    PositionalEncoding(8, dropout=0.0)(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_dropout_acts_on_the_sum_and_only_while_training() -> None:
    positional_encoding = PositionalEncoding(64, dropout=0.5)
    x = 10 + torch.rand(1, 40, 64)
    total = x + sinusoidal_encoding(40, 64)
    dropped = positional_encoding(x)
    kept = dropped != 0
    assert 0.4 < kept.float().mean() < 0.6
    torch.testing.assert_close(dropped[kept], 2 * total[kept])
    torch.testing.assert_close(positional_encoding.eval()(x), total)


def test_max_len_is_the_last_length_that_fits() -> None:  # T19
    positional_encoding = PositionalEncoding(4, max_len=3)
    assert positional_encoding(torch.zeros(1, 3, 4)).shape == (1, 3, 4)
    with pytest.raises(ValueError, match=r"4 tokens is longer than max_len=3.*larger max_len"):
        positional_encoding(torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="4 tokens is longer than max_len=3"):
        positional_encoding(torch.zeros(1, 1, 4), offset=3)


def test_a_model_of_odd_width_works() -> None:  # T20
    model = Transformer(11, 13, d_model=7, num_layers=1, num_heads=1, d_ff=9, max_len=8)
    assert model(torch.tensor([[3, 4]]), torch.tensor([[5, 6, 7]])).isfinite().all()
