"""What a built-in task is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data import Kind, Splits


@dataclass(frozen=True)
class Task(ABC):
    """A data set with its tokenizers and its metric. The fields of a task are its options.

    ``metric`` is the one figure to judge a model by, a key of ``henkan.evaluation.compute_metrics``. ``symbol_name``
    is what one target symbol is called there.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    source_kind: ClassVar[Kind] = "characters"
    target_kind: ClassVar[Kind] = "characters"
    metric: ClassVar[str] = "exact_match"
    symbol_name: ClassVar[str] = "character"

    @abstractmethod
    def load(self) -> Splits:
        """The examples, the same on every call."""

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Settings that suit the task, where they differ from the defaults: {"model": {...}, "training": {...}}."""
        return {}


def check_at_least(name: str, value: int, least: int, most: int | None = None) -> None:
    """Raise unless ``least <= value <= most``."""
    if value < least or (most is not None and value > most):
        allowed = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}={value} must be {allowed}")
