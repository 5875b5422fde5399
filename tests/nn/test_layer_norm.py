"""Layer normalisation: numbers by hand, and the kernel that must equal the formula."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from henkan.nn import LayerNorm, layer_norm

from .small import assert_equal, few_examples, randomised

pytestmark = pytest.mark.usefixtures("float64")


def plain(x: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    return layer_norm(x, torch.ones(x.size(-1)), torch.zeros(x.size(-1)), eps)


def test_one_two_three_four_by_hand() -> None:
    by_hand = torch.tensor([-1.341635, -0.447212, 0.447212, 1.341635])  # biased variance, eps inside the root
    assert_equal(plain(torch.tensor([1.0, 2.0, 3.0, 4.0])), by_hand, 1e-6)


def test_eps_stands_inside_the_root() -> None:
    assert_equal(plain(torch.tensor([-1.0, 1.0]), eps=3.0), torch.tensor([-0.5, 0.5]))  # 1 / sqrt(1 + 3)


def test_every_position_is_normalised_alone() -> None:
    x = torch.randn(2, 3, 16)
    assert_equal(plain(x).mean(dim=-1), torch.zeros(2, 3))
    assert_equal(plain(x, eps=0.0).var(dim=-1, correction=0), torch.ones(2, 3))


@few_examples
@given(shift=st.floats(-5, 5), scale=st.floats(0.1, 10))
def test_shifting_or_scaling_the_input_changes_nothing(shift: float, scale: float) -> None:
    x = torch.randn(3, 8)
    assert_equal(plain(scale * x + shift, eps=0.0), plain(x, eps=0.0))


@pytest.mark.parametrize("eps", [1e-6, 1e-5, 0.5])
def test_the_module_equals_the_formula_forward_and_backward(eps: float) -> None:  # T8
    norm, x = randomised(LayerNorm(8, eps)), torch.randn(2, 3, 8, requires_grad=True)
    wanted, upstream = [x, norm.weight, norm.bias], torch.randn(2, 3, 8)
    fused, readable = norm(x), layer_norm(x, norm.weight, norm.bias, eps)
    assert_equal(fused, readable)
    of_readable = torch.autograd.grad(readable, wanted, upstream)
    for actual, expected in zip(torch.autograd.grad(fused, wanted, upstream), of_readable, strict=True):
        assert_equal(actual, expected)


def test_it_starts_by_changing_neither_scale_nor_place() -> None:
    x = torch.randn(2, 3, 8)
    assert_equal(LayerNorm(8)(x), plain(x))
    assert LayerNorm(8).eps == 1e-5


def test_a_constant_vector_becomes_zero_and_not_nan() -> None:
    assert_equal(plain(torch.full((2, 4), 7.0)), torch.zeros(2, 4))
