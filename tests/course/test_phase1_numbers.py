"""Every number that the lesson on positions shows: each is computed here by the library."""

import math

import pytest
import torch
import torch.nn.functional as F

from henkan.course.parts import embedding_as_matmul, order_blind, relative_shift
from henkan.nn import Encoder, PositionalEncoding, TokenEmbedding, sinusoidal_encoding

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize(
    ("position", "row"),
    [
        (0, [0.0, 1.0, 0.0, 1.0]),
        (1, [0.841471, 0.540302, 0.010000, 0.999950]),
        (2, [0.909297, -0.416147, 0.019999, 0.999800]),
    ],
)
def test_the_first_three_positions(position: int, row: list[float]) -> None:
    assert sinusoidal_encoding(3, 4)[position].tolist() == pytest.approx(row, abs=1e-6)


@pytest.mark.parametrize(("d_model", "half"), [(4, 2.0), (64, 32.0), (512, 256.0)])
def test_the_squared_length_is_half_the_width(d_model: int, half: float) -> None:
    squares = sinusoidal_encoding(50, d_model).square().sum(dim=1)
    assert squares.tolist() == pytest.approx([half] * 50, abs=1e-9)


@pytest.mark.parametrize("position", [0, 5])
def test_positions_three_apart(position: int) -> None:
    table = sinusoidal_encoding(9, 4)
    assert float(table[position] @ table[position + 3]) == pytest.approx(0.009557537, abs=1e-9)


@pytest.mark.parametrize(("pair", "wavelength"), [(0, 2 * math.pi), (255, 60_611.48)])
def test_the_shortest_and_the_longest_wave(pair: int, wavelength: float) -> None:
    sine, cosine = sinusoidal_encoding(2, 512)[1, 2 * pair : 2 * pair + 2]
    assert 2 * math.pi / float(torch.atan2(sine, cosine)) == pytest.approx(wavelength, abs=0.005)


def test_the_longest_wave_is_not_the_one_that_is_often_given() -> None:
    assert 10_000 * 2 * math.pi == pytest.approx(62_831.85, abs=0.005)


def test_embeddings_start_small_and_positions_do_not() -> None:
    assert math.sqrt(1 / 512) == pytest.approx(0.044194, abs=1e-6)
    assert TokenEmbedding(4000, 512).weight[1:].std().item() == pytest.approx(0.044194, rel=5e-3)
    encoding = sinusoidal_encoding(100, 512)
    assert float(encoding.square().mean().sqrt()) == pytest.approx(0.707107, abs=1e-6)


def test_a_look_up_is_a_matrix_product() -> None:
    embedding = TokenEmbedding(7, 6)
    ids = torch.tensor([[3, 1, 6, 0]])
    torch.testing.assert_close(embedding_as_matmul(ids, embedding.weight), embedding(ids))
    torch.testing.assert_close(embedding(ids), math.sqrt(6) * F.embedding(ids, embedding.weight))


def test_one_matrix_moves_every_position() -> None:
    table = sinusoidal_encoding(30, 8)
    torch.testing.assert_close(table[:20] @ relative_shift(7, 8).T, table[7:27])


def test_an_encoder_sees_the_order_only_through_positions() -> None:
    encoder, x = Encoder(2, d_model=16, num_heads=4, d_ff=32), torch.randn(1, 6, 16)
    without, with_positions = order_blind(encoder, PositionalEncoding(16), x, torch.tensor([2, 0, 5, 1, 4, 3]))
    assert without < 1e-5
    assert with_positions > 0.1
