"""A folder for what was once computed from files and would take long to compute again."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

VARIABLE = "HENKAN_CACHE"
MAX_BYTES = 10 * 2**30  # of all entries together; the ones used longest ago go first
STALE_SECONDS = 24 * 3600  # nothing is written for so long: who began it was killed


class CacheFolder:
    """Entries by key, each a folder that is complete or not there."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else default_root() / "data"
        self.removed: list[Path] = []  # entries that had to make room

    def entry(self, key: Mapping[str, Any]) -> Path | None:
        """The folder that was stored under ``key``, which now counts as used."""
        path = self._path(key)
        if not path.is_dir():
            return None
        with suppress(OSError):  # a cache that may only be read is still good to read
            os.utime(path)
        return path

    def store(self, key: Mapping[str, Any], write: Callable[[Path], None]) -> Path | None:
        """The folder that ``write`` fills for ``key``. If the place cannot be written there is none, and no harm."""
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.mkdir(parents=True)
            write(temporary)
            _sync(temporary)
            if path.is_dir():  # another process was faster; both hold the same
                shutil.rmtree(temporary)
            else:
                temporary.rename(path)
            self._prune(keep=path)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            return path if path.is_dir() else None
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return path

    def remove(self, key: Mapping[str, Any]) -> None:
        """Remove an entry, because it is damaged."""
        shutil.rmtree(self._path(key), ignore_errors=True)

    def _path(self, key: Mapping[str, Any]) -> Path:
        text = json.dumps(key, sort_keys=True, ensure_ascii=False)
        return self.root / blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _prune(self, keep: Path) -> None:
        """Remove what was used longest ago, if all together is too large, and what killed processes have left."""
        found = []
        for path in self.root.iterdir():
            with suppress(OSError):  # another process removes the same
                changed = path.stat().st_mtime
                if not path.name.startswith("."):
                    found.append((path == keep, changed, path, folder_size(path)))
                elif path.name.endswith(".tmp") and time.time() - changed > STALE_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
        total = 0
        for is_kept, _, path, size in sorted(found, reverse=True):
            total += size
            if total > MAX_BYTES and not is_kept:
                shutil.rmtree(path, ignore_errors=True)
                self.removed.append(path)


def _sync(folder: Path) -> None:
    """Wait until the files are on the disk: a name must not outlive a power cut that its content did not."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def default_root() -> Path:
    """Where henkan keeps what can be computed again: $HENKAN_CACHE, else the user's cache folder."""
    if place := os.environ.get(VARIABLE):
        return Path(place)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "henkan"


def folder_size(path: Path) -> int:
    """The bytes of the files in ``path``."""
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
