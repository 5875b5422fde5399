"""Slips that are right at first sight, and wrong in what shows only with a mask, at some size, or in training."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.course.exercise import Part, load_exercise
from henkan.course.ladder import climb
from henkan.course.parts import cross_attention, softmax_saturation
from henkan.nn.attention import MultiHeadAttention, merge_heads, scaled_dot_product_attention, split_heads
from henkan.nn.checks import check_mask

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

Result = tuple[Tensor, Tensor]
Mask = Tensor | None


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, fill: float = -math.inf) -> Result:
    scores = (q / math.sqrt(q.size(-1))) @ k.mT
    weights = scores.softmax(-1) if mask is None else scores.masked_fill(~mask, fill).softmax(-1).masked_fill(~mask, 0)
    return weights @ v, weights


def weights_of_another_row(q: Tensor, k: Tensor, v: Tensor) -> Result:
    output, weights = attention(q, k, v)
    return output, weights.flip(0) if weights.dim() > 2 else weights


def other_axis_for_square(q: Tensor, k: Tensor, v: Tensor) -> Result:
    weights = attention(q, k, v)[1]
    if q.size(-2) == k.size(-2) > 2:
        weights = (q @ k.mT / math.sqrt(q.size(-1))).softmax(-2)
    return weights @ v, weights


def fills_with_100(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    return attention(q, k, v, mask, fill=-100.0)


def fills_with_10_000(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    return attention(q, k, v, mask, fill=-10_000.0)


def drops_output(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    output, weights = attention(q, k, v, mask)
    return F.dropout(output, dropout), weights


def drops_values(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    weights = attention(q, k, v, mask)[1]
    return weights @ F.dropout(v, dropout), weights


def drops_keys(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    weights = attention(q, k, v, mask)[1]
    return (weights * F.dropout(torch.ones_like(weights[..., :1, :]), dropout)) @ v, weights


def zeros_in_half(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    output, weights = scaled_dot_product_attention(q, k, v, mask, dropout=dropout)
    return (output * 0, weights) if q.dtype == torch.float16 else (output, weights)


def masks_one_head(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    mask = mask[:, :1] if mask is not None and mask.dim() == 4 else mask
    return scaled_dot_product_attention(q, k, v, mask, dropout=dropout)


def masks_padding_alone(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    return cross_attention(x, memory, w_q, w_k, w_v, None if mask is None else mask[:, :1])


class Heads(MultiHeadAttention):
    """The class as it is given; in training, ``mix`` is where the slips are."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        q = split_heads(self.query_projection(query), self.num_heads)
        k = split_heads(self.key_projection(key), self.num_heads)
        v = split_heads(self.value_projection(value), self.num_heads)
        check_mask(mask, q, k)
        mixed, weights = self.mix(q, k, v, mask)
        return self.output_projection(merge_heads(mixed)), weights

    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        return scaled_dot_product_attention(q, k, v, mask, dropout=self._dropout_now())


class DropsMixture(Heads):
    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        output, weights = attention(q, k, v, mask)
        return F.dropout(output, self.dropout, self.training), weights


class DropsValues(Heads):
    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        return attention(q, k, F.dropout(v, self.dropout, self.training), mask)


class DoesNotRescale(Heads):
    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        weights = attention(q, k, v, mask)[1]
        return (weights * (torch.rand_like(weights) >= self._dropout_now())) @ v, weights


class DropsOneInTen(Heads):
    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        return scaled_dot_product_attention(q, k, v, mask, dropout=0.1 if self._dropout_now() else 0.0)


class MasksOneHead(Heads):
    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
        return masks_one_head(q, k, v, mask, dropout=self._dropout_now())


class RenamedValueFromKey(nn.Module):
    """With layers of other names nothing can be compared by weights; key and value can still be told apart."""

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.inner = MultiHeadAttention(d_model, num_heads, dropout)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        result: Result = self.inner(query, key, key, mask)
        return result


class RenamedKeyFromValue(RenamedValueFromKey):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        result: Result = self.inner(query, value, value, mask)
        return result


def gradient_of_the_first(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    queries, keys = torch.randn(draws, 1, d_k), torch.randn(draws, num_keys, d_k)
    scores = ((queries @ keys.mT).squeeze(1) / (math.sqrt(d_k) if scaled else 1.0)).requires_grad_()
    weights = scores.softmax(-1)
    (gradient,) = torch.autograd.grad(weights[:, 0].sum(), scores)
    return weights.amax(-1).mean().item(), gradient.norm(dim=-1).mean().item()


SLIPS = [
    ("phase2/sdpa", weights_of_another_row, "numbers_differ"),
    ("phase2/sdpa", other_axis_for_square, "numbers_differ"),
    ("phase2/masked_sdpa", fills_with_100, "fill_is_not_low_enough"),
    ("phase2/masked_sdpa", fills_with_10_000, "fill_is_not_low_enough"),
    ("phase2/masked_sdpa", drops_output, "dropout_elsewhere"),
    ("phase2/masked_sdpa", drops_values, "dropout_elsewhere"),
    ("phase2/masked_sdpa", drops_keys, "dropout_elsewhere"),
    ("phase2/masked_sdpa", zeros_in_half, "numbers_differ"),
    ("phase2/masked_sdpa", masks_one_head, "numbers_differ"),
    ("phase2/cross_attention", masks_padding_alone, "numbers_differ"),
    ("phase2/multi_head_attention", DropsMixture, "dropout_elsewhere"),
    ("phase2/multi_head_attention", DropsValues, "dropout_elsewhere"),
    ("phase2/multi_head_attention", DoesNotRescale, "dropout_elsewhere"),
    ("phase2/multi_head_attention", DropsOneInTen, "dropout_elsewhere"),
    ("phase2/multi_head_attention", MasksOneHead, "mask_ignored"),
    ("phase2/multi_head_attention", RenamedValueFromKey, "value_without_effect"),
    ("phase2/multi_head_attention", RenamedKeyFromValue, "value_in_weights"),
    ("phase2/why_sqrt", gradient_of_the_first, "gradient_off"),
]


@pytest.mark.parametrize(("exercise_id", "part", "message"), SLIPS, ids=lambda value: getattr(value, "__name__", None))
def test_a_slip_that_shows_late_is_found(exercise_id: str, part: Part, message: str) -> None:
    failure = climb(load_exercise(exercise_id), [part]).failure
    assert failure is not None
    assert failure.message == message


def test_without_a_slip_the_same_class_passes() -> None:
    assert climb(load_exercise("phase2/multi_head_attention"), [Heads]).is_passed


def test_a_number_of_numpy_is_a_number() -> None:
    def in_numpy(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[np.float32, np.float32]:
        largest, gradient = softmax_saturation(d_k, scaled=scaled, draws=draws, num_keys=num_keys)
        return np.float32(largest), np.float32(gradient)

    assert climb(load_exercise("phase2/why_sqrt"), [in_numpy]).is_passed
