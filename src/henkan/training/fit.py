"""A whole run: updates until the steps or the time are used up, the best weights kept."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch

from henkan.config import TrainingConfig
from henkan.data import Batch
from henkan.nn import Transformer
from henkan.training.average import Weights, copy_weights, exchanged, make_averaging
from henkan.training.early_stopping import EarlyStopping
from henkan.training.keep_best import KeepBest
from henkan.training.loop import Epochs, grouped, looking_only, without_end
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer
from henkan.training.reports import DevReport, FitResult, Measured, Observer, Reason, StepReport
from henkan.training.schedule import rate_at
from henkan.training.state import Checkpoint, Checkpoints, RunState, gather, random_state, restore
from henkan.training.step import train_step

MAX_SAVING = 0.05  # of the time: large models get their checkpoints less often


def fit(
    model: Transformer,
    batches: Epochs,
    config: TrainingConfig,
    *,
    evaluate_dev: Callable[[], Mapping[str, float]],
    keep: KeepBest,
    observer: Observer,
    checkpoints: Checkpoints | None = None,
) -> FitResult:
    """Train ``model``, which ends with its best weights, in eval mode; return how the run went.

    ``evaluate_dev`` measures the model ``config.evaluations`` times, in eval mode and without touching training's
    random numbers; if ``config.average`` says so, it measures averaged weights in the model's place. Ctrl-C ends the
    run early, not badly: the weights of that moment are evaluated like any others. An update whose loss is not finite
    is skipped; several in a row end the run as "diverged".

    ``checkpoints`` gets one every ``config.checkpoint_seconds``, after every evaluation, and at Ctrl-C. A run that
    starts from one goes on as if it had never stopped: on one machine's CPU and without a time budget, the weights come
    out the same bit for bit. The precision "auto" is float32 here; ``choose_autocast`` decides it.
    """
    run = _Run(model, batches, config, evaluate_dev, keep, observer, checkpoints)
    try:
        reason = run.train()
    except KeyboardInterrupt:
        reason = "interrupted"
        if run.is_whole:
            run.save()
        if run.state.ended is None:
            run.evaluate()
            run.evaluate_average()
    keep.restore(model)
    model.eval()
    return FitResult(reason, run.state.step, run.epoch, run.seconds, run.state.history, run.state.skipped)


@dataclass
class _Run:
    """One ``fit``. ``is_whole`` says whether ``state``, ``random`` and the weights are those of one moment."""

    model: Transformer
    batches: Epochs
    config: TrainingConfig
    evaluate_dev: Callable[[], Mapping[str, float]]
    keep: KeepBest
    observer: Observer
    checkpoints: Checkpoints | None
    state: RunState = field(default_factory=RunState)
    is_whole: bool = False
    next_save: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.monotonic()
        self.device = next(self.model.parameters()).device
        self.criterion = LabelSmoothingCrossEntropy(self.config.label_smoothing, self.model.pad_idx)
        self.optimizer = make_optimizer(self.model, self.config)
        self.averaging = make_averaging(self.config)
        self.sound: tuple[int, Weights] | None = None  # of the latest checkpoint, while nothing has been evaluated
        self.early_stopping = EarlyStopping(self.config.patience, min_delta=0.0) if self.config.patience else None
        if self.checkpoints is not None and (checkpoint := self.checkpoints.latest()) is not None:
            self._go_on_from(checkpoint)
        self.earlier_seconds = self.state.seconds
        self.next_save = self.seconds + self.config.checkpoint_seconds
        self.random = random_state(self.device)
        self.optimizer.register_step_pre_hook(self._leave_state)
        self.is_whole = True

    @property
    def seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    @property
    def progress(self) -> float:
        if self.config.max_minutes is not None:
            return min(1.0, self.seconds / (60 * self.config.max_minutes))
        return self.state.step / self.config.max_steps

    @property
    def epoch(self) -> int:
        """That of the latest batch, counted from 1; 0 before the first."""
        return math.ceil(self.state.batches / len(self.batches))

    def train(self) -> Reason:
        """Make updates until something ends the run; say what."""
        self.model.train()
        remaining = without_end(self.model, self.batches, self.state.batches, self.device)
        groups = grouped(remaining, self.config.accumulate)
        while self.state.ended is None:
            if self.state.batches and self.progress * self.config.evaluations >= len(self.state.history) + 1:
                self.evaluate()
                self.save()
            elif self.seconds >= self.next_save:
                self.save()
            if self.state.ended is None:
                self._update(next(groups))
        if self.state.ended == "diverged" and not self.state.history and self.sound is not None:
            step, weights = self.sound
            self._note(self._measure(weights, "own", step))
        if self.evaluate_average():
            self.save()
        return self.state.ended

    def evaluate(self) -> None:
        """Measure the model, or the mean that stands in for it, and note if that was the last time."""
        ema = self.averaging.during()
        report = self._measure(ema, "own" if ema is None else "ema")
        self.averaging.after_evaluation(self.model, len(self.state.history) - 1, self.keep.badness_of(report.metrics))
        if self.progress >= 1.0:
            self.state = replace(self.state, ended="steps" if self.config.max_minutes is None else "time")
        elif self.early_stopping is not None and self._is_stuck(self.early_stopping, report):
            self.state = replace(self.state, ended="patience")
        self._note(report)

    def evaluate_average(self) -> bool:
        """Measure the average of what was set aside, if the run has one; return whether that was still to be done."""
        average = self.averaging.at_end()
        if average is None or any(report.weights == "average" for report in self.state.history):
            return False
        self._note(self._measure(average, "average"))
        return True

    def _measure(self, weights: Weights | None, kind: Measured, step: int | None = None) -> DevReport:
        """Measure ``weights``, by default the model's own of now, and keep them if they are the best so far.

        Afterwards the state is not whole: there may be more to note before it is that of one moment again.
        """
        before = self.seconds
        with looking_only(self.model), exchanged(self.model, weights, self._mark):
            metrics = self.evaluate_dev()
        self._mark(False)
        is_best = self.keep.update(self.model, metrics, weights)
        report = DevReport(self.state.step if step is None else step, self.seconds, metrics, is_best, kind)
        self.state = self.state.after_evaluation(report, self.seconds - before)
        return report

    def save(self) -> None:
        """Leave a checkpoint, and decide when the next one is due."""
        if self.checkpoints is None or self.config.checkpoint_seconds == 0:
            self.next_save = math.inf
            return
        before = self.seconds
        self.sound = None if self.state.history else (self.state.step, copy_weights(self.model))
        tensors = {**gather(self.model, self.optimizer, self.keep, self.averaging), **self.random}
        self.checkpoints.save(Checkpoint(replace(self.state, seconds=before), tensors))
        pause = max(self.config.checkpoint_seconds, (self.seconds - before) / MAX_SAVING)
        self.next_save = self.seconds + pause

    def _update(self, group: list[Batch]) -> None:
        """Make one update, or skip it if it cannot be made, and report it."""
        rate = rate_at(self.state.step + 1, self.progress, self.config)
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = rate
        autocast = torch.bfloat16 if self.config.precision == "bfloat16" else None
        loss_sum, num_tokens = train_step(
            self.model, group, self.optimizer, self.criterion, max_norm=self.config.max_norm, autocast=autocast
        )
        loss = float(loss_sum) / max(num_tokens, 1)
        self.is_whole = False
        is_skipped = not math.isfinite(loss)
        self.state = self.state.after_update(len(group), num_tokens, is_skipped=is_skipped)
        if not is_skipped:
            self.averaging.after_update(self.model, self.state.step, self.progress)
        self.random = random_state(self.device)
        self.is_whole = True
        self._report(loss, rate)

    def _report(self, loss: float, rate: float) -> None:
        training_seconds = max(self.seconds - self.state.evaluation_seconds, 1e-9)
        speed = self.state.num_tokens / training_seconds
        self.observer.on_step(StepReport(self.state.step, self.epoch, self.progress, loss, rate, speed, self.seconds))

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        restore(checkpoint, self.model, self.optimizer, self.keep, self.averaging)
        self.state = checkpoint.state
        self.sound = None if self.state.history else (self.state.step, copy_weights(self.model))
        if self.early_stopping is not None:
            for report in self.state.history:
                self._is_stuck(self.early_stopping, report)

    def _is_stuck(self, early_stopping: EarlyStopping, report: DevReport) -> bool:
        return early_stopping(self.keep.sign * report.metrics[self.keep.metric])

    def _note(self, report: DevReport) -> None:
        self._mark(True)
        self.observer.on_evaluation(report)

    def _mark(self, is_whole: bool) -> None:
        self.is_whole = is_whole

    def _leave_state(self, *_: object) -> None:
        self._mark(False)  # from here to the end of the update, weights and state are not of one moment
