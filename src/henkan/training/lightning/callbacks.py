"""What happens between updates: the dev metric by decoding, the best weights, a bundle, pictures of attention."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import lightning

from henkan.data.sharing import Group
from henkan.nn import Transformer
from henkan.training.keep_best import KeepBest
from henkan.training.lightning.module import LitPairs
from henkan.training.lightning.shared_run import Measure, SharedRun
from henkan.training.reports import DevReport, FitResult, Observer, StepReport
from henkan.training.state import Checkpoint, Checkpoints, RunState, restore_kept


@runtime_checkable
class PairsData(Protocol):
    """A data module that knows the texts behind its batches."""

    def make_keep(self) -> KeepBest: ...
    def evaluate_dev(self, model: Transformer) -> Mapping[str, float]: ...
    def export_bundle(self, model: Transformer, folder: Path) -> None: ...
    def draw_attention(self, model: Transformer, path: Path) -> None: ...


class RunCallback(lightning.Callback):
    """Does what ``fit`` does between updates: evaluates by decoding, keeps the best weights, averages, stops, saves.

    How often and which, ``training`` of the module says. The figures are logged as dev_NAME. The model ends with its
    best weights; ``result`` says how the run went, and ``model`` is the whole model, in the first process. Without
    ``measure`` and ``keep`` the trainer's data module, a ``PairsData``, provides them. Checkpoints of Lightning's hold
    all that this needs to go on.
    """

    def __init__(
        self,
        measure: Measure | None = None,
        keep: KeepBest | None = None,
        observer: Observer | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.measure, self.keep, self.checkpoints = measure, keep, checkpoints
        self.observers: list[Observer] = [observer] if observer is not None else []
        self.run: SharedRun | None = None
        self.result: FitResult | None = None
        self.model: Transformer | None = None
        self._stored: dict[str, Any] | None = None

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Begin the run, or go on with it."""
        assert isinstance(pl_module, LitPairs)
        data: Any = getattr(trainer, "datamodule", None)
        if self.measure is None or self.keep is None:
            if not isinstance(data, PairsData):
                raise ValueError("RunCallback needs a data module with dev data, or measure and keep of its own")
            self.measure, self.keep = data.evaluate_dev, data.make_keep()
        self._logger = _Logger(pl_module)
        self.run = SharedRun(
            pl_module,
            len(data.batches),
            measure=self.measure,
            keep=self.keep,
            observer=_Observers([self._logger, *self.observers]),
            checkpoints=self.checkpoints,
        )
        if self._stored is not None:
            checkpoint = Checkpoint(RunState.from_dict(self._stored["state"]), self._stored["tensors"])
            restore_kept(checkpoint, pl_module.model, self.keep, self.run.averaging)
            self.run.take_up(checkpoint.state)
        pl_module.run = self.run
        pl_module.model.train()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Group,
        batch_idx: int,
    ) -> None:
        """Note the update."""
        assert self.run is not None
        self.run.after_group(batch)

    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Measure what is still to be measured, and put the best weights back."""
        assert self.run is not None
        self._logger.is_open = False  # Lightning takes no figures any more
        if not self.run.is_over():  # the trainer's own limits ended it
            self.run.break_off()
        if not self.run.was_interrupted:
            self.run.finish()
        self.result = self.run.end()
        self.model = self.run.whole_model()

    def state_dict(self) -> dict[str, Any]:
        """All that is to be remembered beside weights and optimizer."""
        if self.run is None:
            return self._stored or {}
        return {"state": self.run.state.to_dict(), "tensors": self.run.kept()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse of ``state_dict``."""
        self._stored = state_dict or None


class BundleExport(lightning.Callback):
    """Saves a bundle to ``folder`` at the end of training. Name it behind ``RunCallback``, to save the best weights."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Save it, in the first process."""
        model = _run_of(pl_module, self).whole_model()
        if model is not None:
            _data_of(trainer, self).export_bundle(model, self.folder)


class AttentionMaps(lightning.Callback):
    """Draws, after each evaluation, where the model looks, to ``folder``/attention-STEP.png."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Listen to the run."""
        observers = _run_of(pl_module, self).observer
        assert isinstance(observers, _Observers)
        self.trainer, self.module = trainer, pl_module
        observers.members.append(self)

    def on_step(self, report: StepReport) -> None:
        """Nothing."""

    def on_evaluation(self, report: DevReport) -> None:
        """Draw a picture, in the first process."""
        model = _run_of(self.module, self).whole_model()
        if model is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"attention-{report.step}.png"
            _data_of(self.trainer, self).draw_attention(model, path)


class _Observers:
    """Several observers as one."""

    def __init__(self, members: list[Observer]) -> None:
        self.members = members

    def on_step(self, report: StepReport) -> None:
        for member in self.members:
            member.on_step(report)

    def on_evaluation(self, report: DevReport) -> None:
        for member in self.members:
            member.on_evaluation(report)


class _Logger:
    """Gives the dev figures to the trainer, for its loggers and for callbacks that monitor them."""

    def __init__(self, module: LitPairs) -> None:
        self.module, self.is_open = module, True

    def on_step(self, report: StepReport) -> None: ...

    def on_evaluation(self, report: DevReport) -> None:
        if self.is_open:
            self.module.log_dict({f"dev_{name}": value for name, value in report.metrics.items()}, batch_size=1)


def _run_of(module: lightning.LightningModule, callback: lightning.Callback) -> SharedRun:
    run = module.run if isinstance(module, LitPairs) else None
    if run is None:
        raise ValueError(f"{type(callback).__name__} needs a RunCallback before it")
    return run


def _data_of(trainer: lightning.Trainer, callback: lightning.Callback) -> PairsData:
    data: Any = getattr(trainer, "datamodule", None)
    if not isinstance(data, PairsData):
        raise ValueError(f"{type(callback).__name__} needs a data module that knows its texts, as PairsFile is")
    return data
