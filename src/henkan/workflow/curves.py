"""``curves.png``: the rows of ``metrics.csv`` as a picture."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from henkan.plotting.curves import learning_curves
from henkan.training.checkpoint import replacing
from henkan.workflow.metrics_log import Row
from henkan.workflow.report import Say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST_AFTER = 30.0  # seconds: shorter trainings are drawn once, when they have ended
MAX_DRAWING = 0.01  # of the time


class CurvesFile:
    """Keeps the picture ``path`` while a training runs, after evaluations and as often as is cheap."""

    def __init__(self, path: Path, metric: str, *, lower_is_better: bool, clock: Callable[[], float] = time.monotonic):
        self.path, self.metric, self.lower_is_better, self.clock = path, metric, lower_is_better, clock
        self.due = clock() + FIRST_AFTER

    def on_rows(self, rows: Sequence[Row]) -> None:
        """Draw the rows, if it is time. What stands in the way is said at the end, by ``write``."""
        started = self.clock()
        if started < self.due or not rows or self.metric not in rows[-1]:
            return
        try:
            self._draw(self.path, rows)
        except (OSError, ValueError):
            self.due = math.inf
            return
        self.due = self.clock() + max(FIRST_AFTER, (self.clock() - started) / MAX_DRAWING)

    def write(self, path: Path, rows: Sequence[Row], say: Say) -> None:
        """Draw the rows into ``path``. Where that cannot be done, it is said and nothing else."""
        try:
            self._draw(path, rows)
        except ValueError as error:
            say(f"  {path.name} is not drawn: {error}")
        except OSError as error:
            say(f"  {path} cannot be written ({error.strerror or error})")

    def _draw(self, path: Path, rows: Sequence[Row]) -> None:
        figure = figure_of(rows, self.metric, lower_is_better=self.lower_is_better)
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png")


def figure_of(rows: Sequence[Row], metric: str, *, lower_is_better: bool) -> "Figure":
    """The learning curves of the rows of ``metrics.csv``."""
    measured = [row for row in rows if metric in row]
    own = [row for row in measured if row.get("weights") != "average"]
    averaged = [row for row in measured if row.get("weights") == "average"]
    return learning_curves(
        [(row["step"], row["loss"]) for row in rows if "loss" in row],
        [(row["step"], row[metric]) for row in own],
        [(row["step"], row["rate"]) for row in rows if "rate" in row],
        metric=metric,
        average=[(row["step"], row[metric]) for row in averaged],
        lower_is_better=lower_is_better,
    )
