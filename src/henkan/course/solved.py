"""The learner's files: one for each exercise, with the parts that it asks for."""

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from henkan.course.exercise import Card, Part, load_card


def load_parts(card: Card, path: Path) -> tuple[Part, ...]:
    """The parts in the file ``path``, in the order of ``card``. One that is missing is a ``ValueError``.

    Whatever else the file raises when it is run is raised here.
    """
    name = f"henkan_learner_{card.id.replace('/', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    missing = [part for part in card.names if not hasattr(module, part)]
    if missing:
        raise ValueError(f"{path} has no {' and no '.join(missing)}")
    return tuple(getattr(module, part) for part in card.names)


def load_all(files: Mapping[str, Path]) -> dict[str, tuple[Part, ...]]:
    """The parts of every exercise in ``files``."""
    return {exercise_id: load_parts(load_card(exercise_id), path) for exercise_id, path in files.items()}


def as_options(files: Mapping[str, Path]) -> list[str]:
    """``files`` for a command line: ``--swap ID=FILE`` for each."""
    return [word for exercise_id, path in files.items() for word in ("--swap", f"{exercise_id}={path.resolve()}")]


def from_options(values: Iterable[str]) -> dict[str, Path]:
    """What ``as_options`` wrote: the values that followed ``--swap``."""
    return {exercise_id: Path(path) for exercise_id, _, path in (value.partition("=") for value in values)}
