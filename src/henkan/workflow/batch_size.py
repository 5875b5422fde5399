"""Which batches fit into the memory, and which of them this machine trains fastest: tried out before the training."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from henkan.config import TrainingConfig
from henkan.data import Batch, PairArrays
from henkan.data.arrays import Indices
from henkan.data.batching import TokenBatches
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, compute_loss
from henkan.workflow.choose import MIN_BATCHES, MIN_STEPS
from henkan.workflow.memory import free_memory, is_memory_error, keeping
from henkan.workflow.pace import training_mode

SMALLEST, LARGEST = 512, 2**18  # tokens
NEARLY = 0.95  # of the highest speed: the smallest batch that reaches it makes the most updates in the same time
SHARE = 0.8  # of the free memory that a batch may take
TEMPORARY = 2.5  # what a pass takes at most, in units of what it keeps for the way back: 1.2 to 2.3 were measured
COPIES = 6  # of the weights: gradients, two moments, the best ones, and room for averages
ENOUGH_SECONDS, MAX_BATCHES = 1.5, 8  # of trying, for each size
NO_FASTER = 3  # sizes in a row that are not the fastest, after which larger ones are not tried
SAMPLE = 100_000  # pairs that stand for all


@dataclass(frozen=True)
class Trial:
    """What batches of so many tokens take. ``memory`` is in bytes; without ``speed`` they do not fit."""

    tokens: int
    memory: int
    speed: float | None = None  # real target tokens per second


def try_batch_sizes(
    model: Transformer, pairs: PairArrays, config: TrainingConfig, autocast: torch.dtype | None
) -> list[Trial]:
    """A trial for each size, doubling: until one does not fit, none is faster, or an epoch would have few batches.

    Timed are forward and backward of ordinary batches; weighed is the heaviest, that of the longest pairs. On the CPU,
    where too large a batch would be the end of the process, a size is judged by twice the memory of the one before.
    Weights and random numbers stay as they are.
    """
    tokens = SMALLEST
    while tokens < max(int(pairs.src_lengths.max()), int(pairs.tgt_lengths.max())):
        tokens *= 2
    largest = max(tokens, int(pairs.tgt_lengths.sum(dtype=np.int64)) // MIN_BATCHES)
    device, sample = next(model.parameters()).device, _sample(pairs)
    room = free_memory(device)
    if room is not None:
        room = int(SHARE * room) - COPIES * sum(p.numel() * p.element_size() for p in model.parameters())
    trials: list[Trial] = []
    while tokens <= min(largest, LARGEST) and not _is_over(trials):
        expected = 2 * trials[-1].memory if trials else 0
        if room is not None and device.type == "cpu" and expected > room:
            trials.append(Trial(tokens, expected))
        else:
            trial = _try(model, sample, replace(config, batch_tokens=tokens), autocast)
            trials.append(trial if room is None or trial.memory <= room else replace(trial, speed=None))
        tokens *= 2
    return trials


def choose_batch_size(trials: Sequence[Trial], seconds: float | None = None) -> int:
    """The tokens of the smallest batch that is nearly as fast as the fastest.

    With a time budget of so many ``seconds``, only sizes count of which enough updates fit into it, if there are any.
    """
    fitting = [trial for trial in trials if trial.speed is not None]
    if not fitting:
        raise ValueError(
            f"not even batches of {trials[0].tokens:,} tokens fit into the memory: leave out the longest pairs, or "
            f"take a smaller model, for example --model.d_model 64"
        )
    if seconds is not None:
        fitting = [trial for trial in fitting if _speed(trial) * seconds / trial.tokens >= MIN_STEPS] or fitting[:1]
    highest = max(map(_speed, fitting))
    return next(trial.tokens for trial in fitting if _speed(trial) >= NEARLY * highest)


def describe_trials(trials: Sequence[Trial], chosen: int) -> list[str]:
    """A table of what was tried."""
    lines = [f"  {'batch_tokens':>12}  {'memory':>10}  {'tokens/s':>10}"]
    for trial in trials:
        speed = f"{trial.speed:>10,.0f}" if trial.speed is not None else f"{'too large':>10}"
        mark = "  chosen" if trial.tokens == chosen else ""
        lines.append(f"  {trial.tokens:>12,}  {trial.memory / 2**20:>7,.0f} MB  {speed}{mark}")
    return lines


def _is_over(trials: Sequence[Trial]) -> bool:
    if trials and trials[-1].speed is None:
        return True
    speeds = [_speed(trial) for trial in trials]
    return len(speeds) > NO_FASTER and max(speeds[-NO_FASTER:]) <= max(speeds[:-NO_FASTER])


def _speed(trial: Trial) -> float:
    return trial.speed or 0.0


def _try(model: Transformer, pairs: PairArrays, config: TrainingConfig, autocast: torch.dtype | None) -> Trial:
    device = next(model.parameters()).device
    batches = TokenBatches(pairs, config.batch_tokens, max_rows=config.batch_rows or None, seed=config.seed)
    groups = batches.indices_of(0)
    criterion = LabelSmoothingCrossEntropy(config.label_smoothing, model.pad_idx)
    memory = 0
    try:
        with training_mode(model):
            memory = _memory(
                model, pairs.batch(_heaviest(pairs, groups, model.d_model)).to(device), criterion, autocast
            )
            seconds = tokens = 0.0
            for indices in groups[:MAX_BATCHES]:
                batch = pairs.batch(indices).to(device)
                start = time.perf_counter()
                _pass(model, batch, criterion, autocast)
                seconds, tokens = seconds + time.perf_counter() - start, tokens + batch.num_target_tokens
                if seconds > ENOUGH_SECONDS:
                    break
    except (MemoryError, RuntimeError) as error:
        if not is_memory_error(error):
            raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
        return Trial(config.batch_tokens, memory)
    return Trial(config.batch_tokens, memory, tokens / max(seconds, 1e-9))


def _memory(model: Transformer, batch: Batch, criterion: nn.Module, autocast: torch.dtype | None) -> int:
    """The bytes that the pass of one batch takes: measured on CUDA, elsewhere reckoned from what it keeps."""
    if batch.src.device.type == "cuda":
        before = torch.cuda.memory_allocated(batch.src.device)
        torch.cuda.reset_peak_memory_stats(batch.src.device)
        _pass(model, batch, criterion, autocast)
        return torch.cuda.max_memory_allocated(batch.src.device) - before
    with keeping() as kept:
        _pass(model, batch, criterion, autocast)
    return int(TEMPORARY * kept.bytes)


def _pass(model: Transformer, batch: Batch, criterion: nn.Module, autocast: torch.dtype | None) -> None:
    with torch.autocast(batch.src.device.type, dtype=autocast, enabled=autocast is not None):
        loss = compute_loss(model, batch, criterion)
    torch.autograd.backward(loss)
    float(loss.detach())  # wait for an accelerator
    model.zero_grad(set_to_none=True)


def _heaviest(pairs: PairArrays, groups: Sequence[Indices], d_model: int) -> Indices:
    """The batch that takes the most memory: activations by length and width, attention by the square of the length."""

    def weight(indices: Indices) -> int:
        length = int(pairs.src_lengths[indices].max()) + int(pairs.tgt_lengths[indices].max())
        return len(indices) * length * (length + d_model)

    return max(groups, key=weight)


def _sample(pairs: PairArrays) -> PairArrays:
    """Pairs from all over the data, the longest among them."""
    if len(pairs) <= SAMPLE:
        return pairs
    longest = [int(pairs.src_lengths.argmax()), int(pairs.tgt_lengths.argmax())]
    chosen = np.union1d(np.linspace(0, len(pairs) - 1, SAMPLE).astype(np.int64), longest)
    return PairArrays.of(pairs[int(index)] for index in chosen)
