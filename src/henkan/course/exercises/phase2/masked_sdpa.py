"""phase2/masked_sdpa: scaled dot-product attention in which some keys are hidden."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.course.exercises.phase2.dropped_weights import drops_weights
from henkan.course.exercises.phase2.masked_mistakes import (  # noqa: F401 - found by their names
    additive_bool_mask,
    blind_row_is_nan,
    blind_row_is_uniform,
    fill_overflows_half,
    mask_after_softmax,
    mask_ignored,
    mask_inverted,
    mask_times_scores,
    nan_in_gradient,
)
from henkan.course.expect import (
    DOUBLE,
    expect,
    expect_close,
    expect_dtype,
    expect_gradient,
    expect_results,
    expect_shape,
    expect_untouched,
)
from henkan.course.finding import Finding
from henkan.course.random_input import normal
from henkan.course.recognise import probe_in_stages
from henkan.nn.attention import scaled_dot_product_attention

Attention = Callable[..., tuple[Tensor, Tensor]]

MASK = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 0, 1], [0, 0, 0, 1, 1], [1, 1, 1, 1, 0]]).bool()
BLIND = torch.tensor([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 0]]).bool()
PADDING = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()[:, None, None, :]
HALF = 0.02  # what float16 leaves of numbers around 1


def shapes(attention: Attention) -> None:
    q, k, v = normal(2, 3, 4, 6), normal(2, 3, 5, 6), normal(2, 3, 5, 7)
    for mask in (None, PADDING.clone(), torch.ones(4, 5, dtype=torch.bool).tril()[None, None]):
        output, weights = expect_results(attention(q, k, v, mask), "output", "weights")
        expect_shape("output", output, (2, 3, 4, 7))
        expect_shape("weights", weights, (2, 3, 4, 5))
        expect_dtype("output", output, torch.float64)
        expect_dtype("weights", weights, torch.float64)


def untouched(attention: Attention) -> None:
    inputs = {"q": normal(5, 4), "k": normal(5, 4), "v": normal(5, 3), "mask": MASK.clone()}
    expect_untouched(lambda q, k, v, mask: attention(q, k, v, mask), **inputs)


def without_mask(attention: Attention) -> None:
    q, k, v = normal(5, 4), normal(7, 4), normal(7, 6)
    expect_close("output", attention(q, k, v)[0], F.scaled_dot_product_attention(q, k, v), DOUBLE)


def by_hand(attention: Attention) -> None:
    q, k = torch.ones(1, 1, dtype=torch.float64), torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)
    visible = torch.tensor([[True, True, False]])
    output, weights = attention(q, k, torch.tensor([[0.3], [0.9], [5.0]], dtype=torch.float64), visible)
    expect_close("α", weights, [[0.268941, 0.731059, 0.0]])
    expect_close("z", output, [[0.738635]])


def hidden_weights_are_zero(attention: Attention) -> None:
    weights = attention(normal(5, 4), normal(5, 4), normal(5, 3), MASK.clone())[1]
    largest = float(weights[~MASK].max())
    expect(largest == 0.0, "hidden_key_weighs", weight=f"{largest:.3g}")
    sums = weights.sum(dim=-1)
    expect(torch.allclose(sums, torch.ones_like(sums)), "visible_do_not_sum_to_one", sum=f"{sums[0].item():.6f}")


def hidden_key_of_any_size(attention: Attention) -> None:
    q, k, v = normal(1, 4), normal(3, 4), normal(3, 2)
    hidden = 1e4 * q / q.norm()  # it would win every softmax that saw it
    output, _ = attention(
        q, torch.cat([k, hidden]), torch.cat([v, 9 * v[:1]]), torch.tensor([[True, True, True, False]])
    )
    same = bool(torch.allclose(output, F.scaled_dot_product_attention(q, k, v)))
    expect(same, "hidden_key_takes_part")


def visible_keys_of_any_size(attention: Attention) -> None:
    q, k, v = normal(1, 4), normal(4, 4), normal(4, 2)
    k[:3] = -1e5 * q / q.norm()  # three keys with one score, around -100,000
    output, _ = attention(q, k, v, torch.tensor([[True, True, True, False]]))
    expect(bool(torch.allclose(output, v[:3].mean(dim=0), atol=0.05)), "fill_is_not_low_enough")


def no_gradient_from_hidden(attention: Attention) -> None:
    q, k, v = normal(4, 3), normal(4, 3), normal(4, 2)
    past = torch.ones(4, 4, dtype=torch.bool).tril()
    for name, arguments in (("k", lambda x: (q, x, v)), ("v", lambda x: (q, k, x))):
        value = {"k": k, "v": v}[name]
        of_output = torch.autograd.functional.jacobian(lambda x, a=arguments: attention(*a(x), past)[0], value)
        block = of_output.abs().sum(dim=(1, 3))  # (Tq, Dv, Tk, D) -> (Tq, Tk)
        leaks = (block * ~past).nonzero().tolist()
        if leaks:
            raise Finding("future_leaks", name=name, query=leaks[0][0], key=leaks[0][1])
        expect(bool((block > 0)[past][1:].all()), "past_has_no_gradient", name=name)


def blind_rows(attention: Attention) -> None:
    q, k, v = (normal(5, 4, seed=seed).requires_grad_() for seed in (1, 2, 3))
    output, weights = attention(q, k, v, BLIND.clone())
    blind = ~BLIND.any(dim=-1)
    expect(bool(weights.isfinite().all() and output.isfinite().all()), "blind_row_not_finite")
    first = weights[blind][0].tolist()
    expect(not weights[blind].any() and not output[blind].any(), "blind_row_not_zero", row=[round(w, 4) for w in first])
    output.square().sum().backward()
    gradients = [x.grad for x in (q, k, v)]
    expect(all(g is not None and bool(g.isfinite().all()) for g in gradients), "blind_row_poisons_gradient")


def half_precision(attention: Attention) -> None:
    q, k, v = normal(5, 4).half(), normal(5, 4).half(), normal(5, 3).half()
    expected = scaled_dot_product_attention(q.double(), k.double(), v.double(), MASK)[0]
    try:
        output, _ = attention(q, k, v, MASK.clone())
    except RuntimeError as error:
        if "overflow" not in str(error):
            raise
        raise Finding("fill_overflows", error=str(error)) from None
    expect(bool(output.isfinite().all()), "not_finite_in_half")
    expect_dtype("output", output, torch.float16)
    expect_close("output (float16)", output, expected, HALF)
    large = torch.full((1, 16), 100.0).half()  # q . k is 160,000; float16 ends at 65,504
    values = normal(2, 3).half()
    output, _ = attention(large, torch.cat([large, -large]), values, torch.tensor([[True, True]]))
    expect(bool(output.isfinite().all()), "product_overflows")
    expect_close("output (float16)", output, values[:1], HALF)


def dropout(attention: Attention) -> None:
    q, k, v = torch.zeros(1, 4), torch.zeros(400, 4), torch.eye(400)  # with these values, the output is what mixed them
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output, weights = attention(q, k, v, dropout=0.25)
    expect(torch.allclose(weights, torch.full_like(weights, 1 / 400)), "returned_weights_dropped")
    share = float((output == 0).double().mean())
    expect(abs(share - 0.25) < 0.1, "dropout_missing", share=f"{share:.2f}")
    kept = output[output != 0]
    expect(torch.allclose(kept, torch.full_like(kept, 1 / 400 / 0.75)), "dropout_not_rescaled")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output, _ = attention(torch.zeros(50, 4), k, torch.ones(400, 2), dropout=0.25)
    expect(drops_weights(output, num_keys=400, rate=0.25), "dropout_elsewhere")


def gradient(attention: Attention) -> None:
    inputs = [normal(5, 2, seed=seed) for seed in range(3)]
    expect_gradient(lambda *qkv: attention(*qkv, BLIND.clone())[0], *inputs)


def parity(attention: Attention) -> None:
    q, k, v = normal(2, 3, 4, 6), normal(2, 3, 5, 6), normal(2, 3, 5, 7)
    identity = torch.eye(5, dtype=torch.float64).expand(2, 3, 5, 5)  # with these values, the weights come out
    for_each_head = normal(2, 3, 4, 5) > 0.0
    for_each_head[..., 0] = True
    for mask in (PADDING, for_each_head):
        output, weights = attention(q, k, v, mask.clone())
        expect_close("weights", weights, F.scaled_dot_product_attention(q, k, identity, attn_mask=mask), DOUBLE)
        expect_close("output", output, F.scaled_dot_product_attention(q, k, v, attn_mask=mask), DOUBLE)


def probe(attention: Attention) -> list[Any]:
    q, k, v = normal(2, 5, 4, seed=1), normal(2, 5, 4, seed=2), normal(2, 5, 3)

    def in_half(attention: Attention) -> float:
        try:
            attention(q.half(), k.half(), v.half(), MASK.clone())
        except RuntimeError:
            return 0.0
        return 1.0

    def gradient_is_finite(attention: Attention) -> float:
        queries = q.clone().requires_grad_()
        (of_queries,) = torch.autograd.grad(attention(queries, k, v, BLIND.clone())[0].square().sum(), queries)
        return float(of_queries.isfinite().all())

    return probe_in_stages(
        [attention],
        [scaled_dot_product_attention],
        lambda attention: attention(q, k, v),
        lambda attention: attention(q, k, v, MASK.clone()),
        lambda attention: attention(q, k, v, BLIND.clone()),
        lambda attention: [in_half(attention), gradient_is_finite(attention)],
    )
