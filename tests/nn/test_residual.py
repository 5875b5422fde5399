"""The residual connection in both orders."""

import pytest
import torch
from torch import nn

from henkan.nn import SublayerConnection

from .small import assert_equal, randomised

pytestmark = pytest.mark.usefixtures("float64")


def test_post_norm_normalises_the_sum() -> None:
    connection, sublayer, x = randomised(SublayerConnection(6, 0.0)), nn.Linear(6, 6), torch.randn(2, 3, 6)
    assert_equal(connection(x, sublayer), connection.norm(x + sublayer(x)))


def test_pre_norm_normalises_what_goes_into_the_sublayer() -> None:
    connection = randomised(SublayerConnection(6, 0.0, norm_first=True))
    sublayer, x = nn.Linear(6, 6), torch.randn(2, 3, 6)
    assert_equal(connection(x, sublayer), x + sublayer(connection.norm(x)))


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_silent_sublayer_leaves_the_input_as_it_is_or_normalised(norm_first: bool) -> None:
    connection, x = randomised(SublayerConnection(6, 0.5, norm_first=norm_first)), torch.randn(2, 3, 6)
    assert_equal(connection(x, torch.zeros_like), x if norm_first else connection.norm(x))  # x itself is never dropped


def test_dropout_acts_on_what_the_sublayer_adds() -> None:
    connection, x = SublayerConnection(64, 0.5, norm_first=True), torch.randn(4, 8, 64)
    added = connection(x, torch.ones_like) - x
    assert_equal(added.unique(sorted=True)[[0, -1]], torch.tensor([0.0, 2.0]))
    assert 0.4 < (added > 1).double().mean() < 0.6
    assert_equal(connection.eval()(x, torch.ones_like), x + 1)


def test_post_norm_is_the_default() -> None:
    assert SublayerConnection(6).norm_first is False
    assert SublayerConnection(6).dropout.p == 0.1
