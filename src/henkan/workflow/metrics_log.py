"""``metrics.csv``: how a run went, a row for each hundredth of the way and one for each evaluation."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from henkan.training import DevReport, RunState, StepReport
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
    due: int = 1  # hundredths of the way, at which the next row is written
    reports: tuple[int, int] = (0, 0)  # heard so far, of updates (skipped ones too) and of evaluations

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LogState":
        """The inverse of ``dataclasses.asdict``, by way of JSON."""
        return cls(**{**data, "rows": tuple(data["rows"]), "reports": tuple(data["reports"])})


class View(Protocol):
    """Shows the rows in another form, each time there is a new one."""

    def on_rows(self, rows: Sequence[Row]) -> None: ...


@dataclass
class MetricsLog:
    """Keeps the file ``path``, as an observer of the run. If it cannot be written, that is said once and costs nothing.

    The loss of a row is the mean over the updates since the row before, skipped ones left out. A row of an evaluation
    says whose weights were measured if they are averaged ones. ``views`` show the same rows.
    """

    path: Path
    say: Say
    state: LogState = field(default_factory=LogState)
    is_failing: bool = False
    views: list[View] = field(default_factory=list)

    def on_step(self, report: StepReport) -> None:
        state = _with_step(self.state, report)
        if report.progress * ROWS < state.due:
            self.state = state
            return
        row = {
            "step": report.step,
            "epoch": report.epoch,
            "seconds": round(report.seconds, 1),
            "loss": round(state.loss_sum / max(state.updates, 1), 6),
            "rate": float(f"{report.rate:.6g}"),
            "tokens_per_second": round(report.tokens_per_second),
        }
        due = math.floor(report.progress * ROWS) + 1
        self._take(replace(state, rows=(*state.rows, row), loss_sum=0.0, updates=0, due=due))

    def on_evaluation(self, report: DevReport) -> None:
        figures: Row = {name: round(value, 6) for name, value in report.metrics.items()}
        if report.weights != "own":
            figures["weights"] = report.weights
        row = {"step": report.step, "epoch": self.state.epoch, "seconds": round(report.seconds, 1), **figures}
        updates, evaluations = self.state.reports
        self._take(replace(self.state, rows=(*self.state.rows, row), reports=(updates, evaluations + 1)))

    def agrees_with(self, run: RunState) -> bool:
        """Whether this log has heard of all that happened in ``run``; Ctrl-C can come before it has."""
        return self.state.reports == (run.step + run.skipped, len(run.history))

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

    def _take(self, state: LogState) -> None:
        self.state = state  # at once, so that Ctrl-C finds it whole
        try:
            self.write(self.path)
        except OSError as error:
            if not self.is_failing:
                self.say(f"  {self.path} cannot be written ({error.strerror}): the training goes on, its rows are kept")
            self.is_failing = True
        for view in self.views:
            view.on_rows(state.rows)


def _with_step(state: LogState, report: StepReport) -> LogState:
    updates, evaluations = state.reports
    state = replace(state, epoch=report.epoch, reports=(updates + 1, evaluations))
    if not math.isfinite(report.loss):
        return state
    return replace(state, loss_sum=state.loss_sum + report.loss, updates=state.updates + 1)
