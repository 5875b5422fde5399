"""What the demo notebooks promise: the syllabus, section 10."""

import math

import pytest
import torch
from syllabus import ROOT
from torch import Tensor, nn

from course.builder.lesson import read_lesson
from henkan.course.ledger import number
from henkan.nn import MultiHeadAttention, SelfAttention, count_parameters

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize(("name", "seconds"), [("demo01_self_attention", 15), ("demo02_multi_head_attention", 30)])
def test_the_budgets_are_those_of_the_syllabus(name: str, seconds: int) -> None:
    assert read_lesson(ROOT / "course" / f"{name}.py").seconds == seconds


def test_one_head_over_two_tokens_gives_the_numbers_of_lesson_0() -> None:
    head = SelfAttention(2, dropout=0.0)
    matrices = torch.eye(2), torch.tensor([[0.8, 0.6], [0.0, 1.0]]), torch.tensor([[0.3, 0.0], [0.9, 0.0]])
    with torch.no_grad():
        for layer, matrix in zip(head.children(), matrices, strict=True):
            layer.weight.copy_(matrix.T)
            layer.bias.zero_()
        output, weights = head(torch.eye(2)[None])
    names = ("alpha1", "alpha2", "beta1", "beta2")
    assert weights.flatten().tolist() == pytest.approx([number("eq-sdpa", name) for name in names], abs=1e-12)
    assert output[0, :, 0].tolist() == pytest.approx([number("eq-sdpa", "z1"), number("eq-sdpa", "z2")], abs=1e-12)


def test_without_positions_a_head_is_blind_to_order() -> None:
    head, x, order = SelfAttention(8, dropout=0.0), torch.randn(1, 6, 8), torch.randperm(6)
    torch.testing.assert_close(head(x[:, order])[0], head(x)[0][:, order])


@pytest.mark.parametrize("num_heads", [1, 2, 4, 8])
def test_any_number_of_heads_takes_the_same_parameters(num_heads: int) -> None:
    assert count_parameters(MultiHeadAttention(128, num_heads)) == number("eq-mha", "parameters") == 66_048


def sliced(module: MultiHeadAttention, x: Tensor, heads: list[int]) -> Tensor:
    """The output of some of the heads, each from its own slices, with the bias."""
    width = x.size(-1) // module.num_heads
    output = module.output_projection.bias.expand_as(x)
    for head in heads:
        rows = slice(head * width, (head + 1) * width)
        layers = (module.query_projection, module.key_projection, module.value_projection)
        q, k, v = (nn.functional.linear(x, layer.weight[rows], layer.bias[rows]) for layer in layers)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(width)).softmax(dim=-1)
        output = output + weights @ v @ module.output_projection.weight[:, rows].T
    return output


def test_heads_are_slices_and_the_output_is_the_sum_of_their_parts() -> None:
    module, x = MultiHeadAttention(12, 3, dropout=0.0), torch.randn(2, 5, 12)
    torch.testing.assert_close(sliced(module, x, [0, 1, 2]), module(x, x, x)[0])


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_columns_of_zeros_take_away_one_head_alone(removed: int) -> None:
    module, x = MultiHeadAttention(12, 3, dropout=0.0), torch.randn(2, 5, 12)
    rest = sliced(module, x, [head for head in range(3) if head != removed])
    with torch.no_grad():
        module.output_projection.weight[:, 4 * removed : 4 * removed + 4] = 0.0
    torch.testing.assert_close(module(x, x, x)[0], rest)
