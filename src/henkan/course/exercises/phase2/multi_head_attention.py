"""phase2/multi_head_attention: several attentions side by side, each over its own projection."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.course.exercises.phase2.dropped_weights import drops_weights, even_attention
from henkan.course.exercises.phase2.multi_head_mistakes import (  # noqa: F401 - found by their names
    dropout_in_evaluation,
    dropout_on_scores,
    mask_dropped,
    no_output_projection,
    scale_sqrt_d_model,
    shared_qk_projection,
    softmax_over_heads,
    value_from_key,
    view_without_transpose,
)
from henkan.course.exercises.phase2.multi_head_probe import PAST, build, probe  # noqa: F401 - found by its name
from henkan.course.expect import (
    DOUBLE,
    copy_weights,
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
from henkan.nn.attention import MultiHeadAttention

Class = type[MultiHeadAttention]

PADDING = torch.tensor([[1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 0]]).bool()[:, None, None, :]


def _inputs() -> tuple[Tensor, Tensor, Tensor]:
    return normal(2, 5, 6), normal(2, 7, 6, seed=1), normal(2, 7, 6, seed=2)


def shapes(attention_class: Class) -> None:
    result = attention_class(6, 3, dropout=0.0).double()(*_inputs())
    output, weights = expect_results(result, "output", "weights")
    expect_shape("output", output, (2, 5, 6))
    expect_shape("weights", weights, (2, 3, 5, 7))
    expect_dtype("output", output, torch.float64)
    expect_dtype("weights", weights, torch.float64)


def parameters(attention_class: Class) -> None:
    for num_heads in (1, 2, 4, 8):
        count = sum(p.numel() for p in attention_class(128, num_heads).parameters())
        expect(count == 66_048, "parameter_count", num_heads=num_heads, count=f"{count:,}")


def finite_and_untouched(attention_class: Class) -> None:
    attention = attention_class(6, 3, dropout=0.0).double()
    query, key, value = _inputs()
    for name, result in zip(("output", "weights"), attention(query, key, value), strict=True):
        expect_finite(name, result)
    expect_untouched(lambda query, key, value: attention(query, key, value), query=query, key=key, value=value)


def by_hand(attention_class: Class) -> None:
    reference = MultiHeadAttention(4, 2, dropout=0.0).double()
    with torch.no_grad():
        for name, parameter in reference.named_parameters():
            parameter.copy_(torch.eye(4) if name.endswith("weight") else torch.zeros(4))
        reference.key_projection.weight[2:] = 0.0  # the keys of the second head are 0, so it looks at both evenly
        reference.output_projection.weight.mul_(2.0)
    attention = attention_class(4, 2, dropout=0.0).double()
    copy_weights(attention, reference)
    queries = torch.tensor([[[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]], dtype=torch.float64)
    keys = torch.tensor([[[0.8, 0.6, 0.8, 0.6], [0.0, 1.0, 0.0, 1.0]]], dtype=torch.float64)
    values = torch.tensor([[[0.3, 0.0, 0.3, 0.0], [0.9, 0.0, 0.9, 0.0]]], dtype=torch.float64)
    output, weights = attention(queries, keys, values)
    head1, head2 = [[0.637767, 0.362233], [0.429757, 0.570243]], [[0.5, 0.5], [0.5, 0.5]]
    expect_close("α", weights, [[head1, head2]])
    expect_close("z", output, [[[1.034680, 0.0, 1.2, 0.0], [1.284292, 0.0, 1.2, 0.0]]], 2e-6)


def rows_sum_to_one(attention_class: Class) -> None:
    sums = attention_class(6, 3, dropout=0.0).double()(*_inputs())[1].sum(dim=-1)
    expect(torch.allclose(sums, torch.ones_like(sums)), "rows_do_not_sum_to_one", sum=f"{sums[0, 0, 0].item():.6f}")


def key_and_value_apart(attention_class: Class) -> None:
    attention = attention_class(6, 3, dropout=0.0).double()
    query, key, value = _inputs()
    output, weights = attention(query, key, value)
    with_other_values, same_weights = attention(query, key, -value)
    expect(not torch.allclose(with_other_values, output), "value_without_effect")
    expect(torch.allclose(same_weights, weights), "value_in_weights")
    expect(not torch.allclose(attention(query, -key, value)[1], weights), "key_without_effect")


def heads_keep_apart(attention_class: Class) -> None:
    attention = build(attention_class)
    query, key, value = _inputs()
    before = attention(query, key, value)[1]
    with torch.no_grad():
        attention.query_projection.weight[:2] += 1.0  # rows 0 and 1 make the queries of head 0
    changed = ~torch.isclose(attention(query, key, value)[1], before).flatten(2).all(dim=-1)  # (B, H)
    expect(bool(changed[:, 0].all() and not changed[:, 1:].any()), "heads_mixed")


def masks(attention_class: Class) -> None:
    attention = attention_class(6, 3, dropout=0.0).double()
    query, key, value = _inputs()
    for_each_head = normal(2, 3, 5, 7) > 0.0
    for_each_head[..., 0] = True
    for mask in (PADDING, for_each_head):
        weights = attention(query, key, value, mask.clone())[1]
        expect(not bool(weights[~mask.expand_as(weights)].any()), "mask_ignored")
    x = normal(2, 5, 6)
    output = attention(x, x, x, PAST.clone())[0]
    later = torch.cat([x[:, :3], normal(2, 2, 6, seed=3)], dim=1)
    expect(torch.allclose(attention(later, later, later, PAST.clone())[0][:, :3], output[:, :3]), "future_seen")


def refuses_other_masks(attention_class: Class) -> None:
    attention = attention_class(6, 3, dropout=0.0).double()
    for mask in (PADDING.long(), torch.ones(5, 7, dtype=torch.bool)):
        try:
            attention(*_inputs(), mask)
        except ValueError:
            continue
        except (RuntimeError, TypeError):
            pass
        raise Finding("mask_not_refused", dtype=mask.dtype, shape=tuple(mask.shape))


def dropout(attention_class: Class) -> None:
    attention = build(attention_class, dropout=0.5)
    reference = build(attention_class)
    inputs = _inputs()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attention.eval()
        first, second = attention(*inputs)[0], attention(*inputs)[0]
        expect(bool((first == second).all()), "eval_not_deterministic")
        attention.train()
        (first, weights), (second, _) = attention(*inputs), attention(*inputs)
    expect(not torch.equal(first, second), "dropout_missing")
    expect(torch.allclose(weights, reference(*inputs)[1]), "returned_weights_dropped")
    attention = attention_class(2, 1, dropout=0.5).double()
    copy_weights(attention, even_attention())
    ones = torch.ones(1, 400, 2, dtype=torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output, _ = attention(ones[:, :50], ones, ones)
    expect(drops_weights(output, num_keys=400, rate=0.5), "dropout_elsewhere")


def gradient(attention_class: Class) -> None:
    attention = attention_class(6, 3, dropout=0.0).double()
    inputs = [x.requires_grad_() for x in _inputs()]
    output, _ = attention(*inputs)
    if not output.requires_grad:
        raise Finding("gradient_differs")
    output.square().sum().backward()
    for name, parameter in attention.named_parameters():
        if name.endswith("weight"):  # a key's bias has no gradient: it adds the same to every score of a row
            reached = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
            expect(reached, "no_gradient", name=name)
    expect_gradient(lambda *x: attention(*x)[0], normal(1, 1, 6), normal(1, 2, 6), normal(1, 2, 6))


def parity(attention_class: Class) -> None:
    yours = build(attention_class)
    theirs = nn.MultiheadAttention(6, 3, batch_first=True).double()
    projections = (yours.query_projection, yours.key_projection, yours.value_projection)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
        theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
        theirs.out_proj.weight.copy_(yours.output_projection.weight)
        theirs.out_proj.bias.copy_(yours.output_projection.bias)
    query, key, value = _inputs()
    hidden = ~PADDING[:, 0, 0]  # torch's True means "hidden"
    expected, expected_weights = theirs(query, key, value, key_padding_mask=hidden, average_attn_weights=False)
    output, weights = yours(query, key, value, PADDING.clone())
    expect_close("weights", weights, expected_weights, DOUBLE)
    expect_close("output", output, expected, DOUBLE)


def trains(attention_class: Class) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        attention = attention_class(8, 2, dropout=0.0).double()
    contents = normal(16, 6, 8)
    x = contents + 3.0 * torch.eye(6, 8, dtype=torch.float64)  # by which a position can be told from the others
    target = contents[:, :1].expand(-1, 6, -1)  # all positions are to hand over what the first one holds
    parameters = list(attention.parameters())
    losses = []
    for _ in range(100):
        loss = F.mse_loss(attention(x, x, x)[0], target)
        gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)
        with torch.no_grad():  # by hand: the first step of one of torch's optimizers takes a second to load
            for parameter, of_loss in zip(parameters, gradients, strict=True):
                parameter.sub_(of_loss, alpha=0.3)
        losses.append(loss.item())
    expect(losses[-1] < losses[0] / 2, "does_not_train", first=f"{losses[0]:.3f}", last=f"{losses[-1]:.3f}")
