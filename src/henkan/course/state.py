"""How far a learner is: a small JSON file in their folder, replaced whole or not at all."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from henkan.course.exercise import ORDER
from henkan.course.text import Language

FILE = "henkan-course.json"
FORMAT = "henkan-course-1"
DAMAGED = (
    "{path} is damaged ({error}). No exercise is lost: henkan learn init {folder} writes a new one, and then "
    "henkan check --all finds what is solved / {path} が壊れています。練習のファイルは無事です。"
    "henkan learn init {folder} で作り直し、henkan check --all で解いたものを確かめられます"
)


@dataclass
class State:
    """What is recorded of a learner's way through the exercises."""

    language: Language
    current: str = ORDER[0]
    solved: list[str] = field(default_factory=list)
    """What passed when it was last checked."""
    hints: dict[str, int] = field(default_factory=dict)
    """How many of the three hints have been read."""
    given_up: list[str] = field(default_factory=list)
    """Where the solution was read before it was found."""

    @classmethod
    def load(cls, path: Path) -> "State":
        """The state that ``save`` wrote; a ``ValueError`` with the way out if the file is damaged."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return _from_dict(data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            raise ValueError(DAMAGED.format(path=path, error=reason, folder=path.parent)) from None

    def save(self, path: Path) -> None:
        """Write the state to ``path``, which is old or new at any moment, never in between."""
        # Not henkan.training's own ``replacing``: it would import torch for every command.
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                json.dump({"format": FORMAT, **asdict(self)}, file, ensure_ascii=False, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def record(self, exercise_id: str, *, passed: bool) -> None:
        """Note how a check of this exercise ended."""
        if passed and exercise_id not in self.solved:
            self.solved.append(exercise_id)
        if not passed and exercise_id in self.solved:
            self.solved.remove(exercise_id)

    def next_after(self, exercise_id: str) -> str | None:
        """The first exercise after this one that is not solved, else the first of all; None when all are solved."""
        start = ORDER.index(exercise_id) + 1
        rest = (*ORDER[start:], *ORDER[:start])
        return next((candidate for candidate in rest if candidate not in self.solved), None)


def _from_dict(data: dict[str, Any]) -> State:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}, not {FORMAT!r}")
    state = State(data["language"], data["current"], data["solved"], data["hints"], data["given_up"])
    if state.language not in get_args(Language):
        raise ValueError(f"language {state.language!r}")
    # An exercise that this version does not have, or calls otherwise, is left out and not an error.
    state.solved = [name for name in _list(state.solved) if name in ORDER]
    state.given_up = [name for name in _list(state.given_up) if name in ORDER]
    state.hints = {name: min(int(number), 3) for name, number in state.hints.items() if name in ORDER}
    state.current = state.current if state.current in ORDER else state.next_after(ORDER[-1]) or ORDER[0]
    return state


def _list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value
