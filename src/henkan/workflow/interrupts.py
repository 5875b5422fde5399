"""Ctrl-C, and being asked to end, as a training should take them."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """In a ``with`` block, Ctrl-C and SIGTERM both raise ``KeyboardInterrupt``, unless they are held back.

    ``count`` says how many came. If ``most`` is set and so many have come, another that is held back ends the process,
    whatever it waits for. Signals that the process was told to ignore stay ignored.
    """

    def __init__(self) -> None:
        self.count = 0
        self.most: int | None = None
        self.holding = False
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | None] = {}

    def hold(self) -> None:
        """From here on signals are counted and nothing else."""
        self.holding = True

    def release(self) -> None:
        """End of ``hold``."""
        self.holding = False

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():  # only there may handlers be set
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                if before is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if not self.holding:
            raise KeyboardInterrupt
        if self.most is not None and self.count > self.most:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
