"""``henkan.training.fit`` by Lightning's ``Trainer``: the same run, made by one process or by many."""

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import lightning
import torch
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy

from henkan.config import Processes, TrainingConfig
from henkan.data import TokenBatches
from henkan.data.arrays import PairArrays
from henkan.data.batching import make_batches
from henkan.nn import Transformer
from henkan.training.average import put_weights
from henkan.training.keep_best import KeepBest
from henkan.training.lightning.callbacks import RunCallback
from henkan.training.lightning.data import PairsDataModule
from henkan.training.lightning.module import LitPairs
from henkan.training.loop import Epochs
from henkan.training.reports import DevReport, FitResult, Observer, StepReport
from henkan.training.resume import load_checkpoint, read_about
from henkan.training.state import Checkpoint, Checkpoints

ACCELERATORS = {"cpu": "cpu", "cuda": "gpu", "mps": "mps"}


class Stops(Protocol):
    """Counts the requests to stop, and lets them break off what happens while they are not held back."""

    count: int

    def hold(self) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True)
class Job:
    """What the first process tells the others about the training, before it begins."""

    model: Mapping[str, Any]
    training: TrainingConfig
    pairs: Path
    metric: str
    mode: Literal["min", "max"]
    checkpoint: Path | None


def make_trainer(processes: Processes, device: torch.device | str = "cpu") -> lightning.Trainer:
    """A trainer for ``LightningFit`` or ``follow``, which shows and saves nothing by itself."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    strategy: Any = "auto"
    if processes.count > 1 and processes.strategy == "ddp":
        strategy = DDPStrategy(gradient_as_bucket_view=True)
    elif processes.count > 1:
        strategy = ModelParallelStrategy(data_parallel_size=processes.count, tensor_parallel_size=1)
    return lightning.Trainer(
        accelerator=ACCELERATORS[torch.device(device).type],
        devices=processes.devices,
        num_nodes=processes.num_nodes,
        strategy=strategy,
        max_epochs=-1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


def is_follower(trainer: lightning.Trainer) -> bool:
    """Whether this process is not the first one: it is to ``follow``."""
    return trainer.global_rank > 0


class LightningFit:
    """Trains as ``henkan.training.fit`` does, in all processes of ``trainer``; this is the first of them.

    Folders must be seen by all: every process maps its rows from ``pairs``, where they are put if they are not there,
    and each reads the ``checkpoint`` to go on from. ``stops`` are held back except while the last weights are measured.
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
        device = next(model.parameters()).device
        _check_average(config, self.trainer)
        goes_on = checkpoints is not None and checkpoints.latest() is not None
        mode: Literal["min", "max"] = "min" if keep.sign > 0 else "max"
        job = Job(model.config, config, self.pairs, keep.metric, mode, self.checkpoint if goes_on else None)
        if self.trainer.world_size > 1 and not self.has_pairs:
            self.pairs.mkdir(parents=True, exist_ok=True)
            batches.pairs.save(self.pairs)

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

        callback = RunCallback(measure, keep, observer, checkpoints)
        module = LitPairs(training=config)
        is_sharded = isinstance(self.trainer.strategy, ModelParallelStrategy)
        module.transformer = _copy(model) if is_sharded else model
        _run(self.trainer, module, PairsDataModule(batches, config.accumulate), callback, self.stops, job)
        assert callback.result is not None
        assert callback.model is not None
        if callback.model is not model:
            put_weights(model, dict(callback.model.named_parameters()))
        model.to(device).eval()
        return callback.result


def follow(trainer: lightning.Trainer, stops: Stops) -> None:
    """Take part in a training that the first process leads, to its end."""
    callback = RunCallback(_never, KeepBest("none"), _Silent(), _Followed())
    _run(trainer, LitPairs(), PairsDataModule(), callback, stops, None)


def _run(
    trainer: lightning.Trainer,
    module: LitPairs,
    data: PairsDataModule,
    callback: RunCallback,
    stops: Stops,
    job: Job | None,
) -> None:
    module.stop_asked = lambda: stops.count > 0
    trainer.callbacks.extend([_Handover(job), callback])  # type: ignore[attr-defined]
    stops.hold()
    try:
        trainer.fit(module, data)
    except RuntimeError as error:
        if trainer.world_size > 1 and _is_lost_connection(error):
            raise ValueError(
                f"one of the {trainer.world_size} processes ended before the training did (what it said stands above; "
                f"if it said nothing, it may have been killed for want of memory): the same command with --resume "
                f"goes on from the latest checkpoint"
            ) from error
        raise


class _Handover(lightning.Callback):
    """Gives the job of the first process to the others, before any of them has a model."""

    def __init__(self, job: Job | None) -> None:
        self.job = job

    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        assert isinstance(pl_module, LitPairs)
        job = trainer.strategy.broadcast(self.job)
        assert job is not None
        if job.checkpoint is not None:
            pl_module.batches_read = read_about(job.checkpoint)[1].batches  # before the first batch is fetched
        if self.job is not None:
            return
        torch.manual_seed(job.training.seed)
        pl_module.transformer = Transformer(**job.model).to(trainer.strategy.root_device)
        pl_module.config = job.training
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        data.batches = make_batches(_load_pairs(job.pairs), job.training)
        data.accumulate = job.training.accumulate
        callback = next(one for one in trainer.callbacks if isinstance(one, RunCallback))  # type: ignore[attr-defined]
        callback.keep = KeepBest(job.metric, job.mode)
        callback.checkpoints = _Followed(job.checkpoint)


class _Followed:
    """The checkpoint that all go on from; saving is left to the first process."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    def latest(self) -> Checkpoint | None:
        return None if self.path is None else load_checkpoint(self.path)

    def save(self, checkpoint: Checkpoint) -> None:
        raise AssertionError("the first process saves")


class _Silent:
    """Hears everything and says nothing."""

    def on_step(self, report: StepReport) -> None: ...
    def on_evaluation(self, report: DevReport) -> None: ...


def _never(model: Transformer) -> Mapping[str, float]:
    raise AssertionError("the first process measures")


def _load_pairs(folder: Path) -> PairArrays:
    try:
        return PairArrays.load(folder)
    except OSError as error:
        raise ValueError(
            f"{folder}, which the first process has written, cannot be read here ({error.strerror}): "
            f"the folder of --out must lie on a file system that all machines share"
        ) from error


def _copy(model: Transformer) -> Transformer:
    """A model of its own with the same weights."""
    with torch.random.fork_rng():
        copy = Transformer(**model.config)
    put_weights(copy, dict(model.named_parameters()))
    return copy


def _check_average(config: TrainingConfig, trainer: lightning.Trainer) -> None:
    if isinstance(trainer.strategy, ModelParallelStrategy) and config.average in ("last", "best"):
        raise ValueError(
            f"average={config.average} keeps whole copies of the weights aside, which no process has with fsdp: "
            f"choose none or ema, or the strategy ddp"
        )


def _is_lost_connection(error: RuntimeError) -> bool:
    text = f"{type(error).__name__} {error}"
    return isinstance(error, torch.distributed.DistError) or any(
        word in text for word in ("gloo", "Gloo", "NCCL", "Connection", "connection", "Socket")
    )
