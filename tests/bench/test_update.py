"""What stands around every peer: an update is Adam's, and decoding is without gradients and dropout."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from henkan.bench.peers import Way
from henkan.bench.shapes import PAD, SHAPES, Work
from henkan.bench.update import make_decode, make_update, smoothed_cross_entropy

WORK = SHAPES["tiny"].training_batches()[0]


class Bigrams(nn.Module):
    """Logits from the token before."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(14, 14)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table(ids)


def loss(run: Any, work: Work) -> Tensor:
    return smoothed_cross_entropy(run(work.tgt_in), work.tgt_out)


@pytest.mark.parametrize("fused", [False, True])
def test_an_update_is_one_step_of_adam_and_leaves_no_gradients(fused: bool) -> None:
    torch.manual_seed(1)
    updated = Bigrams()
    make_update(updated, Way(fused_optimizer=fused), loss)(WORK)
    torch.manual_seed(1)
    expected = Bigrams()
    loss(expected, WORK).backward()
    torch.optim.Adam(expected.parameters()).step()
    torch.testing.assert_close(updated.table.weight, expected.table.weight)
    assert updated.table.weight.grad is None


def test_the_loss_leaves_padding_out() -> None:
    logits, tgt_out = torch.randn(2, 3, 14), torch.tensor([[5, 6, PAD], [7, PAD, PAD]])
    changed = logits.masked_fill((tgt_out == PAD).unsqueeze(-1), 9.0)
    assert smoothed_cross_entropy(logits, tgt_out) == smoothed_cross_entropy(changed, tgt_out)


def test_decoding_is_without_gradients_and_dropout() -> None:
    model = nn.Dropout(0.5)
    decode = make_decode(model, Way(), lambda src: (torch.is_grad_enabled(), model.training))
    assert decode(torch.zeros(1, 2)) == (False, False)


@pytest.mark.parametrize("way", [Way(precision="int8"), Way(compiled=True), Way(workers=2)])
def test_a_way_that_a_search_does_not_have_is_refused(way: Way) -> None:
    with pytest.raises(ValueError, match="leave the rest out"):
        make_decode(Bigrams(), way, lambda src: src)


def test_nobody_trains_in_int8() -> None:
    with pytest.raises(ValueError, match="measure float32 or bfloat16"):
        make_update(Bigrams(), Way(precision="int8"), loss)
