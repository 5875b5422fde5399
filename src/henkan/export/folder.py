"""An exported model on disk: a folder in the bundle, which says of what weights it is."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from henkan import __version__
from henkan.bundle.contents import MODEL
from henkan.bundle.folder import new_folder

if TYPE_CHECKING:
    from henkan.bundle import Bundle

Quantization = Literal["float32", "bfloat16", "int8", "int8_float32"]
FOLDER = "ctranslate2"  # in the bundle
ABOUT = "henkan.json"
FORMAT = "henkan-ctranslate2-1"


@dataclass(frozen=True)
class About:
    """What an export is of: the SHA-256 of the bundle's weights, how its numbers are stored, and who wrote it."""

    weights: str
    quantization: str
    henkan: str
    ctranslate2: str
    format: str = FORMAT


def require_ctranslate2() -> None:
    """Raise unless CTranslate2 is installed."""
    if find_spec("ctranslate2") is None:
        raise ValueError("CTranslate2 is not installed: pip install 'henkan[ctranslate2]'; --engine torch does without")


def export_folder(bundle: str | os.PathLike[str]) -> Path:
    """Where the export of a bundle stands unless it is to stand elsewhere."""
    return Path(bundle) / FOLDER


@contextmanager
def new_export(bundle: "Bundle", weights: str, path: Path, quantization: Quantization) -> Iterator[Path]:
    """A temporary folder with the model of ``bundle``, which takes the name ``path`` when the ``with`` block ends well.

    ``weights`` is their digest. If anything fails, nothing changes on the disk: not even an export that stood there.
    """
    from henkan.export.specification import check_model, write_model  # here, because to read an export takes no torch

    check_place(path)
    check_model(bundle.model)
    about = About(weights, quantization, __version__, _version())
    with new_folder(path) as folder:
        write_model(bundle.model, folder, quantization)
        (folder / ABOUT).write_text(json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8")
        yield folder


def check_place(path: Path) -> None:
    """Raise unless an export may be written to ``path``: where nothing stands, or another export."""
    if (path.exists() or path.is_symlink()) and read_about(path) is None:
        raise ValueError(f"{path} exists and is no export, so it is not replaced: choose another --out")
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise ValueError(f"{path} cannot be made, because {parent} may not be written: choose another --out")


def read_about(path: Path) -> About | None:
    """What the export in the folder ``path`` is of; nothing if there is none that this version can use."""
    try:
        about = About(**json.loads((path / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return about if about.format == FORMAT else None


def weights_digest(bundle: str | os.PathLike[str]) -> str:
    """The SHA-256 of a bundle's weights."""
    total = sha256()
    with (Path(bundle) / MODEL).open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _version() -> str:
    from importlib.metadata import version

    return version("ctranslate2")
