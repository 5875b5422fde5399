"""The library with a learner's parts in place of its own.

A part is replaced wherever a module holds the very object that the library defines: under its own name, under a second
one (``henkan.nn.FeedForward``), and where another module has imported it. What an exercise does not ask for is filled
in by the library (``henkan.course.complete``).
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import henkan
from henkan.course.complete import complete
from henkan.course.exercise import ORDER, Part, load_card

CHECKS = "henkan.course.exercises"  # what judges the learner's parts is not made of them
Namespace = dict[str, Any]


@dataclass(frozen=True)
class Replacement:
    """One part of the library and what stands in its place."""

    name: str
    """What the part is called in the library: "henkan.nn.attention.split_heads"."""
    reference: Part
    part: Part


def latest(exercises: Iterable[str]) -> dict[str, str]:
    """For every part of ``exercises`` its name in the library and, of the exercises that ask for it, the last."""
    cards = map(load_card, sorted(exercises, key=ORDER.index))
    return {name: card.id for card in cards for name in card.part_names}


def replacements(solved: Mapping[str, Sequence[Part]]) -> list[Replacement]:
    """What to replace by the learner's parts, given by exercise. Of two exercises on one part the later one counts."""
    found = []
    for name, exercise_id in latest(solved).items():
        card = load_card(exercise_id)
        module, _, attribute = name.rpartition(".")
        reference = getattr(importlib.import_module(module), attribute)
        part = solved[exercise_id][card.part_names.index(name)]
        found.append(Replacement(name, reference, complete(part, reference, card.arguments)))
    return found


@contextmanager
def swapped(
    solved: Mapping[str, Sequence[Part]], *, also: Sequence[ModuleType] = (), until_exit: bool = False
) -> Iterator[list[Replacement]]:
    """In the block, every module of henkan uses the learner's parts; afterwards all is as it was.

    ``also`` are further modules to reach. The modules in which the parts were written are reached, too: a part that
    builds on another uses the learner's other part. Only its own name means the library's there.

    A module that is imported in the block gets the learner's parts and would keep them, so all are imported first,
    which takes seconds; ``until_exit`` says that this does not matter.
    """
    done = replacements(solved)
    if not until_exit:
        import_everything()
    places = [place for namespace in [*_library(), *map(vars, also)] for place in _places(namespace, done)]
    for exercise_id, parts in solved.items():
        others = [replacement for replacement in done if replacement.name not in load_card(exercise_id).part_names]
        places += [place for namespace in _homes(parts) for place in _places(namespace, others)]
    try:
        for namespace, name, replacement in places:
            namespace[name] = replacement.part
        yield done
    finally:
        for namespace, name, replacement in places:
            namespace[name] = replacement.reference


def _places(namespace: Namespace, done: Sequence[Replacement]) -> list[tuple[Namespace, str, Replacement]]:
    """Where the namespace holds what is to be replaced, and what replaces it."""
    return [
        (namespace, name, replacement)
        for name, value in namespace.items()
        for replacement in done
        if value is replacement.reference
    ]


def import_everything() -> None:
    """Import every module of henkan but the checks, and those that need an optional package which is not there."""
    for module in pkgutil.walk_packages(henkan.__path__, "henkan."):
        if module.name.endswith(".__main__") or module.name.startswith(CHECKS):
            continue
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            if (error.name or "henkan").partition(".")[0] == "henkan":
                raise


def _library() -> list[Namespace]:
    """The namespaces of henkan's modules, without the checks."""
    inside = [name for name in sys.modules if name == "henkan" or name.startswith("henkan.")]
    return [vars(sys.modules[name]) for name in inside if not name.startswith(CHECKS)]


def _homes(parts: Sequence[Part]) -> list[Namespace]:
    """The namespaces outside of henkan in which the parts were written."""
    functions = [
        function
        for part in parts
        for function in (vars(part).values() if inspect.isclass(part) else [part])
        if inspect.isfunction(function)
    ]
    spaces = {id(space): space for space in (inspect.unwrap(function).__globals__ for function in functions)}
    return [space for space in spaces.values() if str(space.get("__name__")).partition(".")[0] != "henkan"]
