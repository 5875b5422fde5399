"""A model in one file: its weights, and the arguments it was built from."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from henkan.nn import Transformer

FORMAT = "henkan-model-1"
HEADER = "henkan"


def save_model(model: Transformer, path: str | os.PathLike[str]) -> None:
    """Write ``model`` to ``path``: safetensors, with the configuration in its header. Shared matrices are stored once.

    The file appears complete or not at all; one that stood there before stays until the new one is whole.
    """
    weights = {name: parameter.detach().cpu().contiguous() for name, parameter in model.named_parameters()}
    # One entry: several are written in no fixed order, and the same model should be the same file.
    metadata = {HEADER: json.dumps({"format": FORMAT, "config": model.config})}
    with replacing(Path(path)) as temporary:
        save_file(weights, temporary, metadata)


def load_model(path: str | os.PathLike[str], device: torch.device | str = "cpu") -> Transformer:
    """The model of ``path``, on ``device``, in eval mode. Nothing in the file is executed.

    A file that is missing, damaged or not a henkan model is a ``ValueError`` that names it.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; save_model writes one")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a model ({error}): is it complete?") from error
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} is not a model of this version (format {header.get('format')!r}, not {FORMAT!r})")
    try:
        model = Transformer(**header["config"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} has a damaged configuration ({error}): copy the file again") from error
    load_weights(model, weights, path)
    return model.to(device).eval()


def load_weights(model: Transformer, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Copy ``weights`` into ``model``; every parameter must be there, in its shape, and nothing else."""
    parameters = dict(model.named_parameters())
    if parameters.keys() != weights.keys():
        odd = sorted(parameters.keys() ^ weights.keys())
        raise ValueError(f"{path} does not fit its configuration: {odd[0]} and {len(odd) - 1} other names differ")
    model.to(next(iter(weights.values())).dtype)
    with torch.no_grad():
        for name, parameter in parameters.items():
            if parameter.shape != weights[name].shape:
                raise ValueError(
                    f"{path} does not fit its configuration: {name} is {tuple(weights[name].shape)}, "
                    f"not {tuple(parameter.shape)}"
                )
            parameter.data = weights[name].to(parameter.device)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write, which takes the name ``path`` once it is complete and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
