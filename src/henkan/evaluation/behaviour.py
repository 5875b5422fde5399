"""How a model behaves when it writes freely: whether it ends, whether it loops, whether it knows when it is right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from henkan.evaluation.calibration import Calibration, calibrate
from henkan.evaluation.loops import loops
from henkan.evaluation.metrics import is_right
from henkan.evaluation.units import Units

BEHAVIOUR_NAMES = ("ended_by_limit", "looping", "calibration_error")


class Output(Protocol):
    """What a model wrote: its text, its log-probability, and whether it ended by itself, not by the length limit."""

    @property
    def text(self) -> str: ...
    @property
    def log_prob(self) -> float: ...
    @property
    def ended(self) -> bool: ...


@dataclass(frozen=True)
class Behaviour:
    """``right``, ``by_limit`` and ``looping``: which outputs are. ``calibration``: of all of them."""

    right: Sequence[bool]
    by_limit: Sequence[bool]
    looping: Sequence[bool]
    calibration: Calibration

    @classmethod
    def of(cls, outputs: Sequence[Output], references: Sequence[Sequence[str]], units: Units) -> "Behaviour":
        """Look at each output and the references of its source; loops are repeated ``units``."""
        right = [is_right(output.text, texts) for output, texts in zip(outputs, references, strict=True)]
        return cls(
            right,
            [not output.ended for output in outputs],
            [
                not fine and loops(units.split(output.text), [units.split(text) for text in texts])
                for output, texts, fine in zip(outputs, references, right, strict=True)
            ],
            calibrate([math.exp(output.log_prob) for output in outputs], right),
        )

    @property
    def metrics(self) -> dict[str, float]:
        """The figures of ``BEHAVIOUR_NAMES``."""
        count = len(self.right)
        values = (sum(self.by_limit) / count, sum(self.looping) / count, self.calibration.error)
        return dict(zip(BEHAVIOUR_NAMES, values, strict=True))
