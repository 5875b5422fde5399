"""A folder for what was once computed from files and would take long to compute again."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

VARIABLE = "HENKAN_CACHE"
MAX_BYTES = 10 * 2**30  # of all entries together; the ones used longest ago go first


class CacheFolder:
    """Entries by key, each a folder that is complete or not there."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else default_root() / "data"

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
            if path.is_dir():  # another process was faster; both hold the same
                shutil.rmtree(temporary)
            else:
                temporary.rename(path)
            self._prune(keep=path)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            return None
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return path

    def _path(self, key: Mapping[str, Any]) -> Path:
        text = json.dumps(key, sort_keys=True, ensure_ascii=False)
        return self.root / blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _prune(self, keep: Path) -> None:
        entries = [path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")]
        entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in entries:
            total += folder_size(path)
            if total > MAX_BYTES and path != keep:
                shutil.rmtree(path, ignore_errors=True)


def default_root() -> Path:
    """Where henkan keeps what can be computed again: $HENKAN_CACHE, else the user's cache folder."""
    if place := os.environ.get(VARIABLE):
        return Path(place)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "henkan"


def folder_size(path: Path) -> int:
    """The bytes of the files in ``path``."""
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
