"""Single keys from a terminal, and letters from a pipe, without waiting for longer than asked."""

import contextlib
import os
import select
import signal
import sys
import time
import unicodedata
from types import TracebackType
from typing import Any, Protocol

END = "\x04"  # Ctrl-D


class Keys(Protocol):
    """Where keys come from. Use it in a ``with`` block, which leaves the terminal as it was."""

    is_terminal: bool
    is_open: bool
    """Whether more keys may come."""

    def __enter__(self) -> "Keys": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, timeout: float) -> str:
        """The letters typed within ``timeout`` seconds, in lower case; empty if there are none."""


def plain(typed: str) -> str:
    """Letters as the commands know them: in lower case, full-width ones of a Japanese keyboard as ASCII.

    The code that an arrow key sends is nothing.
    """
    return "" if typed.startswith("\x1b") else unicodedata.normalize("NFKC", typed).lower()


class PosixKeys:
    """Keys from a file descriptor: unbuffered if it is a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.is_terminal = os.isatty(descriptor)
        self.is_open = True
        self._before: list[Any] | None = None

    def __enter__(self) -> "PosixKeys":
        if self.is_terminal:
            import termios
            import tty

            self._before = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)
            # A shell that let this sleep (Ctrl-Z) has set the terminal for itself meanwhile.
            signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(self._descriptor))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            with contextlib.suppress(termios.error):  # the terminal may be closed
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def read(self, timeout: float) -> str:
        if not self.is_open:
            time.sleep(timeout)
            return ""
        if not select.select([self._descriptor], [], [], timeout)[0]:
            return ""
        try:
            typed = os.read(self._descriptor, 64)
        except OSError:  # a terminal that was closed
            typed = b""
        self.is_open = bool(typed)
        return plain(typed.decode("utf-8", errors="ignore"))


class WindowsKeys:
    """Keys from the console of Windows."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdin.isatty()
        self.is_open = self.is_terminal

    def __enter__(self) -> "WindowsKeys":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def read(self, timeout: float) -> str:
        import msvcrt

        console: Any = msvcrt  # its functions exist on Windows alone
        end = time.monotonic() + timeout
        while self.is_open and time.monotonic() < end:
            if console.kbhit():
                return plain(console.getwch())
            time.sleep(0.02)
        time.sleep(max(0.0, end - time.monotonic()))
        return ""


def open_keys() -> Keys:
    """The keys of standard input."""
    if sys.platform == "win32":
        return WindowsKeys()
    try:
        return PosixKeys(sys.stdin.fileno())
    except (ValueError, OSError, AttributeError):  # there is no standard input
        return PosixKeys(os.open(os.devnull, os.O_RDONLY))
