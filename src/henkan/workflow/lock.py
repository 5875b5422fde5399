"""One process at a time. The locks are the system's: a process that is killed holds none."""

import os
import sys
from pathlib import Path

NAME = "lock"


class FileLock:
    """A file, locked by this process between ``take`` and ``release``. It stays where it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def take(self) -> bool:
        """Hold the lock; return False if another holds it."""
        while self._file is None:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _lock(file):
                os.close(file)
                return False
            if _is_still(file, self.path):
                self._file = file
            else:  # whoever held it has removed it since
                os.close(file)
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())
        return True

    def release(self) -> None:
        """End of ``take``; the file stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """End of ``take``, and of the file."""
        if sys.platform == "win32":  # there an open file cannot be removed
            self.release()
        self.path.unlink(missing_ok=True)
        self.release()

    def owner(self) -> str:
        """Who holds it, as far as that is known."""
        try:
            return f"process {int(self.path.read_text())}"
        except (OSError, ValueError):  # it has not said so yet, or may not be read while it is locked
            return "a process of this machine"


class FolderLock:
    """The file ``lock`` of a folder, locked by this process between ``take`` and ``release``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self._lock = FileLock(self.path)

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.is_held

    def check_free(self) -> None:
        """Raise if another training holds the lock. Nothing is made that was not there."""
        if self.path.exists():
            self.take()
            self.release()

    def take(self) -> None:
        """Hold the lock; a ``ValueError`` that names the process if another holds it."""
        if not self._lock.take():
            raise ValueError(
                f"{self.folder} is in use by another training ({self._lock.owner()}): wait for it, stop it, or choose "
                f"another --out"
            )

    def release(self) -> None:
        """End of ``take``; the file stays."""
        self._lock.release()


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
