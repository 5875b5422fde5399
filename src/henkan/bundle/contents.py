"""What a bundle's folder holds beside its weights, read and checked."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from henkan.bundle.folder import set_aside
from henkan.bundle.limits import Limits
from henkan.data import Tokenizer

FORMAT = "henkan-bundle-1"
MODEL, CONFIG, RECORD = "model.safetensors", "config.json", "training.json"
SOURCE, TARGET = "source_tokenizer.json", "target_tokenizer.json"


@dataclass(frozen=True)
class Contents:
    """What a bundle holds beside its weights. ``model`` is the configuration of its model."""

    model: Mapping[str, Any]
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    limits: Limits
    data: Mapping[str, Any]
    record: Mapping[str, Any]


def read_contents(path: str | os.PathLike[str]) -> Contents:
    """What the folder ``path`` holds beside the weights, which are not read; errors are those of ``Bundle.load``."""
    path = Path(path)
    config = _read_config(path)
    _check_complete(path)
    try:
        contents = Contents(
            config["model"],
            Tokenizer.from_dict(_read_json(path / SOURCE)),
            Tokenizer.from_dict(_read_json(path / TARGET)),
            Limits(**config["limits"]),
            config["data"],
            _read_json(path / RECORD),
        )
        sizes = (contents.model["src_vocab_size"], contents.model["tgt_vocab_size"])
    except (KeyError, TypeError) as error:
        raise damaged(path, error) from None
    if (len(contents.source_tokenizer.vocabulary), len(contents.target_tokenizer.vocabulary)) != sizes:
        raise mixed(path)
    return contents


def damaged(path: Path, error: Exception) -> ValueError:
    """That the configuration of a bundle does not hold what it should."""
    return ValueError(f"{path / CONFIG} is damaged ({error}): copy the bundle again, or train again")


def mixed(path: Path) -> ValueError:
    """That the files of a bundle do not belong together."""
    return ValueError(f"{path} mixes files of different bundles: {MODEL}, {CONFIG} and the tokenizers must be of one")


def _read_config(path: Path) -> Any:
    if not path.exists():
        old = set_aside(path)
        if old.is_dir():
            raise ValueError(f"{path} was being replaced when the process was killed: mv {old} {path} restores it")
        raise ValueError(f"there is no bundle {path}: henkan train writes one")
    if not path.is_dir():
        raise ValueError(f"{path} is not a bundle but a file: a bundle is the folder that henkan train writes")
    if not (path / CONFIG).is_file():
        raise ValueError(f"{path} is not a bundle (it has no {CONFIG}): name a folder that henkan train wrote")
    config = _read_json(path / CONFIG)
    if config.get("format") != FORMAT:
        raise ValueError(
            f"{path} is not a bundle of this version (its format is {config.get('format')!r}, here it is {FORMAT!r}): "
            f"use the henkan that wrote it ({config.get('henkan', 'unknown')}), or train again"
        )
    return config


def _check_complete(path: Path) -> None:
    missing = [name for name in (MODEL, SOURCE, TARGET, RECORD) if not (path / name).is_file()]
    if missing:
        raise ValueError(f"{path} is not a complete bundle: {', '.join(missing)} is missing; copy the whole folder")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read ({error}): is the bundle complete?") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path} is not a part of a bundle: it holds a {type(data).__name__}, not an object")
    return data
