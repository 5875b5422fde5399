"""How fast this machine trains this model."""

import time
from collections.abc import Sequence

import torch
from torch import nn

from henkan.data import Batch
from henkan.training import compute_loss


def seconds_per_batch(
    model: nn.Module, batches: Sequence[Batch], criterion: nn.Module, autocast: torch.dtype | None
) -> float:
    """The mean time of forward and backward; the first batch warms up. Neither weights nor random numbers change."""
    was_training = model.training
    model.train()
    seconds = 0.0
    with torch.random.fork_rng():
        for number, batch in enumerate([batches[0], *batches]):
            start = time.perf_counter()
            with torch.autocast(batch.src.device.type, dtype=autocast, enabled=autocast is not None):
                loss = compute_loss(model, batch, criterion)
            torch.autograd.backward(loss)
            float(loss.detach())  # wait for an accelerator
            if number > 0:
                seconds += time.perf_counter() - start
    model.zero_grad(set_to_none=True)
    model.train(was_training)
    return seconds / len(batches)
