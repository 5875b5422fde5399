"""What the first process tells the others before a training, and how they take part in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from lightning.pytorch.strategies import ModelParallelStrategy

from henkan.config import TrainingConfig
from henkan.data.arrays import PairArrays
from henkan.data.batching import make_batches
from henkan.nn import Transformer
from henkan.training.keep_best import KeepBest
from henkan.training.lightning.callbacks import RunCallback
from henkan.training.lightning.data import PairsDataModule
from henkan.training.lightning.module import LitPairs
from henkan.training.reports import DevReport, StepReport
from henkan.training.resume import load_checkpoint, read_about
from henkan.training.state import Checkpoint


@dataclass(frozen=True)
class Job:
    """What the first process tells the others. ``checkpoint`` is what all go on from, ``saves`` that it leaves others.

    ``digest`` is that of the weights: with FSDP every process cuts its piece from a model of its own.
    """

    model: Mapping[str, Any]
    digest: str
    training: TrainingConfig
    pairs: Path
    metric: str
    mode: Literal["min", "max"]
    checkpoint: Path | None
    saves: bool


class Handover(lightning.Callback):
    """Gives the job of the first process to the others, before any of them has a model."""

    def __init__(self, job: Job | None, run: RunCallback) -> None:
        self.job, self.run = job, run

    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        """Tell, or be told."""
        assert isinstance(pl_module, LitPairs)
        job = trainer.strategy.broadcast(self.job)
        assert job is not None
        if job.checkpoint is not None:
            pl_module.batches_read = read_about(job.checkpoint)[1].batches  # before the first batch is fetched
        if self.job is None:
            self._take(job, trainer, pl_module)

    def _take(self, job: Job, trainer: lightning.Trainer, module: LitPairs) -> None:
        torch.manual_seed(job.training.seed)
        module.transformer, module.config = Transformer(**job.model), job.training
        if isinstance(trainer.strategy, ModelParallelStrategy) and digest_of(module.transformer) != job.digest:
            raise ValueError("with fsdp all processes must begin with the same weights: those made from the seed")
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        data.batches = make_batches(_load_pairs(job.pairs), job.training)
        data.accumulate = job.training.accumulate
        self.run.keep = KeepBest(job.metric, job.mode)
        self.run.checkpoints = Followed(job.checkpoint) if job.saves else None


class Followed:
    """The checkpoint that all go on from; saving is left to the first process."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def latest(self) -> Checkpoint | None:
        """That checkpoint."""
        return None if self.path is None else load_checkpoint(self.path)

    def save(self, checkpoint: Checkpoint) -> None:
        """Never called."""
        raise AssertionError("the first process saves")


class Silent:
    """Hears everything and says nothing."""

    def on_step(self, report: StepReport) -> None:
        """Nothing."""

    def on_evaluation(self, report: DevReport) -> None:
        """Nothing."""


def make_follower() -> tuple[LitPairs, PairsDataModule, RunCallback]:
    """What a process needs that follows; ``Handover`` fills it."""
    return LitPairs(), PairsDataModule(), RunCallback(_never, KeepBest("none"), Silent())


def digest_of(model: Transformer) -> str:
    """A hash of all weights."""
    digest = blake2b(digest_size=16)
    for parameter in model.parameters():
        digest.update(parameter.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


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
