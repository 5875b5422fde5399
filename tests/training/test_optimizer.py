"""Which parameters decay."""

import pytest
from torch import nn

from henkan.config import TrainingConfig
from henkan.nn import Transformer
from henkan.training import make_optimizer, parameter_groups


@pytest.mark.parametrize("tie", ["none", "target", "all"])
def test_every_parameter_is_in_exactly_one_group(tie: str) -> None:  # T32
    model = Transformer(9, 9, 8, 1, 2, 16, tie_embeddings=tie)
    decaying, steady = (group["params"] for group in parameter_groups(model, 0.1))
    identities = [id(parameter) for parameter in decaying + steady]
    assert sorted(identities) == sorted(id(parameter) for parameter in model.parameters())


def test_biases_norms_and_embeddings_do_not_decay() -> None:  # T32
    model = Transformer(9, 9, 8, 1, 2, 16, tie_embeddings="target")
    decaying, steady = parameter_groups(model, 0.1)
    assert (decaying["weight_decay"], steady["weight_decay"]) == (0.1, 0.0)
    matrices = [module.weight for module in model.modules() if isinstance(module, nn.Linear)]
    assert {id(parameter) for parameter in decaying["params"]} == {id(weight) for weight in matrices}


def test_frozen_parameters_are_left_out() -> None:
    model = nn.Linear(2, 2)
    model.bias.requires_grad_(False)
    assert [len(group["params"]) for group in parameter_groups(model, 0.0)] == [1, 0]


def test_the_constants_are_the_papers() -> None:
    optimizer = make_optimizer(nn.Linear(2, 2), TrainingConfig())
    assert optimizer.defaults["betas"] == (0.9, 0.98)
    assert optimizer.defaults["eps"] == 1e-9
