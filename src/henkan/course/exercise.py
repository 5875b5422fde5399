"""Exercises: each is a part of the library that the learner writes again.

An exercise is two files in ``exercises/``, ``phase2/sdpa.toml`` with its card and its texts and ``phase2/sdpa.py`` with
its checks and its mistakes. The solution is the library; there is no second copy of it.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from henkan.course.text import Text
from henkan.course.toml import read_toml

ORDER = (
    "lesson0/attention_weights",
    "lesson0/output_and_loss",
    "lesson0/gradient_step",
    "lesson0/find_the_culprit",
    "lesson0/l2_two_ways",
    "lesson0/minibatch",
    "lesson0/through_softmax",
    "phase1/embedding_as_matmul",
    "phase1/sinusoidal_table",
    "phase1/positional_encoding",
    "phase1/relative_shift",
    "phase1/order_blind",
    "phase2/softmax",
    "phase2/sdpa",
    "phase2/masked_sdpa",
    "phase2/split_merge_heads",
    "phase2/multi_head_attention",
    "phase2/cross_attention",
    "phase2/why_sqrt",
)
"""Every exercise, in the order in which the lessons set them."""

Part = Any  # a function or a class
Check = Callable[..., None]
Numbers = Sequence[Any]  # tensors, or plain numbers: what a probe returns


@dataclass(frozen=True)
class Mistake:
    """A way to be wrong that has a name: the parts as they would be, and what the learner is told."""

    name: str
    parts: tuple[Part, ...]
    text: Text
    card: str | None = None
    """The misconception card of the lesson that says more, such as "M2-1"."""


@dataclass(frozen=True)
class Card:
    """What an exercise is about and all that it says, read from its TOML file alone: no check is imported for it."""

    id: str
    title: Text
    part_names: tuple[str, ...]
    """Where the library has the solution: "henkan.nn.attention.scaled_dot_product_attention"."""
    minutes: tuple[int, int]
    difficulty: int
    importance: int
    requires: tuple[str, ...]
    equations: tuple[str, ...]
    methods: tuple[str, ...]
    """For classes: the methods that the learner writes. ``__init__`` is given."""
    arguments: tuple[str, ...]
    """For functions: the arguments that the learner's code must heed, all if none are named. Others come later."""
    tests: tuple[str, ...]
    """The files of the library's own test suite that must pass with the learner's parts in place."""
    todo: tuple[Text, ...]
    hints: tuple[Text, ...]
    check_names: Mapping[str, Text]
    mistake_texts: Mapping[str, Text]
    mistake_cards: Mapping[str, str]
    """The misconception cards of the lesson that say more about a mistake, such as "M2-1"."""
    messages: Mapping[str, Text]

    @property
    def names(self) -> tuple[str, ...]:
        """What the learner's functions or classes are called."""
        return tuple(name.rpartition(".")[2] for name in self.part_names)


@dataclass(frozen=True)
class Exercise(Card):
    """One exercise. Checks, probe and mistakes take the parts in the order of ``part_names``."""

    checks: Mapping[str, Check]
    mistakes: Mapping[str, Mistake]
    probe: Callable[..., Numbers]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The library's own parts: the solution."""
        return tuple(_find(name) for name in self.part_names)


@cache
def load_card(exercise_id: str) -> Card:
    """The card of this exercise; a ``ValueError`` for one that does not exist."""
    return Card(**_card_fields(exercise_id, _read(exercise_id)))


@cache
def load_exercise(exercise_id: str) -> Exercise:
    """The exercise of this id; a ``ValueError`` for one that does not exist."""
    table = _read(exercise_id)
    module = importlib.import_module(f"henkan.course.exercises.{exercise_id.replace('/', '.')}")
    card = _card_fields(exercise_id, table)
    return Exercise(
        **card,
        checks={name: getattr(module, name) for name in table["checks"]},
        mistakes={
            name: Mistake(name, _parts(getattr(module, name)), text, card["mistake_cards"].get(name))
            for name, text in card["mistake_texts"].items()
        },
        probe=module.probe,
    )


def _read(exercise_id: str) -> dict[str, Any]:
    if exercise_id not in ORDER:
        raise ValueError(f"there is no exercise {exercise_id!r}: henkan list shows them all")
    phase, name = exercise_id.split("/")
    return read_toml("exercises", phase, f"{name}.toml")


def _card_fields(exercise_id: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a ``Card`` by name."""

    def text(entry: Mapping[str, Any], what: str) -> Text:
        return Text.of(entry, f"{exercise_id}.toml: {what}")

    def texts(key: str) -> dict[str, Text]:
        return {name: text(entry, name) for name, entry in table.get(key, {}).items()}

    return {
        "id": exercise_id,
        "title": text(table["title"], "title"),
        "part_names": tuple(table["parts"]),
        "minutes": (table["minutes"][0], table["minutes"][1]),
        "difficulty": table["difficulty"],
        "importance": table["importance"],
        "requires": tuple(table["requires"]),
        "equations": tuple(table["equations"]),
        "methods": tuple(table.get("methods", ())),
        "arguments": tuple(table.get("arguments", ())),
        "tests": tuple(table.get("tests", ())),
        "todo": tuple(text(entry, "todo") for entry in table["todo"]),
        "hints": tuple(text(entry, "hints") for entry in table["hints"]),
        "check_names": texts("checks"),
        "mistake_texts": texts("mistakes"),
        "mistake_cards": {name: entry["card"] for name, entry in table.get("mistakes", {}).items() if "card" in entry},
        "messages": texts("messages"),
    }


def _parts(mistake: Part | tuple[Part, ...]) -> tuple[Part, ...]:
    return mistake if isinstance(mistake, tuple) else (mistake,)


def _find(name: str) -> Part:
    module, _, attribute = name.rpartition(".")
    part = getattr(importlib.import_module(module), attribute)
    assert inspect.isfunction(part) or inspect.isclass(part)
    return part
