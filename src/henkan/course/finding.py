"""What a check can find: a difference between what was asked for and what the learner's code does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of a table of numbers: the place, the learner's number and the right one."""

    place: str
    yours: float
    expected: float


class Finding(Exception):  # noqa: N818 - not an error of the program: the result of a check
    """Raised by a check that does not pass.

    ``message`` names a sentence of ``messages.toml``, or of the exercise's own file; ``values`` fill its places.
    ``rows`` are numbers side by side, the first difference among them.
    """

    def __init__(self, message: str, *, rows: tuple[Row, ...] = (), **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.rows = rows
        self.values = values


class Skipped(Exception):  # noqa: N818 - not an error either
    """Raised by a check that cannot say anything about this code; ``message`` names the sentence that says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Failure:
    """Where and why an exercise was not passed, in types that JSON has."""

    check: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    mistake: str | None = None
    """The named mistake that the learner's code does exactly as, if one is recognised."""


@dataclass(frozen=True)
class Report:
    """What became of one run of the checks. Passed means that no check failed."""

    exercise: str
    passed: tuple[str, ...]
    total: int
    seconds: float
    failure: Failure | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    """The checks that could not say anything, each with its message."""
    output: str = ""
    """What the learner's code printed."""

    @property
    def is_passed(self) -> bool:
        """Whether no check failed."""
        return self.failure is None

    @property
    def is_solved(self) -> bool:
        """Whether every check passed. One that had to be left out may be the one that the code would fail."""
        return self.is_passed and not self.skipped

    def to_dict(self) -> dict[str, Any]:
        """The report in types that JSON has."""
        failure = self.failure
        return {
            "exercise": self.exercise,
            "passed": list(self.passed),
            "skipped": dict(self.skipped),
            "total": self.total,
            "seconds": self.seconds,
            "failure": None
            if failure is None
            else {
                "check": failure.check,
                "message": failure.message,
                "values": dict(failure.values),
                "rows": [[row.place, row.yours, row.expected] for row in failure.rows],
                "mistake": failure.mistake,
            },
            "output": self.output,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Report":
        """The report that ``to_dict`` described."""
        found = data["failure"]
        failure = None if found is None else Failure(**{**found, "rows": tuple(Row(*row) for row in found["rows"])})
        passed, skipped = tuple(data["passed"]), data["skipped"]
        return cls(data["exercise"], passed, data["total"], data["seconds"], failure, skipped, data["output"])
