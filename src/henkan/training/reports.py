"""What a run tells about itself, on the way and at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Reason = Literal["steps", "time", "patience", "interrupted", "diverged"]
Measured = Literal["own", "average", "ema"]


@dataclass(frozen=True)
class StepReport:
    """How a run stands after an update. An update whose loss is not finite was skipped, and is not counted."""

    step: int
    epoch: int
    progress: float  # 0 to 1, in updates or in time, whichever the run is measured by
    loss: float  # mean per target token of this update, label smoothing included
    rate: float
    tokens_per_second: float  # real target tokens, over the whole run, evaluations not counted
    seconds: float


@dataclass(frozen=True)
class DevReport:
    """What an evaluation of the dev set found.

    ``weights`` says whose: the model's own, or in their place an average of several, or the exponential mean.
    """

    step: int
    seconds: float
    metrics: Mapping[str, float]
    is_best: bool
    weights: Measured = "own"


@dataclass(frozen=True)
class FitResult:
    """How a run ended. ``skipped`` counts the updates that were not made because their loss was not finite."""

    stopped_by: Reason
    steps: int
    epochs: int
    seconds: float
    history: Sequence[DevReport]
    skipped: int = 0

    @property
    def best(self) -> DevReport | None:
        """The evaluation whose weights were kept."""
        return next((report for report in reversed(self.history) if report.is_best), None)


class Observer(Protocol):
    """Somebody who is told how a run goes."""

    def on_step(self, report: StepReport) -> None: ...
    def on_evaluation(self, report: DevReport) -> None: ...
