"""Whether matrix products in half width are worth it on this machine."""

import time

import torch
from torch import nn

from henkan.config import TrainingConfig
from henkan.data import Batch
from henkan.training.step import compute_loss

WORTHWHILE = 1.15
"""Half width must be this much faster to be chosen: under it, the exact products are the better bargain."""


def choose_autocast(
    model: nn.Module, batch: Batch, criterion: nn.Module, config: TrainingConfig
) -> tuple[torch.dtype | None, str]:
    """The dtype of the matrix products (``None``: as the weights are), and the reason in a sentence.

    "auto" times forward and backward of ``batch`` both ways. Neither weights nor random numbers are changed by it.
    """
    if config.precision != "auto":
        return (torch.bfloat16 if config.precision == "bfloat16" else None), "as asked"
    speedup = bfloat16_speedup(model, batch, criterion)
    chosen = torch.bfloat16 if speedup >= WORTHWHILE else None
    return chosen, f"a step in bfloat16 is {speedup:.1f} times as fast as in float32 on this machine"


def bfloat16_speedup(model: nn.Module, batch: Batch, criterion: nn.Module, rounds: int = 5) -> float:
    """How many times faster forward and backward of ``batch`` are in bfloat16.

    The two are timed in turn, and the fastest of each counts: other work on the machine can only make a round slower.
    """
    seconds: dict[bool, list[float]] = {False: [], True: []}
    was_training = model.training
    model.train()
    with torch.random.fork_rng():
        for round_number in range(rounds + 1):
            for half in (False, True):
                start = time.perf_counter()
                with torch.autocast(batch.src.device.type, dtype=torch.bfloat16, enabled=half):
                    loss = compute_loss(model, batch, criterion)
                loss.backward()
                float(loss.detach())  # wait for an accelerator
                if round_number > 0:  # the first round warms up
                    seconds[half].append(time.perf_counter() - start)
    model.zero_grad(set_to_none=True)
    model.train(was_training)
    return min(seconds[False]) / min(seconds[True])
