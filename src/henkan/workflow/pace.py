"""How fast this machine trains this model, tried out before the training begins. Nothing the model learned changes."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from henkan.config import TrainingConfig
from henkan.data import Batch, EncodedPair, TokenBatches
from henkan.data.arrays import PairArrays
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, choose_autocast, compute_loss

TRIAL_TOKENS = 1024  # half width is tried out on batches of this size: that takes no time on any machine
TRIAL_BATCHES = 3
ENOUGH_SECONDS = 0.5


def try_precision(
    model: Transformer, pairs: Sequence[EncodedPair], config: TrainingConfig
) -> tuple[torch.dtype | None, str]:
    """The dtype of the matrix products (``None``: as the weights are) and the reason."""
    arrays = PairArrays.of(pairs)
    longest = int(max(arrays.src_lengths.max(), arrays.tgt_lengths.max()))
    tokens = max(longest, min(TRIAL_TOKENS, config.batch_tokens))
    batch = next(_batches(model, TokenBatches(arrays, tokens, seed=config.seed)))
    criterion = LabelSmoothingCrossEntropy(config.label_smoothing, model.pad_idx)
    return choose_autocast(model, batch, criterion, config)


def seconds_per_update(
    model: Transformer, batches: TokenBatches, config: TrainingConfig, autocast: torch.dtype | None
) -> float:
    """The mean time of an update, its optimizer left out."""
    criterion = LabelSmoothingCrossEntropy(config.label_smoothing, model.pad_idx)
    seconds: list[float] = []
    with training_mode(model):
        for batch in _batches(model, batches):
            start = time.perf_counter()
            with torch.autocast(batch.src.device.type, dtype=autocast, enabled=autocast is not None):
                loss = compute_loss(model, batch, criterion)
            torch.autograd.backward(loss)
            float(loss.detach())  # wait for an accelerator
            seconds.append(time.perf_counter() - start)
            if len(seconds) > TRIAL_BATCHES or sum(seconds) > ENOUGH_SECONDS:
                break
    timed = seconds[1:] or seconds  # the first one warms up
    return config.accumulate * sum(timed) / len(timed)


def _batches(model: Transformer, batches: TokenBatches) -> Iterator[Batch]:
    device = next(model.parameters()).device
    return (batch.to(device) for batch in batches.batches_of(0))


@contextmanager
def training_mode(model: Transformer) -> Iterator[None]:
    """Training mode inside; mode, gradients and random numbers are afterwards as they were."""
    was_training = model.training
    model.train()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        model.zero_grad(set_to_none=True)
        model.train(was_training)
