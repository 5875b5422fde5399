"""phase2/sdpa: scaled dot-product attention, not yet masked."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.course.expect import (
    DOUBLE,
    expect,
    expect_close,
    expect_dtype,
    expect_finite,
    expect_gradient,
    expect_results,
    expect_shape,
    expect_untouched,
)
from henkan.course.parts import softmax
from henkan.course.random_input import normal

Attention = Callable[..., tuple[Tensor, Tensor]]


def shapes(attention: Attention) -> None:
    result = attention(normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 6))
    output, weights = expect_results(result, "output", "weights")
    expect_shape("output", output, (2, 3, 5, 6))
    expect_shape("weights", weights, (2, 3, 5, 7))
    expect_dtype("output", output, torch.float64)
    expect_dtype("weights", weights, torch.float64)


def finite_and_untouched(attention: Attention) -> None:
    q, k, v = 100 * normal(5, 4), 100 * normal(7, 4), normal(7, 6)
    for name, result in zip(("output", "weights"), attention(q, k, v), strict=True):
        expect_finite(name, result)
    expect_untouched(lambda q, k, v: attention(q, k, v), q=q, k=k, v=v)


def by_hand(attention: Attention) -> None:
    queries = torch.eye(2, dtype=torch.float64)
    keys = torch.tensor([[0.8, 0.6], [0.0, 1.0]], dtype=torch.float64)
    values = torch.tensor([[0.3], [0.9]], dtype=torch.float64)
    output, weights = attention(queries, keys, values)
    expect_close("α", weights, [[0.637767, 0.362233], [0.429757, 0.570243]])
    expect_close("z", output, [[0.517340], [0.642146]])


def rows_sum_to_one(attention: Attention) -> None:
    sums = attention(normal(5, 4), normal(7, 4), normal(7, 6))[1].sum(dim=-1)
    expect(torch.allclose(sums, torch.ones_like(sums)), "rows_do_not_sum_to_one", sum=f"{sums[0].item():.6f}")


def order_of_keys(attention: Attention) -> None:
    q, k, v = normal(5, 4), normal(7, 4), normal(7, 6)
    order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
    expect(torch.allclose(attention(q, k[order], v[order])[0], attention(q, k, v)[0]), "keys_moved")


def order_of_queries(attention: Attention) -> None:
    q, k, v = normal(5, 4), normal(7, 4), normal(7, 6)
    order = torch.tensor([3, 0, 4, 2, 1])
    expect(torch.allclose(attention(q[order], k, v)[0], attention(q, k, v)[0][order]), "queries_moved")


def gradient(attention: Attention) -> None:
    expect_gradient(lambda *qkv: attention(*qkv)[0], normal(3, 2), normal(4, 2), normal(4, 2))


def parity(attention: Attention) -> None:
    identity = torch.eye(7, dtype=torch.float64).expand(2, 3, 7, 7)  # with these values, the weights come out
    for num_queries in (5, 7):
        q, k, v = normal(2, 3, num_queries, 5, seed=1), normal(2, 3, 7, 5), normal(2, 3, 7, 5, seed=2)
        output, weights = attention(q, k, v)
        expect_close("weights", weights, F.scaled_dot_product_attention(q, k, identity), DOUBLE)
        expect_close("output", output, F.scaled_dot_product_attention(q, k, v), DOUBLE)


def probe(attention: Attention) -> tuple[Tensor, Tensor]:
    # Several heads, so that D and d_model differ; as many queries as keys, so that a mistake in the axes has a result.
    return attention(normal(2, 3, 6, 5, seed=1), normal(2, 3, 6, 5, seed=2), normal(2, 3, 6, 3))


def no_scale(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(q @ k.transpose(-2, -1), dim=-1)
    return weights @ v, weights


def div_by_d_k(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(q @ k.transpose(-2, -1) / q.size(-1), dim=-1)
    return weights @ v, weights


def scale_sqrt_d_model(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    num_heads = q.size(-3) if q.dim() > 2 else 1
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(num_heads * q.size(-1)), dim=-1)
    return weights @ v, weights


def softmax_over_queries(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-2)
    return weights @ v, weights


def softmax_over_heads(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=1)
    return weights @ v, weights


def no_softmax(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    return scores @ v, scores


def weights_first(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-1)
    return weights, weights @ v


def scores_transposed(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    weights = softmax(k @ q.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-1)
    return weights @ v, weights
