"""A text file that can be read again and again, the standard input included."""

import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from henkan.data.lines import STDIN, STDIN_NAME, open_binary, stream_lines


class TextFile:
    """Lines to be read any number of times. ``name`` is what errors call it.

    What can be read only once, the standard input (``-``) or a pipe, is copied to a temporary file, which goes when
    this object does. ``path`` is where the bytes are.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = STDIN_NAME if path == STDIN else str(path)
        self.path = Path(path)
        if path == STDIN:
            self._spool(cast(BufferedIOBase, sys.stdin.buffer))
        elif _is_pipe(self.path):
            with open_binary(path) as file:
                self._spool(file)

    def lines(self) -> Iterator[str]:
        """All lines from the first; see ``iter_lines``."""
        with open_binary(self.path) as file:
            yield from stream_lines(file, self.name)

    def _spool(self, file: BufferedIOBase) -> None:
        self._copy = tempfile.NamedTemporaryFile(prefix="henkan-")  # noqa: SIM115 - lives as long as this object
        try:
            shutil.copyfileobj(file, self._copy)
            self._copy.flush()
        except OSError as error:
            raise ValueError(
                f"{self.name} cannot be copied to {tempfile.gettempdir()} ({error.strerror}): "
                f"name another folder in TMPDIR, or write it to a file first"
            ) from None
        self.path = Path(self._copy.name)


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False  # opening it will say why
