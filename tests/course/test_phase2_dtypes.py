"""What is said where code computes in another dtype than its input has."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.course.exercise import Part, load_exercise
from henkan.course.expect import expect_gradient
from henkan.course.finding import Finding
from henkan.course.ladder import climb
from henkan.course.random_input import normal
from henkan.nn.attention import MultiHeadAttention, merge_heads, scaled_dot_product_attention, split_heads

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

Mask = Tensor | None


def softmax_in_single(x: Tensor, dim: int = -1) -> Tensor:
    return F.softmax(x.float(), dim=dim)


def softmax_in_double(x: Tensor, dim: int = -1) -> Tensor:
    return F.softmax(x.double(), dim=dim)


def weights_in_single(
    q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    output, weights = scaled_dot_product_attention(q, k, v, mask, dropout=dropout)
    return output, weights.float()


def split_in_single(x: Tensor, num_heads: int) -> Tensor:
    return split_heads(x.float(), num_heads)


def cross_in_single(
    x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None
) -> tuple[Tensor, Tensor]:
    return weights_in_single(x @ w_q, memory @ w_k, memory @ w_v, mask)


class HeadsInSingle(MultiHeadAttention):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> tuple[Tensor, Tensor]:
        output, weights = super().forward(query, key, value, mask)
        return output, weights.float()


@pytest.mark.parametrize(
    ("exercise_id", "parts"),
    [
        ("phase2/softmax", (softmax_in_single,)),
        ("phase2/softmax", (softmax_in_double,)),
        ("phase2/sdpa", (weights_in_single,)),
        ("phase2/masked_sdpa", (weights_in_single,)),
        ("phase2/split_merge_heads", (split_in_single, merge_heads)),
        ("phase2/multi_head_attention", (HeadsInSingle,)),
        ("phase2/cross_attention", (cross_in_single,)),
    ],
)
def test_a_result_in_another_dtype_is_found_as_such(exercise_id: str, parts: tuple[Part, ...]) -> None:
    failure = climb(load_exercise(exercise_id), parts).failure
    assert failure is not None
    assert (failure.check, failure.message) == ("shapes", "dtype_differs")


def root_of_a_tensor(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = (q @ k.mT / torch.sqrt(torch.tensor(q.size(-1)))).softmax(dim=-1)  # of integers: float32
    return weights @ v, weights


def softmax_of_floats(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = (q @ k.mT / math.sqrt(q.size(-1))).float().softmax(dim=-1).to(q.dtype)
    return weights @ v, weights


@pytest.mark.parametrize("attention", [root_of_a_tensor, softmax_of_floats])
def test_single_precision_is_called_by_its_name_where_the_librarys_tests_ask_for_double(attention: Part) -> None:
    failure = climb(load_exercise("phase2/sdpa"), [attention]).failure
    assert failure is not None
    assert (failure.check, failure.message) == ("parity", "single_precision")


class TestGradient:
    def test_single_precision_on_the_way_is_exact_enough(self) -> None:
        expect_gradient(lambda x: x.float().softmax(-1).double(), normal(3, 4))

    @pytest.mark.parametrize(
        "cut", [lambda x: x.detach() * x, lambda x: x.softmax(-1).detach() * x, torch.Tensor.detach]
    )
    def test_a_gradient_that_is_cut_is_found(self, cut: Part) -> None:
        with pytest.raises(Finding, match="gradient_differs"):
            expect_gradient(cut, normal(3, 4))

    def test_a_gradient_that_is_one_percent_off_is_found(self) -> None:
        with pytest.raises(Finding, match="gradient_differs"):
            expect_gradient(lambda x: x.softmax(-1) + 0.01 * (x - x.detach()), normal(3, 4))
