"""The time that a contestant has trained for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "process": time.process_time}
"""``process``, the processor's time, is for trials with one thread on a busy machine; several threads' are added up."""


class Stopwatch:
    """Runs from when it is made, and stands still while it is ``paused``."""

    def __init__(self, clock: str = "wall") -> None:
        self._read = CLOCKS[clock]
        self._begun = self._read()

    @property
    def seconds(self) -> float:
        """What it shows."""
        return self._read() - self._begun

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, it stands still."""
        before = self._read()
        try:
            yield
        finally:
            self._begun += self._read() - before
