"""Folders that appear complete or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder to fill, which takes the name ``path`` once it is complete and on the disk.

    A folder that stands there is moved aside first and deleted last. If anything fails it is put back; if the process
    is killed in between, it is still at ``set_aside(path)``.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)  # left by a killed process of the same number
    temporary.mkdir()
    try:
        yield temporary
        _sync(temporary)
        _swap(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def set_aside(path: Path) -> Path:
    """Where the old folder of the name ``path`` stands while the new one takes its place."""
    return path.with_name(f".{path.name}.old")


def _swap(temporary: Path, path: Path) -> None:
    old = set_aside(path)
    if not path.exists():
        temporary.rename(path)
        return
    shutil.rmtree(old, ignore_errors=True)
    path.rename(old)
    try:
        temporary.rename(path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Wait until the files of ``folder``, and their names, are on the disk."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
