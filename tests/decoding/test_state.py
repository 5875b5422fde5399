"""The state of decoding: caches that may be dropped and reordered, ensembles, and models left as they were."""

import pytest
import torch

from henkan.decoding.checks import place_source
from henkan.decoding.state import State, evaluating, mean_log_probs
from henkan.nn import Transformer

from .models import BOS, SRC, random_model, recomputed_log_probs


def start(*models: Transformer, src: torch.Tensor = SRC) -> State:
    return State.start(models, *place_source(models, src, None))


@torch.no_grad()
def test_cached_steps_equal_running_the_whole_prefix_after_any_drop_or_reorder():  # T9, T15
    model = random_model(num_layers=2)
    state, rows, targets = start(model), torch.arange(len(SRC)), torch.full((len(SRC), 1), BOS)
    for step in range(8):
        log_probs, state = state.step(targets[:, -1])
        for row, target, actual in zip(rows.tolist(), targets.tolist(), log_probs, strict=True):
            expected = recomputed_log_probs(model, SRC[row : row + 1], target[1:])
            torch.testing.assert_close(actual, expected, rtol=0.0, atol=1e-10)
        if step == 2:
            chosen = torch.tensor([0, 0, 1, 1, 2, 2, 5, 5])  # pairs of beams; two sources are dropped
            state = state.select(chosen)
        elif step == 5:
            chosen = torch.tensor([7, 2])
            state = state.select(chosen)
        elif len(rows) == 8:
            chosen = torch.arange(8).view(4, 2).gather(1, torch.randint(2, (4, 2))).flatten()  # parents within pairs
            state = state.reorder(chosen)
        else:
            chosen = torch.arange(len(rows))
        rows, targets = rows[chosen], targets[chosen]
        targets = torch.cat([targets, torch.randint(3, 7, (len(rows), 1))], dim=1)


@torch.no_grad()
def test_an_ensemble_averages_probabilities():
    models = random_model(1), random_model(2)
    tokens = torch.full((len(SRC),), BOS)
    log_probs, state = start(*models).step(tokens)
    separate = [start(model).step(tokens)[0].exp() for model in models]
    torch.testing.assert_close(log_probs.exp(), (separate[0] + separate[1]) / 2, rtol=0.0, atol=1e-12)
    assert len(state.select(torch.tensor([1])).caches) == 2


def test_log_probabilities_have_single_precision_at_least():
    for dtype, expected in (torch.bfloat16, torch.float32), (torch.float32, torch.float32), (torch.float64,) * 2:
        assert mean_log_probs([torch.zeros(1, 4, dtype=dtype)]).dtype == expected


@pytest.mark.parametrize("fails", [False, True])
def test_every_module_is_left_in_the_mode_in_which_it_was(fails: bool):
    model = random_model()
    model.train()
    model.encoder.eval()  # as when an encoder is frozen
    before = [module.training for module in model.modules()]
    try:
        with evaluating((model,)):
            assert not any(module.training for module in model.modules())
            assert not torch.is_grad_enabled()
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert [module.training for module in model.modules()] == before
    assert torch.is_grad_enabled()
