"""The feed-forward network: the same small network at every position."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from henkan.nn import FeedForward, PositionwiseFeedForward, count_parameters

from .small import assert_equal, randomised

pytestmark = pytest.mark.usefixtures("float64")


def test_equation_two_by_hand() -> None:
    network = PositionwiseFeedForward(2, 3, dropout=0.0)
    with torch.no_grad():
        network.expand.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
        network.expand.bias.copy_(torch.tensor([0.5, -3.0, 0.0]))
        network.contract.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
        network.contract.bias.copy_(torch.tensor([10.0, 20.0]))
    # x = (1, 2): widened (1.5, -1, -3), bent (1.5, 0, 0), brought back (1.5, 6) + (10, 20)
    assert_equal(network(torch.tensor([[[1.0, 2.0]]])), torch.tensor([[[11.5, 26.0]]]))


def test_a_position_never_sees_its_neighbours() -> None:
    network, x = randomised(PositionwiseFeedForward(4, 8, dropout=0.0)), torch.randn(2, 3, 4)
    jacobian = torch.autograd.functional.jacobian(network, x)  # (2, 3, 4, 2, 3, 4)
    by_position = jacobian.abs().sum(dim=(2, 5)).flatten(2).flatten(0, 1)
    assert torch.equal(by_position > 0, torch.eye(6, dtype=torch.bool))


@pytest.mark.parametrize(("name", "function"), [("relu", F.relu), ("gelu", F.gelu), ("silu", F.silu)])
def test_the_activation_is_the_one_that_was_named(name: str, function: nn.Module) -> None:
    network, x = randomised(PositionwiseFeedForward(4, 8, dropout=0.0, activation=name)), torch.randn(2, 3, 4)
    assert_equal(network(x), network.contract(function(network.expand(x))))


def test_relu_is_the_default() -> None:
    assert PositionwiseFeedForward(4, 8).activation is F.relu


def test_dropout_acts_on_the_inner_layer() -> None:
    network = PositionwiseFeedForward(1, 1000, dropout=0.25)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    x = torch.zeros(1, 1, 1)  # every inner unit is 1, the output is 1 + their sum
    assert network(x).item() == pytest.approx(1001, rel=0.1)
    assert network(x).item() != 1001
    assert network.eval()(x).item() == 1001


def test_128_wide_and_512_inside_has_131712_parameters() -> None:
    assert count_parameters(PositionwiseFeedForward(128, 512)) == 131_712


def test_both_published_names_are_one_class() -> None:
    assert FeedForward is PositionwiseFeedForward
