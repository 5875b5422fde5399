"""A learner's folder: a file for each exercise, and how far they are."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from henkan.course.exercise import ORDER
from henkan.course.finding import Report
from henkan.course.state import FILE, State
from henkan.course.stubs import stub
from henkan.course.text import LANGUAGES, Language
from henkan.course.words import word

NOT_A_COURSE = (
    "no exercises here or in a folder above: henkan learn init makes them, or go to the folder where they are / "
    "ここには練習がありません。henkan learn init で作るか、作ったフォルダーへ移動してください"
)

# Editors write code before the learner can think of it; in this folder they shall not.
EDITOR = {
    "editor.inlineSuggest.enabled": False,
    "github.copilot.enable": {"*": False},
    "github.copilot.editor.enableAutoCompletions": False,
    "github.copilot.nextEditSuggestions.enabled": False,
    "chat.disableAIFeatures": True,
    "codeium.enableConfig": {"*": False},
    "windsurf.enableAutocomplete": False,
    "ruff.lint.ignore": ["F401", "F722"],
}


@dataclass(frozen=True)
class Workspace:
    """The folder ``root``, which ``create`` made."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Workspace":
        """The workspace that the folder ``start`` is in; a ``ValueError`` if it is in none."""
        for folder in (start, *start.parents):
            if (folder / FILE).is_file():
                return cls(folder)
        raise ValueError(NOT_A_COURSE)

    @property
    def state(self) -> State:
        """How far the learner is, as it stands on the disk now."""
        return State.load(self.root / FILE)

    def update(self, change: Callable[[State], None]) -> State:
        """Let ``change`` edit the state that stands on the disk, write it back and return it."""
        state = self.state
        change(state)
        state.save(self.root / FILE)
        return state

    def note(self, report: Report) -> State:
        """Record how a check ended; return the state."""
        state = self.state
        if report.is_solved == (report.exercise in state.solved):
            return state
        return self.update(lambda state: state.record(report.exercise, passed=report.is_solved))

    def file(self, exercise_id: str) -> Path:
        """Where the learner writes this exercise."""
        return self.root.joinpath(*exercise_id.split("/")).with_suffix(".py")

    def solved_files(self) -> dict[str, Path]:
        """The learner's file of every exercise that passed when it was last checked."""
        solved = self.state.solved
        return {name: self.file(name) for name in ORDER if name in solved and self.file(name).is_file()}

    def reset(self, exercise_id: str, language: Language) -> Path | None:
        """Put the stub in place of the learner's file; return where their work is kept, None if there was none.

        The work stays beside it as ``sdpa.py.bak``, ``sdpa.py.bak2`` and so on. A hint that was read stays read.
        """
        path = self.file(exercise_id)
        backup = None
        if path.exists():
            backup = _free(path.with_name(path.name + ".bak"))
            path.rename(backup)
        try:
            _write_new(path, stub(exercise_id, language))
        except BaseException:  # the disk is full, say: nothing has been reset
            if backup is not None:
                backup.rename(path)
            raise
        self.update(lambda state: state.record(exercise_id, passed=False))
        return backup


@dataclass(frozen=True)
class Created:
    """What ``create`` did."""

    workspace: Workspace
    new: tuple[str, ...]
    """The exercises whose files it wrote."""
    was_there: bool
    damaged: Path | None
    """Where a damaged state file is kept, if there was one."""


def create(root: Path, language: Language | None) -> Created:
    """Make the folder ``root`` a workspace, or complete the one that is there. No file of the learner is touched.

    Without a ``language`` it is the one of before, else Japanese.
    """
    if root.exists() and not root.is_dir():
        raise ValueError(f"{root} is a file: name a folder")
    path = root / FILE
    was_there = path.is_file()
    state, damaged = _state(path)
    if language is not None:
        state.language = language
    root.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(root)
    new = [name for name in ORDER if _write_new(workspace.file(name), stub(name, state.language))]
    _write_new(root / "README.md", word("readme", state.language) + "\n")
    _write_new(root / ".vscode" / "settings.json", json.dumps(EDITOR, indent=4) + "\n")
    state.save(path)
    return Created(workspace, tuple(new), was_there, damaged)


def _state(path: Path) -> tuple[State, Path | None]:
    """The state of ``path``, or a new one; a damaged file is moved aside, to the second result. Its language stays."""
    if not path.is_file():
        return State("ja"), None
    try:
        return State.load(path), None
    except ValueError:
        text = path.read_text(encoding="utf-8", errors="replace")
        language = next((language for language in LANGUAGES if f'"language": "{language}"' in text), LANGUAGES[0])
        aside = _free(path.with_name(path.name + ".bak"))
        path.rename(aside)
        return State(language), aside


def _write_new(path: Path, text: str) -> bool:
    """Write the file, whole or not at all, unless there is one; say whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(text)
    except BaseException:
        path.unlink()
        raise
    return True


def _free(path: Path) -> Path:
    """``path``, or the first of ``path`` + 2, 3, ... that does not exist."""
    number = 2
    candidate = path
    while candidate.exists():
        candidate = path.with_name(f"{path.name}{number}")
        number += 1
    return candidate
