"""Where the time of a training step goes, watched from outside: the step itself is the one that is measured."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from henkan.bench.shapes import PAD, Work

PHASES = ("data", "forward", "loss", "backward", "optimizer")
Rows = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Parts:
    """A training step with what is needed to see its phases.

    ``collate`` makes a padded batch of sources and targets, start token included. ``decoder`` is the module with whose
    output the forward pass ends: the projection onto the vocabulary counts as part of the loss.
    """

    step: Callable[[Work], None]
    collate: Callable[[Rows, Rows], object]
    decoder: nn.Module
    optimizer: Optimizer


@dataclass
class Stopwatch:
    """Seconds by phase; a lap ends a phase."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    last: float = field(default_factory=time.perf_counter)

    def start(self) -> None:
        """What was before does not count."""
        self.last = time.perf_counter()

    def lap(self, phase: str) -> None:
        """The time since the last lap was that of ``phase``."""
        now = time.perf_counter()
        self.seconds[phase] += now - self.last
        self.last = now


def time_phases(parts: Parts, work: Work) -> dict[str, float]:
    """Seconds of each phase of one step on ``work``.

    Clipping of the gradients counts for the optimizer. A step in which a phase cannot be seen is a ``RuntimeError``.
    """
    rows = [[[id_ for id_ in row if id_ != PAD] for row in ids.tolist()] for ids in (work.src, work.tgt_in)]
    watch = Stopwatch()
    with _watching(watch, parts):
        watch.start()
        parts.collate(*rows)
        watch.lap("data")
        parts.step(work)
        watch.lap("optimizer")  # what comes behind it: zeroing the gradients
    if unseen := [phase for phase, seconds in watch.seconds.items() if seconds == 0.0]:
        raise RuntimeError(f"the step does not show its phases: no {', '.join(unseen)}")
    return watch.seconds


@contextmanager
def _watching(watch: Stopwatch, parts: Parts) -> Iterator[None]:
    handles = [
        parts.decoder.register_forward_hook(lambda *_: watch.lap("forward")),
        parts.optimizer.register_step_pre_hook(lambda *_: watch.lap("optimizer")),
        parts.optimizer.register_step_post_hook(lambda *_: watch.lap("optimizer")),
    ]
    original = torch.autograd.backward

    def backward(*arguments: Any, **options: Any) -> None:
        watch.lap("loss")
        original(*arguments, **options)
        watch.lap("backward")

    torch.autograd.backward = backward  # no hook is called where a backward pass begins
    try:
        yield
    finally:
        torch.autograd.backward = original
        for handle in handles:
            handle.remove()
