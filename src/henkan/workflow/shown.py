"""The metrics of a training in all their forms: while it runs beside its checkpoint, afterwards in the bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from henkan.training import KeepBest
from henkan.workflow.curves import CurvesFile
from henkan.workflow.event_file import EventFile
from henkan.workflow.metrics_log import MetricsLog
from henkan.workflow.partial import CURVES, METRICS, TENSORBOARD, Partial
from henkan.workflow.report import Say


class Shown:
    """``metrics.csv``, its picture and, if wished, its event file for TensorBoard."""

    def __init__(
        self,
        log: MetricsLog,
        partial: Partial,
        keep: KeepBest,
        about: Mapping[str, Any],
        say: Say,
        *,
        tensorboard: bool,
    ) -> None:
        self.log, self.say = log, say
        self.curves = CurvesFile(partial.folder / CURVES, keep.metric, lower_is_better=keep.sign > 0)
        folder = partial.folder / TENSORBOARD
        self.events = EventFile(folder, about["started"], say) if tensorboard else None
        log.views = [self.curves, *([self.events] if self.events is not None else [])]

    def write(self, bundle: Path) -> None:
        """Leave everything in the folder of the bundle."""
        self.log.write(bundle / METRICS)
        self.curves.write(bundle / CURVES, self.log.state.rows, self.say)
        if self.events is not None:
            self.events.copy(bundle / TENSORBOARD, self.log.state.rows)
