"""Averaged weights: of the last or the best moments of a run, or the exponential mean of all of them (EMA)."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn

from henkan.config import TrainingConfig
from henkan.training.keep_best import KeepBest
from henkan.training.reports import DevReport

PARTS = 10  # of a run: the last weights, evenly apart, stem from the last of them

Weights = Mapping[str, Tensor]


def mean_weights(sets: Sequence[Weights]) -> dict[str, Tensor]:
    """The mean of each floating-point tensor over ``sets``; any other, such as a counter, is that of the last set.

    The mean of equal tensors is that tensor, bit for bit. Sets of different names or shapes are a ``ValueError``.
    """
    if not sets:
        raise ValueError("there are no weights to average: give at least one set")
    shapes = {name: weight.shape for name, weight in sets[0].items()}
    if any({name: weight.shape for name, weight in weights.items()} != shapes for weights in sets):
        raise ValueError("weights of different models cannot be averaged: their names or shapes differ")
    return {
        name: _mean([weights[name] for weights in sets]) if last.is_floating_point() else last.clone()
        for name, last in sets[-1].items()
    }


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    mean = tensors[0].double()
    for count, tensor in enumerate(tensors[1:], start=2):
        mean = mean + (tensor.double() - mean) / count  # this form adds 0 for what is equal to the mean
    return mean.to(tensors[0].dtype, copy=True)


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """A copy of every parameter, shared ones once."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


@torch.no_grad()
def put_weights(model: nn.Module, weights: Weights) -> None:
    """Copy ``weights`` into the parameters of ``model``, whose shared ones stay shared."""
    for name, parameter in model.named_parameters():
        parameter.copy_(weights[name])


@contextmanager
def exchanged(model: nn.Module, weights: Weights | None, mark: Callable[[bool], None]) -> Iterator[None]:
    """``model`` with ``weights``, if there are any, instead of its own, which are back afterwards.

    ``mark(False)`` is called before its own are touched and ``mark(True)`` once they are back: if Ctrl-C comes while
    they are copied, it is not.
    """
    if weights is None:
        yield
        return
    own = copy_weights(model)
    mark(False)
    try:
        put_weights(model, weights)
        yield
    finally:
        put_weights(model, own)
        mark(True)


class Averaging(Protocol):
    """What a run tells its averaging, and what it gets. Between two updates ``tensors`` are all of its state."""

    def after_update(self, model: nn.Module, step: int, progress: float) -> None: ...
    def after_evaluation(self, model: nn.Module, number: int, badness: float) -> None: ...
    def during(self) -> Weights | None:
        """What evaluations measure, if it is not the model's own weights."""
        ...

    def at_end(self) -> Weights | None:
        """What is measured once more, at the end of the run."""
        ...

    def tensors(self) -> dict[str, Tensor]: ...
    def resume(self, tensors: Weights, history: Sequence[DevReport], keep: KeepBest) -> None:
        """Go on from ``tensors``, copies on the model's device of what ``tensors`` gave then."""
        ...


def make_averaging(config: TrainingConfig) -> Averaging:
    """The averaging that ``config.average`` names."""
    if config.average == "ema":
        return ExponentialMean(config.ema_decay)
    if config.average == "last":
        return LastWeights(config.average_of)
    return BestWeights(config.average_of) if config.average == "best" else Snapshots(0)


class Snapshots:
    """Copies of the weights, each under a number that rises over the run. This class itself takes none."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sets: dict[int, Weights] = {}

    def after_update(self, model: nn.Module, step: int, progress: float) -> None: ...
    def after_evaluation(self, model: nn.Module, number: int, badness: float) -> None: ...

    def during(self) -> Weights | None:
        return None

    def at_end(self) -> Weights | None:
        """The mean, if there is more than one set; one alone has been measured already."""
        return mean_weights([self.sets[number] for number in sorted(self.sets)]) if len(self.sets) > 1 else None

    def tensors(self) -> dict[str, Tensor]:
        return {f"{number}.{name}": weight for number, sets in self.sets.items() for name, weight in sets.items()}

    def resume(self, tensors: Weights, history: Sequence[DevReport], keep: KeepBest) -> None:
        sets: dict[int, dict[str, Tensor]] = {}
        for full_name, weight in tensors.items():
            number, _, name = full_name.partition(".")
            sets.setdefault(int(number), {})[name] = weight.cpu()
        self.sets = {number: sets[number] for number in sorted(sets)}

    def _take(self, number: int, model: nn.Module) -> None:
        # Not on an accelerator, whose memory is scarce.
        self.sets[number] = {name: weight.detach().to("cpu", copy=True) for name, weight in model.named_parameters()}


class LastWeights(Snapshots):
    """The latest ``count`` sets, of moments that lie evenly over the last tenth of the run's length."""

    def after_update(self, model: nn.Module, step: int, progress: float) -> None:
        part = math.floor(progress * (self.count * PARTS))
        if part > max(self.sets, default=0):
            self._take(part, model)
            self.sets = {number: self.sets[number] for number in sorted(self.sets)[-self.count :]}


class BestWeights(Snapshots):
    """The sets of the ``count`` best evaluations; of equal ones, the later."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.badness: dict[int, float] = {}

    def after_evaluation(self, model: nn.Module, number: int, badness: float) -> None:
        if not math.isfinite(badness):
            return
        self.badness[number] = badness
        best = sorted(self.badness, key=lambda other: (self.badness[other], -other))[: self.count]
        if number in best:
            self._take(number, model)
        self.sets = {other: weights for other, weights in self.sets.items() if other in best}
        self.badness = {other: self.badness[other] for other in best}

    def resume(self, tensors: Weights, history: Sequence[DevReport], keep: KeepBest) -> None:
        super().resume(tensors, history, keep)
        self.badness = {number: keep.badness_of(history[number].metrics) for number in self.sets}


class ExponentialMean:
    """A mean of which every update replaces a share of 1 - ``decay``; a larger one at first, so that it soon fits."""

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.weights: dict[str, Tensor] = {}

    @torch.no_grad()
    def after_update(self, model: nn.Module, step: int, progress: float) -> None:
        if not self.weights:
            self.weights = copy_weights(model)
            return
        decay = min(self.decay, step / (step + 9))
        for name, parameter in model.named_parameters():
            self.weights[name].lerp_(parameter, 1 - decay)

    def after_evaluation(self, model: nn.Module, number: int, badness: float) -> None: ...

    def during(self) -> Weights | None:
        return self.weights or None

    def at_end(self) -> Weights | None:
        return None

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.weights)

    def resume(self, tensors: Weights, history: Sequence[DevReport], keep: KeepBest) -> None:
        self.weights = dict(tensors)
