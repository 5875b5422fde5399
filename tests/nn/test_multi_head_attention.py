"""Heads side by side: how they are split, what they cost, and what is returned."""

import pytest
import torch

from henkan.nn import KeyValue, MultiHeadAttention, count_parameters, scaled_dot_product_attention
from henkan.nn.attention import attend, merge_heads, split_heads

from .small import assert_equal, randomised

pytestmark = pytest.mark.usefixtures("float64")


def test_head_h_gets_its_own_columns_of_every_token() -> None:  # T18
    x = torch.arange(2 * 3 * 8.0).view(2, 3, 8)
    heads = split_heads(x, 4)
    assert heads.shape == (2, 4, 3, 2)
    for head in range(4):
        assert torch.equal(heads[:, head], x[:, :, 2 * head : 2 * head + 2])


def test_merging_undoes_splitting() -> None:
    x = torch.randn(2, 5, 12)
    assert torch.equal(merge_heads(split_heads(x, 3)), x)


def test_each_head_is_the_formula_on_its_columns() -> None:
    attention = randomised(MultiHeadAttention(6, 2, dropout=0.0))
    query, memory = torch.randn(2, 3, 6), torch.randn(2, 4, 6)
    _, weights = attention(query, memory, memory)
    q, k = attention.query_projection(query), attention.key_projection(memory)
    for head, columns in enumerate((slice(0, 3), slice(3, 6))):
        _, expected = scaled_dot_product_attention(q[..., columns], k[..., columns], memory)
        assert_equal(weights[:, head], expected)


def test_moving_a_heads_weights_moves_the_head_and_changes_no_output() -> None:  # T18
    attention, query, memory = (
        randomised(MultiHeadAttention(6, 3, dropout=0.0)),
        torch.randn(2, 4, 6),
        torch.randn(2, 5, 6),
    )
    output, weights = attention(query, memory, memory)
    columns = torch.tensor([4, 5, 0, 1, 2, 3])  # the last head first
    with torch.no_grad():
        for projection in (attention.query_projection, attention.key_projection, attention.value_projection):
            projection.weight.copy_(projection.weight[columns].clone())
            projection.bias.copy_(projection.bias[columns].clone())
        attention.output_projection.weight.copy_(attention.output_projection.weight[:, columns].clone())
    moved_output, moved_weights = attention(query, memory, memory)
    assert_equal(moved_output, output)
    assert_equal(moved_weights, weights[:, [2, 0, 1]])


def test_query_key_and_value_keep_their_places() -> None:
    attention = randomised(MultiHeadAttention(4, 2, dropout=0.0))
    query, key, value = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 4)
    output, weights = attention(query, key, value)
    assert output.shape == (2, 3, 4)
    assert weights.shape == (2, 2, 3, 5)
    assert_equal(attention(query, key, torch.randn(2, 5, 4))[1], weights)  # values have no say in the weights
    mixed = merge_heads(weights @ split_heads(attention.value_projection(value), 2))
    assert_equal(output, attention.output_projection(mixed))


def test_a_mask_may_differ_by_row_by_head_and_by_query() -> None:
    attention, x = randomised(MultiHeadAttention(4, 2, dropout=0.0)), torch.randn(3, 3, 4)  # B = Tq = Tk
    mask = torch.ones(3, 2, 3, 3, dtype=torch.bool)
    mask[1, 0, 2, 1] = False
    _, weights = attention(x, x, x, mask)
    assert (weights == 0).nonzero().tolist() == [[1, 0, 2, 1]]


@pytest.mark.parametrize("num_heads", [1, 2, 4, 8, 16, 32, 64, 128])
def test_any_number_of_heads_costs_the_same_66048_parameters(num_heads: int) -> None:
    assert count_parameters(MultiHeadAttention(128, num_heads)) == 66_048


@pytest.mark.parametrize("mask", [None, torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()], ids=["all", "look-ahead"])
def test_attend_equals_forward_in_value_and_gradient(mask: torch.Tensor | None) -> None:  # T8
    attention = randomised(MultiHeadAttention(6, 3, dropout=0.0))
    query, memory = torch.randn(2, 4, 6, requires_grad=True), torch.randn(2, 4, 6, requires_grad=True)
    wanted = [query, memory, *attention.parameters()]
    fused, readable = attend(attention, query, memory, mask), attention(query, memory, memory, mask)[0]
    assert_equal(fused, readable)
    upstream = torch.randn_like(fused)
    of_fused = torch.autograd.grad(fused, wanted, upstream)
    for actual, expected in zip(of_fused, torch.autograd.grad(readable, wanted, upstream), strict=True):
        assert_equal(actual, expected)


def test_dropout_is_on_in_training_and_off_in_evaluation_in_both_paths() -> None:  # T18
    attention, x = MultiHeadAttention(6, 2, dropout=0.5), torch.randn(2, 4, 6)
    memory = attention.project_memory(x)
    for output in (lambda: attention(x, x, x)[0], lambda: attention.attend(x, memory)):
        attention.train()
        assert not torch.equal(output(), output())
        attention.eval()
        assert torch.equal(output(), output())


def test_the_weights_that_are_returned_are_those_before_dropout() -> None:
    attention, x = randomised(MultiHeadAttention(6, 2, dropout=0.5)), torch.randn(2, 4, 6)
    weights = attention.train()(x, x, x)[1]
    assert_equal(weights, attention.eval()(x, x, x)[1])


def test_projected_memory_can_grow_position_by_position() -> None:
    attention, x = randomised(MultiHeadAttention(6, 2)), torch.randn(2, 5, 6)
    grown = attention.project_memory(x[:, :1])
    for t in range(1, 5):
        grown = grown.append(attention.project_memory(x[:, t : t + 1]))
    whole: KeyValue = attention.project_memory(x)
    assert_equal(grown.keys, whole.keys)
    assert_equal(grown.values, whole.values)
