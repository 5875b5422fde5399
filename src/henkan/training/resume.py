"""Checkpoints of a run on disk: safetensors and JSON, so that loading one executes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from henkan.training.checkpoint import HEADER, replacing
from henkan.training.state import Checkpoint, RunState

FORMAT = "henkan-checkpoint-1"


def save_checkpoint(path: Path, checkpoint: Checkpoint, about: Mapping[str, Any]) -> None:
    """Write ``checkpoint`` and, in its header, ``about``: what the run is, in types that JSON has.

    One file, renamed once it is whole and on the disk: whenever the process is killed, the old one or the new one
    stands at ``path``. What cannot be written is an ``OSError``, and the old one stays.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    header = {"format": FORMAT, "about": about, "state": checkpoint.state.to_dict()}
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, {HEADER: json.dumps(header)})
        except SafetensorError as error:
            raise OSError(None, str(error), str(path)) from error


def read_about(path: Path) -> tuple[dict[str, Any], RunState]:
    """What ``save_checkpoint`` wrote beside the tensors; a file that is none is a ``ValueError``."""
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a checkpoint ({error})") from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint of this version (format {header.get('format')!r}, not {FORMAT!r})")
    try:
        return header["about"], RunState.from_dict(header["state"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} has a damaged header ({error})") from error


def load_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint that ``save_checkpoint`` wrote; a damaged or foreign file is a ``ValueError`` that names it."""
    _, state = read_about(path)
    with safe_open(path, framework="pt") as file:
        return Checkpoint(state, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - not a dict
