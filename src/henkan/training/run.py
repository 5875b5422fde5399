"""A run between its updates: what is due, what was found, where it stands. Whoever makes the updates tells it."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from torch import Tensor
from torch.optim import Optimizer

from henkan.config import TrainingConfig
from henkan.nn import Transformer
from henkan.training.average import Weights, copy_weights, exchanged, make_averaging
from henkan.training.early_stopping import EarlyStopping
from henkan.training.keep_best import KeepBest
from henkan.training.loop import looking_only
from henkan.training.reports import DevReport, FitResult, Measured, Observer, Reason, StepReport
from henkan.training.schedule import rate_at
from henkan.training.state import (
    Checkpoint,
    Checkpoints,
    RunState,
    gather,
    put_random_state,
    random_state,
    restore,
)

MAX_SAVING = 0.05  # of the time: large models get their checkpoints less often


class Run:
    """A run of ``config`` that begins anew or from the latest of ``checkpoints``.

    Ask ``is_over`` before each update, make the update at ``rate``, and report it to ``after_update``; then ``finish``
    or, if it was broken off, ``interrupt``; then ``end``. ``batches_per_epoch`` is what its epochs are counted by.

    ``is_whole`` says whether ``state``, ``random`` and the weights are those of one moment.
    """

    def __init__(  # noqa: PLR0913 - what a run consists of
        self,
        model: Transformer,
        optimizer: Optimizer,
        config: TrainingConfig,
        batches_per_epoch: int,
        *,
        evaluate_dev: Callable[[], Mapping[str, float]],
        keep: KeepBest,
        observer: Observer,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.model, self.optimizer, self.config = model, optimizer, config
        self.batches_per_epoch = batches_per_epoch
        self.evaluate_dev, self.keep, self.observer, self.checkpoints = evaluate_dev, keep, observer, checkpoints
        self.state = RunState()
        self.started, self.earlier_seconds = self.clock(), 0.0
        self.next_save = config.checkpoint_seconds
        self.device = next(model.parameters()).device
        self.averaging = make_averaging(config)
        self.sound: tuple[int, Weights] | None = None  # of the latest checkpoint, while nothing has been evaluated
        self.early_stopping = EarlyStopping(config.patience, min_delta=0.0) if config.patience else None
        self.was_interrupted = False
        if checkpoints is not None and (checkpoint := checkpoints.latest()) is not None:
            self._go_on_from(checkpoint)
        self.random = self.random_state()
        self.is_whole = True
        optimizer.register_step_pre_hook(self._leave_state)

    def clock(self) -> float:
        """The time in seconds since some moment."""
        return time.monotonic()

    def random_state(self) -> dict[str, Tensor]:
        """The state of the generators that training draws from, as a checkpoint has it."""
        return random_state(self.device)

    def put_random_state(self, state: Mapping[str, Tensor]) -> None:
        """Let the generators go on from ``state``."""
        put_random_state(state, self.device)

    @property
    def seconds(self) -> float:
        """The time spent on the run, by all who worked on it."""
        return self.earlier_seconds + self.clock() - self.started

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, in time or in updates."""
        if self.config.max_minutes is not None:
            return min(1.0, self.seconds / (60 * self.config.max_minutes))
        return self.state.step / self.config.max_steps

    @property
    def epoch(self) -> int:
        """That of the latest batch, counted from 1; 0 before the first."""
        return math.ceil(self.state.batches / self.batches_per_epoch)

    @property
    def rate(self) -> float:
        """The rate of the next update."""
        return rate_at(self.state.step + 1, self.progress, self.config)

    def is_over(self) -> bool:
        """Whether there is no update to come. An evaluation or a checkpoint that is due is made first."""
        if self.state.ended is None:
            if self.state.batches and self.progress * self.config.evaluations >= len(self.state.history) + 1:
                self.evaluate()
                self.save()
            elif self.seconds >= self.next_save:
                self.save()
        return self.state.ended is not None

    def after_update(self, num_batches: int, num_tokens: int, loss: float, rate: float) -> None:
        """Note an update from so many batches and target tokens, or that it was skipped: its ``loss`` is not finite."""
        self.is_whole = False
        is_skipped = not math.isfinite(loss)
        self.state = self.state.after_update(num_batches, num_tokens, is_skipped=is_skipped)
        if not is_skipped:
            self.averaging.after_update(self.model, self.state.step, self.progress)
        self.random = self.random_state()
        self.is_whole = True
        training_seconds = max(self.seconds - self.state.evaluation_seconds, 1e-9)
        speed = self.state.num_tokens / training_seconds
        self.observer.on_step(StepReport(self.state.step, self.epoch, self.progress, loss, rate, speed, self.seconds))

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

    def finish(self) -> None:
        """Measure what is still to be measured after the last update."""
        if self.state.ended == "diverged" and not self.state.history and self.sound is not None:
            step, weights = self.sound
            self._note(self._measure(weights, "own", step))
        if self.evaluate_average():
            self.save()

    def interrupt(self) -> None:
        """End early, not badly: the weights of this moment are saved, and evaluated like any others."""
        self.was_interrupted = True
        if self.is_whole:
            self.save()
        if self.state.ended is None:
            self.evaluate()
            self.evaluate_average()

    def end(self) -> FitResult:
        """How the run went; the model has its best weights, in eval mode."""
        self.keep.restore(self.model)
        self.model.eval()
        reason: Reason | None = "interrupted" if self.was_interrupted else self.state.ended
        assert reason is not None
        return FitResult(reason, self.state.step, self.epoch, self.seconds, self.state.history, self.state.skipped)

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

    def take_up(self, state: RunState) -> None:
        """Go on from ``state``, now that all tensors are as they were then."""
        self.state, self.earlier_seconds = state, state.seconds
        self.sound = None if state.history else (state.step, copy_weights(self.model))
        if self.early_stopping is not None:
            for report in state.history:
                self._is_stuck(self.early_stopping, report)
        self.next_save = self.seconds + self.config.checkpoint_seconds

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        restore(checkpoint, self.model, self.optimizer, self.keep, self.averaging)
        self.put_random_state(checkpoint.tensors)
        self.take_up(checkpoint.state)

    def _is_stuck(self, early_stopping: EarlyStopping, report: DevReport) -> bool:
        return early_stopping(self.keep.sign * report.metrics[self.keep.metric])

    def _note(self, report: DevReport) -> None:
        self._mark(True)
        self.observer.on_evaluation(report)

    def _mark(self, is_whole: bool) -> None:
        self.is_whole = is_whole

    def _leave_state(self, *_: object) -> None:
        self._mark(False)  # from here to the end of the update, weights and state are not of one moment
