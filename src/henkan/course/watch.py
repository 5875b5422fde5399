"""Watching one exercise: a check each time its file is saved, and a few keys."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from henkan.course.exercise import ORDER
from henkan.course.finding import Report
from henkan.course.hints import next_hint
from henkan.course.keys import END, Keys
from henkan.course.overview import introduce
from henkan.course.render import render
from henkan.course.run import Run
from henkan.course.text import Language
from henkan.course.words import word
from henkan.course.workspace import Workspace

TICK = 0.1  # seconds between two looks at the file
SETTLED = 0.1  # seconds after which a file that was saved is taken to be whole
MISSING = 1.0  # seconds for which a file may be missing: some editors save by renaming

Signature = tuple[int, int, int] | None
Start = Callable[[str, Path], Run]


class Screen(Protocol):
    """Where the watcher writes."""

    has_colour: bool

    def say(self, text: str) -> None:
        """Show ``text``."""

    def busy(self, text: str) -> None:
        """Show ``text`` until something else is said."""


class Watcher:
    """The current exercise under watch. ``step`` it until it says that it is over."""

    def __init__(
        self, workspace: Workspace, language: Language, screen: Screen, *, manual: bool = False, start: Start = Run
    ) -> None:
        self._workspace, self._language, self._screen, self._manual = workspace, language, screen, manual
        self._start = start
        self._run: Run | None = None
        self._asked_to_skip = False
        self._take(workspace.state.current)

    def begin(self, keys: Keys) -> None:
        """Introduce the exercise and check it as it stands."""
        self._screen.say(introduce(self._exercise, self._language, watched=True) + "\n")
        if not keys.is_terminal:
            self.say("keys_with_enter" if keys.is_open else "no_keys")
        if self._manual:
            self.say("manual")
        else:
            self._check()

    def step(self, typed: str) -> bool:
        """Heed the keys, look at the file and at the run; False when it is over."""
        for key in typed:
            if not self._heed(key):
                return False
        self._look_at_file()
        self._look_at_other_files()
        if self._run is not None and (report := self._run.poll()) is not None:
            self._run = None
            self._show(report)
        return True

    def say(self, name: str) -> None:
        """Show the sentence of this name."""
        self._screen.say(self._word(name))

    def end(self) -> None:
        """Stop what is running and say how far the learner is."""
        if self._run is not None:
            self._run.stop()
            self._run = None
        solved = len(self._workspace.state.solved)
        name = "all_solved" if solved == len(ORDER) else "until_next_time"
        self._screen.say("\n" + self._word(name, solved=solved, total=len(ORDER)))

    def _take(self, exercise_id: str) -> None:
        self._exercise, self._file = exercise_id, self._workspace.file(exercise_id)
        self._seen = _signature(self._file)
        self._changed_at: float | None = None
        self._others = self._signatures_of_others()

    def _heed(self, key: str) -> bool:
        """Do what the key asks for; False if that is to end."""
        if key in ("q", END):
            return False
        if key == "n":
            return self._go_on()
        if key == "r":
            self._check()
        elif key == "h":
            self._screen.say("\n" + next_hint(self._workspace, self._exercise, self._language) + "\n")
        if not key.isspace():
            self._asked_to_skip = False
        return True

    def _go_on(self) -> bool:
        """To the next exercise: at once if this one is solved, else if asked twice. False after the last."""
        state = self._workspace.state
        following = state.next_after(self._exercise)
        if following is None:
            return False
        if self._exercise not in state.solved and not self._asked_to_skip:
            self.say("ask_to_skip")
            self._asked_to_skip = True
            return True
        self._asked_to_skip = False
        self._workspace.update(lambda state: setattr(state, "current", following))
        self._take(following)
        self._screen.say("\n" + introduce(following, self._language, watched=True) + "\n")
        if self._manual:
            self._stop()
        else:
            self._check()
        return True

    def _look_at_file(self) -> None:
        """Start a check when the file has changed and has stayed as it is for a moment."""
        now = time.monotonic()
        signature = _signature(self._file)
        if signature != self._seen:
            self._seen, self._changed_at = signature, now
        if self._changed_at is None or now - self._changed_at < (MISSING if signature is None else SETTLED):
            return
        self._changed_at = None
        if self._manual and signature is not None:
            self.say("manual")
        else:
            self._check()

    def _look_at_other_files(self) -> None:
        """Say so when another exercise's file is saved: nothing is going to happen, and the learner waits for it."""
        others = self._signatures_of_others()
        for exercise_id, signature in others.items():
            if signature is not None and signature != self._others[exercise_id]:
                file, current = (self._workspace.file(name).name for name in (exercise_id, self._exercise))
                self._screen.say(self._word("saved_elsewhere", file=file, current=current, exercise=exercise_id))
        self._others = others

    def _signatures_of_others(self) -> dict[str, Signature]:
        return {name: _signature(self._workspace.file(name)) for name in ORDER if name != self._exercise}

    def _check(self) -> None:
        """Start over: what was running is of an older version."""
        self._stop()
        self._changed_at = None
        self._seen = _signature(self._file)
        self._screen.busy(self._word("checking"))
        self._run = self._start(self._exercise, self._file)

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stop()
            self._run = None

    def _show(self, report: Report) -> None:
        state = self._workspace.note(report)
        hints = state.hints.get(report.exercise, 0)
        self._screen.say(
            render(report, self._language, place="watch", colour=self._screen.has_colour, hints_read=hints) + "\n"
        )

    def _word(self, name: str, /, **values: object) -> str:
        return word(name, self._language, **values)


def watch(watcher: Watcher, keys: Keys, is_over: Callable[[], bool] = lambda: False) -> None:
    """Watch until the learner ends it, closes the terminal, or it ``is_over`` for another reason."""
    with keys:
        try:
            watcher.begin(keys)
            had_keys = keys.is_open
            while watcher.step(keys.read(TICK)) and (keys.is_open or not keys.is_terminal) and not is_over():
                if had_keys and not keys.is_open:
                    watcher.say("no_keys")
                had_keys = keys.is_open
        finally:
            watcher.end()


def _signature(path: Path) -> Signature:
    """What tells one version of a file from another; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
