"""``metrics.csv``: how a run went, a row for each hundredth of the way and one for each evaluation."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from henkan.training import DevReport, StepReport
from henkan.workflow.report import Say

ROWS = 100  # that updates make over the whole run, evaluations not counted
COLUMNS = ("step", "epoch", "seconds", "loss", "rate", "tokens_per_second")

Row = dict[str, Any]


@dataclass(frozen=True)
class LogState:
    """The rows, and the updates since the last one. It travels in checkpoints, so that no row is lost or doubled."""

    rows: tuple[Row, ...] = ()
    epoch: int = 0
    loss_sum: float = 0.0
    updates: int = 0
    due: float = 1 / ROWS

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LogState":
        """The inverse of ``dataclasses.asdict``, by way of JSON."""
        return cls(**{**data, "rows": tuple(data["rows"])})


@dataclass
class MetricsLog:
    """Keeps the file ``path``, as an observer of the run. If it cannot be written, that is said once and costs nothing.

    The loss of a row is the mean over the updates since the row before, skipped ones left out.
    """

    path: Path
    say: Say
    state: LogState = field(default_factory=LogState)
    is_failing: bool = False

    def on_step(self, report: StepReport) -> None:
        self.state = self._with_step(report)
        if report.progress >= self.state.due:
            self._add(
                step=report.step,
                epoch=report.epoch,
                seconds=round(report.seconds, 1),
                loss=round(self.state.loss_sum / max(self.state.updates, 1), 6),
                rate=float(f"{report.rate:.6g}"),
                tokens_per_second=round(report.tokens_per_second),
            )
            due = (math.floor(report.progress * ROWS) + 1) / ROWS
            self.state = replace(self.state, loss_sum=0.0, updates=0, due=due)

    def on_evaluation(self, report: DevReport) -> None:
        figures = {name: round(value, 6) for name, value in report.metrics.items()}
        self._add(step=report.step, epoch=self.state.epoch, seconds=round(report.seconds, 1), **figures)

    def to_dict(self) -> dict[str, Any]:
        """The state, in types that JSON has."""
        return asdict(self.state)

    def write(self, path: Path) -> None:
        """Write all rows to ``path``; the columns for the dev set come last, blank where nothing was measured."""
        names = dict.fromkeys([*COLUMNS, *(name for row in self.state.rows for name in row)])
        text = io.StringIO()
        writer = csv.DictWriter(text, list(names), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.state.rows)
        path.write_text(text.getvalue(), encoding="utf-8")

    def _with_step(self, report: StepReport) -> LogState:
        if not math.isfinite(report.loss):
            return replace(self.state, epoch=report.epoch)
        loss_sum = self.state.loss_sum + report.loss
        return replace(self.state, epoch=report.epoch, loss_sum=loss_sum, updates=self.state.updates + 1)

    def _add(self, **row: Any) -> None:
        self.state = replace(self.state, rows=(*self.state.rows, row))
        try:
            self.write(self.path)
        except OSError as error:
            if not self.is_failing:
                self.say(f"  {self.path} cannot be written ({error.strerror}): the training goes on, its rows are kept")
            self.is_failing = True
