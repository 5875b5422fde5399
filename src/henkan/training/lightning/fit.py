"""``henkan.training.fit`` by Lightning's ``Trainer``: the same run, made by one process or by many."""

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol

import lightning
import torch
from lightning.pytorch.strategies import ModelParallelStrategy

from henkan.config import TrainingConfig
from henkan.data import TokenBatches
from henkan.nn import Transformer
from henkan.training.average import put_weights
from henkan.training.keep_best import KeepBest
from henkan.training.lightning.callbacks import RunCallback
from henkan.training.lightning.data import PairsDataModule
from henkan.training.lightning.followers import Handover, Job, digest_of, make_follower
from henkan.training.lightning.lost import describe_loss, is_lost_connection
from henkan.training.lightning.module import LitPairs
from henkan.training.lightning.trainer import shorten_waiting
from henkan.training.loop import Epochs
from henkan.training.reports import FitResult, Observer
from henkan.training.state import Checkpoints


class Stops(Protocol):
    """Counts the requests to stop, and lets them break off what happens while they are not held back."""

    count: int

    def hold(self) -> None: ...
    def release(self) -> None: ...


class LightningFit:
    """Trains as ``henkan.training.fit`` does, in all processes of ``trainer``; this is the first of them.

    Folders must be seen by all: every process maps its rows from ``pairs``, where they are put if they are not there,
    and each reads the ``checkpoint`` to go on from. ``stops`` are held back from the first update on, except while the
    last weights are measured.
    """

    def __init__(
        self, trainer: lightning.Trainer, pairs: Path, checkpoint: Path, stops: Stops, *, has_pairs: bool = False
    ) -> None:
        self.trainer, self.pairs, self.has_pairs = trainer, pairs, has_pairs
        self.checkpoint, self.stops = checkpoint, stops

    def __call__(
        self,
        model: Transformer,
        batches: Epochs,
        config: TrainingConfig,
        *,
        evaluate_dev: Callable[[], Mapping[str, float]],
        keep: KeepBest,
        observer: Observer,
        checkpoints: Checkpoints | None = None,
    ) -> FitResult:
        """The result of the run; see ``fit``."""
        assert isinstance(batches, TokenBatches), "whose pairs can be shared"
        is_sharded = isinstance(self.trainer.strategy, ModelParallelStrategy)
        if is_sharded:
            check_average(config)
        if self.trainer.world_size > 1 and not self.has_pairs:
            self.pairs.mkdir(parents=True, exist_ok=True)
            batches.pairs.save(self.pairs)
        device = next(model.parameters()).device
        callback = RunCallback(self._measure(model, evaluate_dev), keep, observer, checkpoints)
        module = LitPairs(training=config)
        module.transformer = _copy(model) if is_sharded else model
        data = PairsDataModule(batches, config.accumulate)
        _run(self.trainer, module, data, callback, self.stops, self._job(model, config, keep, checkpoints))
        assert callback.result is not None
        assert callback.model is not None
        if callback.model is not model:
            put_weights(model, dict(callback.model.named_parameters()))
        model.to(device).eval()
        return callback.result

    def _job(self, model: Transformer, config: TrainingConfig, keep: KeepBest, checkpoints: Checkpoints | None) -> Job:
        mode: Literal["min", "max"] = "min" if keep.sign > 0 else "max"
        saves = checkpoints is not None
        goes_on = checkpoints is not None and checkpoints.latest() is not None
        checkpoint = self.checkpoint if goes_on else None
        return Job(model.config, digest_of(model), config, self.pairs, keep.metric, mode, checkpoint, saves)

    def _measure(
        self, model: Transformer, evaluate_dev: Callable[[], Mapping[str, float]]
    ) -> Callable[[Transformer], Mapping[str, float]]:
        def measure(current: Transformer) -> Mapping[str, float]:
            if current is not model:  # which ``evaluate_dev`` measures
                put_weights(model, dict(current.named_parameters()))
            if not self.stops.count:
                return evaluate_dev()
            self.stops.release()
            try:
                return evaluate_dev()
            finally:
                self.stops.hold()

        return measure


def follow(trainer: lightning.Trainer, stops: Stops) -> None:
    """Take part in a training that the first process leads, to its end."""
    module, data, callback = make_follower()
    _run(trainer, module, data, callback, stops, None)


def check_average(config: TrainingConfig) -> None:
    """Raise if ``config`` asks for averages that processes with pieces of a model cannot make."""
    if config.average in ("last", "best"):
        raise ValueError(
            f"average={config.average} keeps whole copies of the weights aside, which no process has with fsdp: "
            f"choose none or ema, or the strategy ddp"
        )


class _Begin(lightning.Callback):
    """All processes have found each other: from here on they wait, and stop, together."""

    def __init__(self, stops: Stops) -> None:
        self.stops = stops

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.stops.hold()
        shorten_waiting()


def _run(
    trainer: lightning.Trainer,
    module: LitPairs,
    data: PairsDataModule,
    callback: RunCallback,
    stops: Stops,
    job: Job | None,
) -> None:
    """Fit; whatever goes wrong ends the processes that this one has started."""
    module.stop_asked = lambda: stops.count > 0
    callbacks: Any = trainer.callbacks  # type: ignore[attr-defined]
    callbacks.extend([Handover(job, callback), _Begin(stops), callback])
    try:
        trainer.fit(module, data)
    except SystemExit:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from None
    except BaseException as error:
        is_lost = trainer.world_size > 1 and is_lost_connection(error)
        loss = describe_loss(trainer, error) if is_lost else ""
        launcher: Any = trainer.strategy.launcher
        with suppress(OSError, AttributeError):
            launcher.kill(signal.SIGTERM)
        if is_lost:
            raise ValueError(loss) from error
        raise


def _copy(model: Transformer) -> Transformer:
    """A model of its own with the same weights, on the CPU."""
    with torch.random.fork_rng():
        copy = Transformer(**model.config)
    put_weights(copy, dict(model.named_parameters()))
    return copy
