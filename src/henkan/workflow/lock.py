"""One training at a time in a folder. The lock is the system's: a process that is killed holds none."""

import os
import sys
from pathlib import Path

NAME = "lock"


class FolderLock:
    """The file ``lock`` of a folder, locked by this process between ``take`` and ``release``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self._file: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def check_free(self) -> None:
        """Raise if another training holds the lock. Nothing is made that was not there."""
        if self.path.exists():
            self.take()
            self.release()

    def take(self) -> None:
        """Hold the lock; a ``ValueError`` that names the process if another holds it."""
        while self._file is None:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _lock(file):
                os.close(file)
                raise ValueError(
                    f"{self.folder} is in use by another training ({self._owner()}): wait for it, stop it, or choose "
                    f"another --out"
                )
            if _is_still(file, self.path):
                self._file = file
            else:  # whoever held it has removed the folder since
                os.close(file)
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def release(self) -> None:
        """End of ``take``; the file stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _owner(self) -> str:
        try:
            return f"process {int(self.path.read_text())}"
        except (OSError, ValueError):  # it has not said so yet, or may not be read while it is locked
            return "a process of this machine"


def _lock(file: int) -> bool:
    """Lock an open file; return False if somebody else has. A file system that has no locks locks nothing."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _is_still(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
