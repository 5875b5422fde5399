"""``henkan watch``."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, has_colour, open_exercise

DESCRIPTION = """\
Check the current exercise, or the one that is named, each time its file is saved. Keys: h gives a hint, r checks again,
n goes on to the next exercise, q ends."""


def run(arguments: list[str]) -> int:
    """Watch until the learner has had enough."""
    parser = Parser("henkan watch [ID] [--manual-run]", DESCRIPTION)
    add_exercise(parser)
    parser.add_argument("--manual-run", action="store_true", help="check only when asked to, with the key r")
    given = parser.given(arguments)
    workspace, language, exercise_id = open_exercise(given)
    print(f"henkan watch  {workspace.root}\n", flush=True)

    from henkan.course.keys import open_keys
    from henkan.course.watch import Watcher, watch
    from henkan.course.worker import warm_up

    if exercise_id != workspace.state.current:
        workspace.update(lambda state: setattr(state, "current", exercise_id))
    warm_up()
    watcher = Watcher(workspace, language, TerminalScreen(), manual=given["manual_run"])
    try:
        watch(watcher, open_keys(), is_over=_signals())
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the terminal is gone: nobody reads on
    return 0


class TerminalScreen:
    """Standard output. On a terminal, what is busy is written over, and a line with the time parts the results."""

    def __init__(self) -> None:
        self.has_colour = has_colour()
        self._is_terminal = sys.stdout.isatty()
        self._is_busy = False

    def say(self, text: str) -> None:
        """Print ``text``."""
        if self._is_busy:
            print("\r\x1b[K", end="")
            self._is_busy = False
        print(text, flush=True)

    def busy(self, text: str) -> None:
        """Print ``text``, to be written over on a terminal."""
        rule = f"── {time.strftime('%H:%M:%S')} " + "─" * 60
        self.say(rule if self._is_terminal else text)
        if self._is_terminal:
            print(text, end="", flush=True)
            self._is_busy = True


def _signals() -> Callable[[], bool]:
    """Whether Ctrl-C was pressed, the terminal closed, or the process asked to end.

    From here on nothing else comes of that, so nothing is interrupted halfway.
    """
    came: list[int] = []
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: came.append(number))
    return lambda: bool(came)
