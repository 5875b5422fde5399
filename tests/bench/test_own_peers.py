"""The two peers that are measured from henkan's own environment do the work that they are measured with."""

from typing import Any

import pytest
import torch
from torch import nn

from henkan.bench.peers import Way, own, torch_transformer
from henkan.bench.phases import PHASES, Parts, time_phases
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, SHAPES, Shape, Work

TINY = SHAPES["tiny"]
TIED = Shape("tied", 16, 2, 32, 1, 50, True, num_batches=2, target_tokens=64)
PADDED = Work(
    src=torch.tensor([[5, 6, EOS], [7, EOS, PAD]]),
    tgt_in=torch.tensor([[BOS, 8, 9], [BOS, 8, PAD]]),
    tgt_out=torch.tensor([[8, 9, EOS], [8, EOS, PAD]]),
)


@pytest.mark.parametrize("peer", [own, torch_transformer], ids=["henkan", "torch"])
@pytest.mark.parametrize("shape", [TINY, TIED], ids=["tiny", "tied"])
def test_an_update_changes_every_parameter(peer: Any, shape: Shape) -> None:
    parts = peer.parts(shape, Way())
    parameters = [weight for group in parts.optimizer.param_groups for weight in group["params"]]
    before = [weight.detach().clone() for weight in parameters]
    parts.step(shape.training_batches()[0])
    biases_of_keys = 3 * shape.num_layers  # softmax does not see them, so they may stay
    unchanged = sum(torch.equal(old, new) for old, new in zip(before, parameters, strict=True))
    assert unchanged <= biases_of_keys


@pytest.mark.parametrize("peer", [own, torch_transformer], ids=["henkan", "torch"])
def test_every_phase_of_a_step_is_seen(peer: Any) -> None:
    seconds = time_phases(peer.parts(TINY, Way()), TINY.training_batches()[0])
    assert tuple(seconds) == PHASES
    assert min(seconds.values()) > 0.0


def test_watching_leaves_nothing_behind() -> None:
    parts, backward = own.parts(TINY, Way()), torch.autograd.backward
    time_phases(parts, TINY.training_batches()[0])
    assert torch.autograd.backward is backward
    assert not parts.decoder._forward_hooks


def test_a_step_that_hides_a_phase_is_told_so() -> None:
    hidden = own.parts(TINY, Way())
    parts = Parts(hidden.step, hidden.collate, nn.Linear(1, 1), hidden.optimizer)
    with pytest.raises(RuntimeError, match="no forward"):
        time_phases(parts, TINY.training_batches()[0])


def test_henkan_reads_and_says_what_the_work_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Work] = []

    def train_step(model: nn.Module, batches: list[Any], *_: object, **__: object) -> None:
        seen.extend(Work(batch.src, batch.tgt_in, batch.tgt_out) for batch in batches)

    monkeypatch.setattr(own, "train_step", train_step)
    own.training(TIED, Way())(PADDED)
    assert torch.equal(seen[0].src, PADDED.src)
    assert torch.equal(seen[0].tgt_in, PADDED.tgt_in)
    assert torch.equal(seen[0].tgt_out, PADDED.tgt_out)


@pytest.mark.parametrize("beam", [1, 4])
def test_henkan_decodes_every_token_that_is_counted(beam: int) -> None:
    found = own.decoding(TINY, Way(), beam)(TINY.sources(3))
    assert [len(tokens) for tokens in found] == [OUTPUT_LENGTH] * 3
    assert all(EOS not in tokens for tokens in found)
