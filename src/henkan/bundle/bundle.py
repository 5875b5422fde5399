"""A trained model on disk, with everything it takes to use it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from henkan import __version__
from henkan.bundle.contents import CONFIG, FORMAT, MODEL, RECORD, SOURCE, TARGET, damaged, mixed, read_contents
from henkan.bundle.folder import new_folder
from henkan.bundle.limits import Limits
from henkan.bundle.predict import Score, score_texts
from henkan.bundle.predictor import Predictor
from henkan.data import Tokenizer
from henkan.nn import Transformer
from henkan.training.checkpoint import load_model, replacing, save_model


@dataclass(frozen=True)
class Bundle(Predictor):
    """A model, its tokenizers and its history: text in, text out.

    ``data`` says what the model was trained on, and ``record`` how; both hold nothing but what JSON can.
    """

    model: Transformer
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    limits: Limits
    data: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def models(self) -> tuple[Transformer, ...]:  # type: ignore[override]
        """The one model."""
        return (self.model,)

    def score(self, pairs: Sequence[tuple[str, str]], *, lines: Sequence[int] | None = None) -> list[Score]:
        """How likely the model finds each target, given its source. ``lines`` are the numbers that errors name."""
        lines = range(1, len(pairs) + 1) if lines is None else lines
        return score_texts(self.model, self.codec, pairs, lines)

    def with_record(self, **entries: Any) -> "Bundle":
        """This bundle, with these entries of its record added or replaced."""
        return replace(self, record={**self.record, **entries})

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the folder ``path``; it appears complete or not at all.

        A bundle that stands there is replaced if ``overwrite`` says so, and stays until the new one is whole. Anything
        else is never replaced.
        """
        path = Path(path)
        check_free(path, overwrite=overwrite)
        with new_folder(path) as folder:
            save_model(self.model, folder / MODEL)
            _write_json(folder / CONFIG, self._config())
            (folder / MODEL).chmod((folder / CONFIG).stat().st_mode)  # safetensors lets nobody else read it
            _write_json(folder / SOURCE, self.source_tokenizer.to_dict())
            _write_json(folder / TARGET, self.target_tokenizer.to_dict())
            _write_json(folder / RECORD, self.record)

    def save_record(self, path: str | os.PathLike[str]) -> None:
        """Write the record alone into the bundle that stands at ``path``, in one piece."""
        with replacing(Path(path) / RECORD) as temporary:
            _write_json(temporary, self.record)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: torch.device | str = "cpu") -> "Bundle":
        """The bundle of the folder ``path``, its model on ``device``. Nothing in it is executed.

        A folder that is missing, incomplete, of another version or not a bundle is a ``ValueError`` that says so.
        """
        path = Path(path)
        rest = read_contents(path)
        try:
            model = load_model(path / MODEL, device)
        except (KeyError, TypeError) as error:
            raise damaged(path, error) from None
        if rest.model != model.config:
            raise mixed(path)
        return cls(model, rest.source_tokenizer, rest.target_tokenizer, rest.limits, rest.data, rest.record)

    def _config(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "henkan": __version__,
            "model": self.model.config,
            "limits": asdict(self.limits),
            "data": dict(self.data),
        }


def check_free(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Raise unless a bundle may be written to ``path``."""
    path = Path(path)
    if not path.exists() and not path.is_symlink():
        _check_parent(path)
    elif not (path.is_dir() and (path / CONFIG).is_file() and (path / MODEL).is_file()):
        raise ValueError(f"{path} exists and is not a bundle, so it is not replaced: choose another --out")
    elif not overwrite:
        raise ValueError(f"the bundle {path} exists: choose another --out, or replace it with --overwrite")


def _check_parent(path: Path) -> None:
    """Raise unless the folder of ``path`` is there or can be made."""
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise ValueError(f"{path} cannot be made, because {parent} is a file: choose another --out")
    if not os.access(parent, os.W_OK):
        raise ValueError(f"{path} cannot be made, because {parent} may not be written: choose another --out")


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
