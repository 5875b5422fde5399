"""Every number that the lesson on attention shows: each is computed here by the library."""

import math

import pytest
import torch
from torch import Tensor, nn

from henkan.course.parts import softmax, softmax_saturation
from henkan.nn import MultiHeadAttention, count_parameters, scaled_dot_product_attention

QUERIES = torch.eye(2, dtype=torch.float64)
KEYS = torch.tensor([[0.8, 0.6], [0.0, 1.0]], dtype=torch.float64)
VALUES = torch.tensor([[0.3], [0.9]], dtype=torch.float64)
WIDTHS = (4, 16, 64, 512)
UNSCALED, SCALED = (0.49, 0.73, 0.88, 0.95), (0.30, 0.32, 0.33, 0.31)
THREE_SCORES = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)


def assert_numbers(actual: Tensor, expected: list[float]) -> None:
    assert actual.flatten().tolist() == pytest.approx(expected, abs=1e-6)


def masked_weights(mask: list[bool]) -> Tensor:
    """The library's weights for the scores 1, 2, 3."""
    query = torch.ones(1, 1, dtype=torch.float64)
    return scaled_dot_product_attention(query, THREE_SCORES[:, None], torch.eye(3).double(), torch.tensor([mask]))[1]


def test_weights_and_output_of_the_two_tokens() -> None:
    output, weights = scaled_dot_product_attention(QUERIES, KEYS, VALUES)
    assert_numbers(weights, [0.637767, 0.362233, 0.429757, 0.570243])
    assert_numbers(output, [0.517340, 0.642146])


def test_unscaled_the_first_row_leans_further_to_one_side() -> None:
    assert_numbers(softmax(QUERIES @ KEYS.T)[0], [0.689974, 0.310026])


def test_the_last_of_three_scores_is_hidden() -> None:
    assert_numbers(masked_weights([True, True, False]), [0.268941, 0.731059, 0.0])


def test_masked_after_the_softmax_the_two_weights_miss_the_share_of_the_hidden_one() -> None:
    weights = softmax(THREE_SCORES)
    assert_numbers(weights, [0.090031, 0.244728, 0.665241])
    assert float(weights[:2].sum()) == pytest.approx(0.334759, abs=1e-6)


@pytest.mark.parametrize(("fill", "expected"), [(-math.inf, math.nan), (-1e9, 1 / 3)])
def test_a_row_that_sees_nothing_is_nan_or_uniform_by_softmax_alone(fill: float, expected: float) -> None:
    hidden = THREE_SCORES.masked_fill(torch.ones(3, dtype=torch.bool), fill)
    assert hidden.softmax(dim=-1).tolist() == pytest.approx([expected] * 3, nan_ok=True)


def test_in_the_library_a_row_that_sees_nothing_is_zero() -> None:
    assert masked_weights([False, False, False]).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(("scaled", "table"), [(False, UNSCALED), (True, SCALED)], ids=["unscaled", "scaled"])
@pytest.mark.parametrize("draws", [200, 2000])
def test_largest_probability_of_ten_random_keys(scaled: bool, table: tuple[float, ...], draws: int) -> None:
    found = [softmax_saturation(d_k, scaled=scaled, draws=draws)[0] for d_k in WIDTHS]
    assert found == pytest.approx(table, abs=0.05)


def test_without_scaling_the_gradient_through_softmax_falls_and_with_it_does_not() -> None:
    unscaled = [softmax_saturation(d_k, scaled=False, draws=2000)[1] for d_k in WIDTHS]
    scaled = [softmax_saturation(d_k, scaled=True, draws=2000)[1] for d_k in WIDTHS]
    assert unscaled == sorted(unscaled, reverse=True)
    assert unscaled[-1] < unscaled[0] / 4
    assert max(scaled) - min(scaled) < 0.03


@pytest.mark.parametrize("d_k", WIDTHS)
def test_products_of_random_vectors_have_standard_deviation_root_d_k(d_k: int) -> None:
    products = (torch.randn(20_000, d_k) * torch.randn(20_000, d_k)).sum(dim=-1)
    assert products.std().item() == pytest.approx(math.sqrt(d_k), rel=0.05)


@pytest.mark.parametrize("num_heads", [1, 2, 4, 8])
def test_four_projections_make_66048_parameters_for_every_number_of_heads(num_heads: int) -> None:
    assert 4 * (128**2 + 128) == 66_048
    assert count_parameters(MultiHeadAttention(128, num_heads)) == 66_048
    assert count_parameters(nn.MultiheadAttention(128, num_heads)) == 66_048
