"""The learner's files: one for each exercise, with the parts that it asks for."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from henkan.course.exercise import Card, Part, load_card


def load_parts(card: Card, path: Path) -> tuple[Part, ...]:
    """The parts in the file ``path``, in the order of ``card``. One that is missing is a ``ValueError``.

    Whatever else the file raises when it is run is raised here.
    """
    module = load_module(card, path)
    missing = [part for part in card.names if not hasattr(module, part)]
    if missing:
        raise ValueError(f"{path} has no {' and no '.join(missing)}")
    return tuple(getattr(module, part) for part in card.names)


def load_module(card: Card, path: Path) -> ModuleType:
    """The learner's file, run as a module of its own. What it raises is raised here.

    It is compiled each time: of two versions saved within a second, Python's cache would give back the first.
    """
    module = ModuleType(f"henkan_learner_{card.id.replace('/', '_')}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def load_all(files: Mapping[str, Path]) -> dict[str, tuple[Part, ...]]:
    """The parts of every exercise in ``files``."""
    return {exercise_id: load_parts(load_card(exercise_id), path) for exercise_id, path in files.items()}


def as_options(files: Mapping[str, Path]) -> list[str]:
    """``files`` for a command line: ``--swap ID=FILE`` for each."""
    return [word for exercise_id, path in files.items() for word in ("--swap", f"{exercise_id}={path.resolve()}")]


def from_options(values: Iterable[str]) -> dict[str, Path]:
    """What ``as_options`` wrote: the values that followed ``--swap``."""
    return {exercise_id: Path(path) for exercise_id, _, path in (value.partition("=") for value in values)}
