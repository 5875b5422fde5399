"""The attention formula: numbers by hand, masks, and the fused kernel that must equal it."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from henkan.nn import SelfAttention, fused_attention, scaled_dot_product_attention

from .small import assert_equal, few_examples, randomised

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
B, H, TQ, TK, D = 2, 3, 4, 5, 6


def readable_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, dropout: float = 0.0) -> Tensor:
    return scaled_dot_product_attention(q, k, v, mask, dropout=dropout)[0]


both_forms = pytest.mark.parametrize("attention", [readable_attention, fused_attention], ids=["readable", "fused"])


def mask_with_a_blind_query() -> Tensor:
    mask = torch.rand(B, H, TQ, TK) < 0.6
    mask[..., 0] = True
    mask[1, :, 2] = False
    return mask


MASKS: dict[str, Callable[[], Tensor | None]] = {
    "none": lambda: None,
    "padding": lambda: torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)[:, None, None, :],
    "look-ahead": lambda: torch.ones(1, 1, TQ, TK, dtype=torch.bool).tril(),
    "per head": lambda: torch.ones(H, TQ, TK, dtype=torch.bool).triu(-1)[None],
    "a blind query": mask_with_a_blind_query,
    "all hidden": lambda: torch.zeros(1, 1, 1, TK, dtype=torch.bool),
}


@pytest.mark.usefixtures("float64")
class TestByHand:
    def test_weights_and_output_of_two_tokens(self) -> None:
        keys, values = torch.tensor([[0.8, 0.6], [0.0, 1.0]]), torch.tensor([[0.3], [0.9]])
        output, weights = scaled_dot_product_attention(torch.eye(2), keys, values)
        assert_equal(weights, torch.tensor([[0.637767, 0.362233], [0.429757, 0.570243]]), 1e-6)
        assert_equal(output, torch.tensor([[0.517340], [0.642146]]), 1e-6)

    def test_a_masked_key_gets_exactly_nothing(self) -> None:
        q, k = torch.tensor([[1.0]]), torch.tensor([[1.0], [2.0], [3.0]])  # scores 1, 2, 3
        _, weights = scaled_dot_product_attention(q, k, torch.eye(3), torch.tensor([[True, True, False]]))
        assert_equal(weights, torch.tensor([[0.268941, 0.731059, 0.0]]), 1e-6)
        assert weights[0, 2] == 0

    def test_scores_are_divided_by_the_root_of_the_width_of_a_head(self) -> None:
        q, k = torch.full((1, 16), 0.5), torch.stack([torch.ones(16), torch.zeros(16)])  # q . k is 8 and 0, the root 4
        _, weights = scaled_dot_product_attention(q, k, torch.eye(2))
        assert_equal(weights, torch.tensor([[2.0, 0.0]]).softmax(dim=-1))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
class TestFusedEqualsReadable:  # T8
    def test_forward(self, mask: Callable[[], Tensor | None]) -> None:
        q, k, v, hidden = torch.randn(B, H, TQ, D), torch.randn(B, H, TK, D), torch.randn(B, H, TK, D), mask()
        assert_equal(fused_attention(q, k, v, hidden), readable_attention(q, k, v, hidden))

    def test_backward(self, mask: Callable[[], Tensor | None]) -> None:
        inputs = [torch.randn(B, H, length, D, requires_grad=True) for length in (TQ, TK, TK)]
        hidden, upstream = mask(), torch.randn(B, H, TQ, D)
        of_fused = torch.autograd.grad(fused_attention(*inputs, hidden), inputs, upstream)
        of_readable = torch.autograd.grad(readable_attention(*inputs, hidden), inputs, upstream)
        for actual, expected in zip(of_fused, of_readable, strict=True):
            assert expected.isfinite().all()
            assert_equal(actual, expected)


@pytest.mark.usefixtures("float64")
class TestProperties:
    @few_examples
    @given(seed=st.integers(0, 1000))
    def test_rows_of_weights_sum_to_one_and_hidden_keys_weigh_nothing(self, seed: int) -> None:  # T18
        torch.manual_seed(seed)
        mask = torch.rand(B, 1, TQ, TK) < 0.5
        mask[..., 1] = True
        q, k, v = torch.randn(B, H, TQ, D), torch.randn(B, H, TK, D), torch.randn(B, H, TK, D)
        _, weights = scaled_dot_product_attention(q, k, v, mask)
        assert_equal(weights.sum(dim=-1), torch.ones(B, H, TQ))
        assert not weights[~mask.expand_as(weights)].any()

    @few_examples
    @given(order=st.permutations(range(TK)))
    def test_the_order_of_keys_does_not_matter_if_values_move_along(self, order: list[int]) -> None:
        q, k, v = torch.randn(B, H, TQ, D), torch.randn(B, H, TK, D), torch.randn(B, H, TK, D)
        assert_equal(readable_attention(q, k[:, :, order], v[:, :, order]), readable_attention(q, k, v))

    @few_examples
    @given(order=st.permutations(range(TQ)))
    def test_each_query_is_answered_alone(self, order: list[int]) -> None:
        q, k, v = torch.randn(B, H, TQ, D), torch.randn(B, H, TK, D), torch.randn(B, H, TK, D)
        assert_equal(readable_attention(q[:, :, order], k, v), readable_attention(q, k, v)[:, :, order])


@both_forms
class TestBothForms:
    @pytest.mark.parametrize("device", DEVICES)
    def test_a_query_that_may_look_nowhere_gets_zero_and_finite_gradients(  # T7
        self, attention: Callable[..., Tensor], device: str
    ) -> None:
        inputs = [torch.randn(B, H, length, 8, device=device, requires_grad=True) for length in (TQ, TK, TK)]
        mask = mask_with_a_blind_query().to(device)
        output = attention(*inputs, mask)
        assert not output[1, :, 2].any()
        assert output[0].all()
        output.square().sum().backward()
        assert all(x.grad.isfinite().all() for x in inputs)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    @pytest.mark.parametrize("device", DEVICES)
    def test_large_scores_stay_finite_in_half_precision(  # T17
        self, attention: Callable[..., Tensor], dtype: torch.dtype, device: str
    ) -> None:
        q = torch.full((1, 1, 2, 16), 100.0, dtype=dtype, device=device)
        k = torch.stack([q[:, :, 0], -q[:, :, 0], -q[:, :, 0]], dim=2)  # scores 14,400, -14,400, -14,400
        v = torch.randn(1, 1, 3, 16).to(q)
        mask = torch.tensor([[True, True, False], [False, True, False]], device=device)[None, None]
        torch.testing.assert_close(attention(q, k, v, mask), v[:, :, :2])

    def test_dropout_acts_on_the_weights_and_keeps_their_mean(self, attention: Callable[..., Tensor]) -> None:  # T18
        q, k = torch.zeros(1, 1, 200, 64), torch.zeros(1, 1, 64, 64)  # every weight is 1/64
        weights = attention(q, k, torch.eye(64)[None, None], dropout=0.25)
        kept = weights != 0
        assert kept.float().mean().item() == pytest.approx(0.75, abs=0.02)
        torch.testing.assert_close(weights[kept], torch.full_like(weights[kept], 1 / 64 / 0.75))


def test_the_weights_that_are_returned_are_those_before_dropout() -> None:
    q, k, v = torch.randn(1, 2, 4, 8), torch.randn(1, 2, 5, 8), torch.randn(1, 2, 5, 8)
    _, weights = scaled_dot_product_attention(q, k, v, dropout=0.5)
    torch.testing.assert_close(weights, scaled_dot_product_attention(q, k, v)[1])


@pytest.mark.usefixtures("float64")
class TestSelfAttention:
    def test_it_is_the_formula_on_three_projections(self) -> None:
        attention, x = SelfAttention(6, dropout=0.0), torch.randn(2, 4, 6)
        mask = torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()
        output, weights = attention(x, mask)
        q, k, v = attention.query_projection(x), attention.key_projection(x), attention.value_projection(x)
        assert_equal(output, F.scaled_dot_product_attention(q, k, v, is_causal=True))
        assert weights.shape == (2, 4, 4)
        assert_equal(weights @ v, output)

    def test_without_positions_it_is_blind_to_order(self) -> None:
        attention, x, order = randomised(SelfAttention(6).eval()), torch.randn(2, 4, 6), [2, 0, 3, 1]
        assert_equal(attention(x[:, order])[0], attention(x)[0][:, order])

    def test_dropout_is_on_in_training_and_off_in_evaluation(self) -> None:  # T18
        attention, x = SelfAttention(6, dropout=0.5), torch.randn(2, 4, 6)
        assert not torch.equal(attention(x)[0], attention(x)[0])
        assert torch.equal(attention.eval()(x)[0], attention(x)[0])
