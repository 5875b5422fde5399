"""A training that is under way or was broken off: its checkpoint and its metrics, in a folder beside the bundle."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from henkan.training import Checkpoint, RunState, load_checkpoint, read_about, save_checkpoint
from henkan.workflow.lock import NAME as LOCK
from henkan.workflow.lock import FolderLock
from henkan.workflow.metrics_log import LogState, MetricsLog
from henkan.workflow.report import Say

SUFFIX = ".partial"
CHECKPOINT, METRICS = "checkpoint.safetensors", "metrics.csv"
CURVES, TENSORBOARD = "curves.png", "tensorboard"
PAIRS = "pairs"  # of a training in several processes, for all of them
LEFT = (CHECKPOINT, METRICS, CURVES, TENSORBOARD, PAIRS)  # what a training leaves here


@dataclass(frozen=True)
class Begun:
    """A training to go on with: ``about`` is what it was begun as, see ``henkan.workflow.begun``."""

    about: Mapping[str, Any]
    state: RunState

    def owns(self, bundle: Path) -> bool:
        """Whether the bundle that stands there is of this training: it was interrupted, or killed at the very end."""
        try:
            record = json.loads((bundle / "training.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(record, dict) and record.get("started") == self.about["started"]


class Partial:
    """The folder NAME.partial beside the bundle NAME. It is never a bundle, and goes when the bundle is complete.

    From ``begin`` or ``resume`` on to the end of a ``with`` statement it belongs to one training alone.
    """

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        self.folder = Path(f"{bundle}{SUFFIX}")
        self.checkpoint = self.folder / CHECKPOINT
        self.metrics = self.folder / METRICS
        self.pairs = self.folder / PAIRS
        self.lock = FolderLock(self.folder)

    def __enter__(self) -> "Partial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.lock.is_held and not any((self.folder / name).exists() for name in LEFT if name != PAIRS):
            self.remove()  # nothing was left that could be continued
        self.lock.release()

    def check_free(self, *, overwrite: bool) -> None:
        """Raise if a training could be continued here, unless ``overwrite`` gives it up."""
        self.lock.check_free()
        if self.folder.exists() and (not self.folder.is_dir() or self._foreign()):
            raise ValueError(f"{self.folder} is needed for checkpoints, but holds something else: choose another --out")
        if self.checkpoint.exists() and not overwrite:
            raise ValueError(
                f"{self.folder} holds a training of {self.bundle} that has not come to its end: "
                f"continue it with --resume, or begin anew with --overwrite"
            )

    def begun(self) -> Begun:
        """The training that was broken off here; without one, a ``ValueError`` that says what there is."""
        self.lock.check_free()
        if self.checkpoint.is_file():
            try:
                return Begun(*read_about(self.checkpoint))
            except ValueError as error:
                raise ValueError(f"{error}: begin anew with --overwrite") from error
        if (self.bundle / "training.json").is_file():
            raise ValueError(f"the training of {self.bundle} has come to its end, so there is nothing to resume")
        raise ValueError(f"there is no checkpoint in {self.folder}: leave out --resume to begin the training")

    def begin(self, about: Mapping[str, Any], say: Say) -> "CheckpointFile":
        """Where a new training leaves its checkpoints, and its log. What an earlier one left here is gone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock.take()
        self._empty()
        return CheckpointFile(self.checkpoint, about, MetricsLog(self.metrics, say), say)

    def resume(self, about: Mapping[str, Any], say: Say) -> "CheckpointFile":
        """The same, with the checkpoint and the log that were found here."""
        self.lock.take()
        self._tidy()
        log = MetricsLog(self.metrics, say, LogState.from_dict(about["metrics"]))
        return CheckpointFile(self.checkpoint, about, log, say, load_checkpoint(self.checkpoint))

    def remove(self) -> None:
        """Remove the folder and what a training leaves there."""
        if self.folder.is_dir():
            self._empty()
            self.lock.release()
            self.lock.path.unlink(missing_ok=True)
            if not self._foreign() and not self.pairs.exists():
                self.folder.rmdir()

    def _empty(self) -> None:
        self._tidy()
        for name in LEFT:
            path = self.folder / name
            # Other processes may still look at the pairs, which some file systems do not let go then.
            shutil.rmtree(path, ignore_errors=name == PAIRS) if path.is_dir() else path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Remove what a killed process had half written."""
        for path in self.folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)

    def _foreign(self) -> list[Path]:
        known = {*LEFT, LOCK}
        return [p for p in self.folder.iterdir() if p.name not in known and not p.name.endswith(".tmp")]


@dataclass
class CheckpointFile:
    """Where a training leaves its checkpoints. One that cannot be written is said, and the one before it stays."""

    path: Path
    about: Mapping[str, Any]
    log: MetricsLog
    say: Say
    begun: Checkpoint | None = None  # that the training goes on from
    is_failing: bool = field(default=False, init=False)

    def latest(self) -> Checkpoint | None:
        """The one that the training goes on from."""
        return self.begun

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint in place of the one before, unless the log lags behind."""
        if not self.log.agrees_with(checkpoint.state):
            return
        try:
            save_checkpoint(self.path, checkpoint, {**self.about, "metrics": self.log.to_dict()})
        except OSError as error:
            if not self.is_failing:  # and again only after one that went well
                rest = "the one before it is intact" if self.path.exists() else "there is none yet to --resume from"
                self.say(f"  The checkpoint cannot be written ({error.strerror}): the training goes on, {rest}")
            self.is_failing = True
        else:
            self.is_failing = False
