"""A whole run: updates until the steps or the time are used up, the best weights kept."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from henkan.config import TrainingConfig
from henkan.data import Batch
from henkan.nn import Transformer
from henkan.training.early_stopping import EarlyStopping
from henkan.training.keep_best import KeepBest
from henkan.training.loop import grouped, looking_only
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer
from henkan.training.schedule import rate_at
from henkan.training.step import train_step

Reason = Literal["steps", "time", "patience", "interrupted", "diverged"]


@dataclass(frozen=True)
class StepReport:
    """How a run stands after an update."""

    step: int
    epoch: int
    progress: float  # 0 to 1, in updates or in time, whichever the run is measured by
    loss: float  # mean per target token of this update, label smoothing included
    rate: float
    tokens_per_second: float  # real target tokens, over the whole run, evaluations not counted
    seconds: float


@dataclass(frozen=True)
class DevReport:
    """What an evaluation of the dev set found."""

    step: int
    seconds: float
    metrics: Mapping[str, float]
    is_best: bool


@dataclass(frozen=True)
class FitResult:
    """How a run ended."""

    stopped_by: Reason
    steps: int
    epochs: int
    seconds: float
    history: Sequence[DevReport]

    @property
    def best(self) -> DevReport | None:
        """The evaluation whose weights were kept."""
        return next((report for report in reversed(self.history) if report.is_best), None)


class Observer(Protocol):
    """Somebody who is told how a run goes."""

    def on_step(self, report: StepReport) -> None: ...
    def on_evaluation(self, report: DevReport) -> None: ...


def fit(
    model: Transformer,
    batches: Iterable[Batch],
    config: TrainingConfig,
    *,
    evaluate_dev: Callable[[], Mapping[str, float]],
    keep: KeepBest,
    observer: Observer,
    autocast: torch.dtype | None = None,
) -> FitResult:
    """Train ``model``, which ends with its best weights, in eval mode; return how the run went.

    Iterating over ``batches`` gives one epoch, as often as wanted. ``evaluate_dev`` measures the model
    ``config.evaluations`` times, in eval mode and without touching training's random numbers. Ctrl-C ends the run
    early, not badly: the weights of that moment are evaluated like any others. A loss that is not finite ends it as
    "diverged".
    """
    run = _Run(model, config, evaluate_dev, keep, observer)
    try:
        reason = run.train(batches, autocast)
    except KeyboardInterrupt:
        reason = "interrupted"
        run.evaluate()
    keep.restore(model)
    model.eval()
    return FitResult(reason, run.step, run.epoch, run.seconds, run.history)


class _Run:
    """The state of one ``fit``."""

    def __init__(
        self,
        model: Transformer,
        config: TrainingConfig,
        evaluate_dev: Callable[[], Mapping[str, float]],
        keep: KeepBest,
        observer: Observer,
    ) -> None:
        self.model, self.config, self.evaluate_dev, self.keep, self.observer = (
            model,
            config,
            evaluate_dev,
            keep,
            observer,
        )
        self.started = time.monotonic()
        self.step = self.epoch = self.num_tokens = 0
        self.evaluation_seconds = 0.0
        self.history: list[DevReport] = []
        self.early_stopping = EarlyStopping(config.patience, min_delta=0.0) if config.patience else None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def progress(self) -> float:
        if self.config.max_minutes is not None:
            return min(1.0, self.seconds / (60 * self.config.max_minutes))
        return self.step / self.config.max_steps

    def train(self, batches: Iterable[Batch], autocast: torch.dtype | None) -> Reason:
        """Make updates until something ends the run; say what."""
        config = self.config
        criterion = LabelSmoothingCrossEntropy(config.label_smoothing, self.model.pad_idx)
        optimizer = make_optimizer(self.model, config)
        self.model.train()
        for group in grouped(self._forever(batches), config.accumulate):
            rate = rate_at(self.step + 1, self.progress, config)
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate
            loss_sum, num_tokens = train_step(
                self.model, group, optimizer, criterion, max_norm=config.max_norm, autocast=autocast
            )
            loss = float(loss_sum) / max(num_tokens, 1)
            if not math.isfinite(loss):
                return "diverged"
            self.step += 1
            self.num_tokens += num_tokens
            self._report(loss, rate)
            if self.progress * config.evaluations >= len(self.history) + 1:
                is_stuck = self.evaluate()
                if self.progress >= 1.0:
                    return "steps" if config.max_minutes is None else "time"
                if is_stuck:
                    return "patience"
        raise AssertionError("the batches never end")

    def evaluate(self) -> bool:
        """Measure the model and keep it if it is the best so far; return whether patience has run out."""
        before = self.seconds
        with looking_only(self.model):
            metrics = self.evaluate_dev()
        is_best = self.keep.update(self.model, metrics)
        self.evaluation_seconds += self.seconds - before
        report = DevReport(self.step, self.seconds, metrics, is_best)
        self.history.append(report)
        self.observer.on_evaluation(report)
        return self.early_stopping is not None and self.early_stopping(self.keep.sign * metrics[self.keep.metric])

    def _forever(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        device = next(self.model.parameters()).device
        while True:
            self.epoch += 1
            for batch in batches:
                self.model.check_ids(batch.src, batch.tgt)
                yield batch.to(device)

    def _report(self, loss: float, rate: float) -> None:
        training_seconds = max(self.seconds - self.evaluation_seconds, 1e-9)
        speed = self.num_tokens / training_seconds
        self.observer.on_step(StepReport(self.step, self.epoch, self.progress, loss, rate, speed, self.seconds))
