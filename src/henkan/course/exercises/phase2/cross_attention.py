"""phase2/cross_attention: queries from one sequence, keys and values from another."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.course import parts
from henkan.course.expect import (
    expect,
    expect_close,
    expect_dtype,
    expect_finite,
    expect_gradient,
    expect_results,
    expect_shape,
    expect_untouched,
)
from henkan.course.finding import Finding
from henkan.course.random_input import normal
from henkan.course.recognise import probe_in_stages
from henkan.nn.attention import scaled_dot_product_attention

Result = tuple[Tensor, Tensor]  # output and weights
Mask = Tensor | None
Attention = Callable[..., Result]

D_MODEL = 6
PADDING = torch.tensor([[1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0]]).bool()[:, None, :]


def _inputs() -> dict[str, Tensor]:
    sequences = {"x": normal(2, 4, D_MODEL), "memory": normal(2, 7, D_MODEL)}
    return {**sequences, **{f"w_{name}": normal(D_MODEL, 3, seed=seed) for seed, name in enumerate("qkv")}}


def shapes(attention: Attention) -> None:
    output, weights = expect_results(attention(**_inputs()), "output", "weights")
    expect_shape("output", output, (2, 4, 3))
    expect_shape("weights", weights, (2, 4, 7))
    expect_dtype("output", output, torch.float64)
    expect_dtype("weights", weights, torch.float64)


def finite_and_untouched(attention: Attention) -> None:
    for name, result in zip(("output", "weights"), attention(**_inputs()), strict=True):
        expect_finite(name, result)
    expect_untouched(lambda **inputs: attention(**inputs), **_inputs())


def by_hand(attention: Attention) -> None:
    eye = torch.eye(2, dtype=torch.float64)
    memory = torch.tensor([[[0.8, 0.6], [0.0, 1.0]]], dtype=torch.float64)
    output, weights = attention(eye[None], memory, eye, eye, 2 * eye)
    expect_close("α", weights, [[[0.637767, 0.362233], [0.429757, 0.570243]]])
    expect_close("z", output, [[[1.020427, 1.489786], [0.687611, 1.656195]]])


def rows_sum_to_one(attention: Attention) -> None:
    sums = attention(**_inputs())[1].sum(dim=-1)
    expect(torch.allclose(sums, torch.ones_like(sums)), "rows_do_not_sum_to_one", sum=f"{sums[0, 0].item():.6f}")


def reads_the_memory(attention: Attention) -> None:
    inputs = _inputs()
    order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
    before = attention(**inputs)[0]
    moved = attention(**{**inputs, "memory": inputs["memory"][:, order]})[0]
    expect(torch.allclose(moved, before), "memory_moved")
    other = attention(**{**inputs, "memory": inputs["memory"] + normal(2, 7, D_MODEL, seed=9)})[0]
    expect(not torch.allclose(other, before), "memory_ignored")


def each_query_alone(attention: Attention) -> None:
    inputs = _inputs()
    changed = inputs["x"].clone()
    changed[:, 0] += 1.0
    before, after = attention(**inputs)[0], attention(**{**inputs, "x": changed})[0]
    expect(torch.allclose(after[:, 1:], before[:, 1:]), "other_queries_changed")
    expect(not torch.allclose(after[:, 0], before[:, 0]), "query_ignored")


def hides_padding(attention: Attention) -> None:
    output, weights = attention(**_inputs(), mask=PADDING.clone())
    largest = float(weights[~PADDING.expand_as(weights)].max())
    expect(largest == 0.0, "padding_weighs", weight=f"{largest:.3g}")
    short = {**_inputs(), "memory": _inputs()["memory"][:1, :3], "x": _inputs()["x"][:1]}
    expect_close("output", output[:1], parts.cross_attention(**short)[0])


def gradient_reaches_both(attention: Attention) -> None:
    inputs = {name: value.requires_grad_() for name, value in _inputs().items()}
    output, _ = attention(**inputs)
    if not output.requires_grad:
        raise Finding("gradient_differs")
    output.square().sum().backward()
    for name, value in inputs.items():
        expect(value.grad is not None and bool(value.grad.abs().sum() > 0), "no_gradient", name=name)


def gradient(attention: Attention) -> None:
    expect_gradient(lambda *values: attention(*values)[0], *_inputs().values())


def parity(attention: Attention) -> None:
    x, memory, w_q, w_k, w_v = _inputs().values()
    identity = torch.eye(7, dtype=torch.float64).expand(2, 7, 7)  # with these values, the weights come out
    for_each_query = normal(1, 4, 7) > 0.0
    for_each_query[..., 0] = True
    for mask in (PADDING, for_each_query):
        output, weights = attention(x, memory, w_q, w_k, w_v, mask.clone())
        expected = F.scaled_dot_product_attention(x @ w_q, memory @ w_k, identity, attn_mask=mask)
        expect_close("weights", weights, expected)
        expect_close("output", output, expected @ (memory @ w_v))


def probe(attention: Attention) -> list[Any]:
    # Sequences of one length, so that a mistake in who is asked has a result, too.
    x, memory = normal(2, 5, D_MODEL), normal(2, 5, D_MODEL, seed=1)
    w_q, w_k, w_v = (normal(D_MODEL, 3, seed=seed) for seed in (2, 3, 4))
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 0, 1, 1, 0]]).bool()[:, None, :]
    return probe_in_stages(
        [attention],
        [parts.cross_attention],
        lambda attention: attention(x, memory, w_q, w_k, w_v),
        lambda attention: attention(x, memory, w_q, w_k, w_v, mask),
    )


def kv_from_query(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    return scaled_dot_product_attention(x @ w_q, x @ w_k, x @ w_v, mask)


def query_from_memory(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    return scaled_dot_product_attention(memory @ w_q, x @ w_k, x @ w_v, mask)


def values_from_query(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    return scaled_dot_product_attention(x @ w_q, memory @ w_k, x @ w_v, mask)


def values_not_projected_apart(
    x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None
) -> Result:
    return scaled_dot_product_attention(x @ w_q, memory @ w_k, memory @ w_k, mask)


def mask_dropped(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    return scaled_dot_product_attention(x @ w_q, memory @ w_k, memory @ w_v)
