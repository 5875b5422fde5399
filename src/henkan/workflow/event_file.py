"""The rows of ``metrics.csv`` as an event file, through TensorBoard's own writer."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from henkan.workflow.metrics_log import COLUMNS, Row
from henkan.workflow.report import Say

TRAINING = ("loss", "rate", "tokens_per_second")
NO_FIGURES = {*COLUMNS, "weights"}


def check_tensorboard() -> None:
    """Raise unless TensorBoard is installed."""
    if find_spec("tensorboard") is None:
        raise ValueError('--tensorboard needs TensorBoard: pip install "henkan[tensorboard]"')


class EventFile:
    """Keeps the folder ``folder``, to be read with ``tensorboard --logdir``.

    It is written anew by each process, so what a killed one wrote after its last checkpoint is not there twice.
    ``started`` is when the training was begun, in ISO format. If it cannot be written, that is said once.
    """

    def __init__(self, folder: Path, started: str, say: Say) -> None:
        from tensorboard.summary import Writer  # an extra; and slow to import

        self.folder, self.say = folder, say
        self.started = datetime.fromisoformat(started).timestamp()
        self.written = 0
        self.is_failing = False
        shutil.rmtree(folder, ignore_errors=True)
        self.writer = Writer(str(folder))

    def on_rows(self, rows: Sequence[Row]) -> None:
        """Write the rows that are new."""
        if self.is_failing:
            return
        try:
            for row in rows[self.written :]:
                self.written += 1  # first: Ctrl-C may cost a figure, but none is there twice
                self._add(row)
            self.writer.flush()
        except OSError as error:
            self._fail(error)

    def copy(self, folder: Path, rows: Sequence[Row]) -> None:
        """Write what is left and leave everything in ``folder``, too."""
        self.on_rows(rows)
        try:
            self.writer.close()
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        except OSError as error:
            self._fail(error)

    def _add(self, row: Row) -> None:
        time = self.started + row["seconds"]
        for name in TRAINING:
            if name in row:
                self.writer.add_scalar(f"training/{name}", row[name], row["step"], wall_time=time)
        section = "dev_averaged" if row.get("weights") == "average" else "dev"
        for name in row.keys() - NO_FIGURES:
            self.writer.add_scalar(f"{section}/{name}", row[name], row["step"], wall_time=time)

    def _fail(self, error: OSError) -> None:
        if not self.is_failing:
            self.say(f"  {self.folder} cannot be written ({error.strerror or error}): the training goes on without it")
        self.is_failing = True
