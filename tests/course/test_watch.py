"""Watching one exercise."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from learner import RIGHT, SDPA, new_workspace, write

from henkan.course import watch as watching
from henkan.course.exercise import ORDER
from henkan.course.finding import Failure, Report
from henkan.course.keys import plain
from henkan.course.watch import Watcher
from henkan.course.workspace import Workspace


class Screen:
    """Keeps what was said."""

    has_colour = False

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    busy = say

    def new(self) -> str:
        """What was said since this was last asked."""
        text, self.said = "\n".join(self.said), []
        return text


class Keys:
    """Keys that nobody presses."""

    is_terminal = is_open = True


class Fake:
    """A run that ends when it is told to."""

    def __init__(self, exercise_id: str, path: Path) -> None:
        self.exercise_id, self.text = exercise_id, path.read_text(encoding="utf-8") if path.exists() else None
        self.report: Report | None = None
        self.stopped = False

    def poll(self) -> Report | None:
        return self.report

    def stop(self) -> None:
        self.stopped = True

    def end(self, *, passed: bool) -> None:
        failure = None if passed else Failure("shapes", "not_written_yet", {"where": "x.py:1"})
        self.report = Report(self.exercise_id, (), 1, 0.1, failure)


class Scene:
    """A watcher at work on phase2/sdpa, with runs that are fake."""

    def __init__(self, folder: Path, **options: bool) -> None:
        self.workspace = new_workspace(folder)
        self.workspace.update(lambda state: setattr(state, "current", SDPA))
        self.screen, self.runs = Screen(), []  # type: tuple[Screen, list[Fake]]
        self.watcher = Watcher(self.workspace, "en", self.screen, start=self.start, **options)  # type: ignore[arg-type]
        self.watcher.begin(Keys())  # type: ignore[arg-type]

    def start(self, exercise_id: str, path: Path) -> Fake:
        self.runs.append(Fake(exercise_id, path))
        return self.runs[-1]

    def save(self, text: str) -> None:
        write(self.workspace, text)
        self.pass_time()

    def pass_time(self, seconds: float = 0.0) -> None:
        """Step until a file that was saved has settled."""
        self.watcher.step("")
        time.sleep(watching.SETTLED + 0.02 + seconds)
        self.watcher.step("")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_it_says_that_it_checks_before_there_is_a_result(scene: Scene) -> None:
    assert "checking…" in scene.screen.new()
    assert len(scene.runs) == 1


def test_each_save_is_checked_once(scene: Scene) -> None:
    scene.runs[-1].end(passed=False)
    scene.save("one")
    scene.pass_time()
    assert [run.text for run in scene.runs[1:]] == ["one"]
    scene.save("two")
    assert [run.text for run in scene.runs[1:]] == ["one", "two"]


def test_a_newer_version_ends_the_run_of_the_older_one(scene: Scene) -> None:
    scene.save("newer")
    assert scene.runs[0].stopped
    scene.runs[0].end(passed=True)
    scene.watcher.step("")
    assert scene.workspace.state.solved == [], "the older version's result is nobody's"


def test_other_files_copies_and_editors_leavings_are_not_watched(scene: Scene) -> None:
    folder = scene.workspace.file(SDPA).parent
    for name in ("sdpa copy.py", ".sdpa.py.swp", "sdpa.py~", "#sdpa.py#", "softmax.py", "sdpa.py.bak"):
        (folder / name).write_text(RIGHT, encoding="utf-8")
    scene.pass_time()
    assert len(scene.runs) == 1


def test_saving_another_exercise_says_where_the_watch_is(scene: Scene) -> None:
    scene.screen.new()
    write(scene.workspace, "elsewhere", "phase2/softmax")
    scene.pass_time()
    scene.pass_time()
    assert scene.screen.new() == (
        "softmax.py was saved, but sdpa.py is under watch. To go there, end with q, run henkan next phase2/softmax, "
        "and start henkan watch again."
    )
    assert len(scene.runs) == 1


def test_saving_by_renaming_is_one_save(scene: Scene) -> None:
    path = scene.workspace.file(SDPA)
    path.rename(path.with_suffix(".old"))
    scene.watcher.step("")
    path.write_text("new", encoding="utf-8")
    scene.pass_time()
    assert [run.text for run in scene.runs[1:]] == ["new"]


def test_a_deleted_file_is_noticed_after_a_while(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MISSING", 0.3)
    scene.workspace.file(SDPA).unlink()
    scene.pass_time()
    assert len(scene.runs) == 1
    scene.pass_time(0.3)
    assert [run.text for run in scene.runs[1:]] == [None]


def test_it_never_goes_on_by_itself(scene: Scene) -> None:
    scene.runs[-1].end(passed=True)
    scene.watcher.step("")
    scene.pass_time()
    assert scene.workspace.state.solved == [SDPA]
    assert scene.workspace.state.current == SDPA
    assert len(scene.runs) == 1


def test_n_goes_on_once_it_is_solved(scene: Scene) -> None:
    scene.runs[-1].end(passed=True)
    scene.watcher.step("")
    scene.watcher.step("n")
    following = ORDER[ORDER.index(SDPA) + 1]
    assert scene.workspace.state.current == following
    assert scene.runs[-1].exercise_id == following
    scene.save("of the exercise before")
    assert scene.runs[-1].exercise_id == following
    assert len(scene.runs) == 2


def test_n_asks_once_before_it_leaves_something_unsolved(scene: Scene) -> None:
    scene.watcher.step("n")
    assert "press n once more" in scene.screen.new()
    scene.watcher.step("h")
    scene.watcher.step("n")
    assert scene.workspace.state.current == SDPA, "another key in between takes it back"
    scene.watcher.step("n\n")
    assert scene.workspace.state.current != SDPA


def test_h_gives_the_next_hint_each_time(scene: Scene) -> None:
    scene.screen.new()
    for number in (1, 2, 3):
        scene.watcher.step("h")
        assert f"hint {number}/3" in scene.screen.new()
    assert scene.workspace.state.hints == {SDPA: 3}


def test_r_checks_again_and_q_ends(scene: Scene) -> None:
    assert scene.watcher.step("r")
    assert len(scene.runs) == 2
    assert not scene.watcher.step("q")
    scene.screen.new()
    scene.watcher.end()
    assert scene.runs[-1].stopped
    assert f"0/{len(ORDER)} solved. henkan watch goes on from here." in scene.screen.new()


def test_manual_run_checks_only_when_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, manual=True)
    scene.save("one")
    assert scene.runs == []
    assert "Press [r]" in scene.screen.new()
    scene.watcher.step("r")
    assert [run.text for run in scene.runs] == ["one"]


def test_the_end_of_the_course_is_said(scene: Scene) -> None:
    scene.workspace.update(lambda state: setattr(state, "solved", [name for name in ORDER if name != SDPA]))
    scene.runs[-1].end(passed=True)
    scene.watcher.step("")
    assert not scene.watcher.step("n")
    scene.screen.new()
    scene.watcher.end()
    assert "Every exercise of the course is solved." in scene.screen.new()


@pytest.mark.parametrize(("typed", "key"), [("ｎ", "n"), ("Q", "q"), ("\x1b[H", ""), ("\x1b", ""), ("h", "h")])
def test_keys_of_a_japanese_keyboard_count_and_arrows_do_not(typed: str, key: str) -> None:
    assert plain(typed) == key


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_watch(tmp_path: Path) -> Iterator[Start]:
    """``start_watch(workspace, **options)`` starts the command; whatever the test does, it is ended."""
    started = []

    def start(workspace: Workspace, **options: object) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "henkan", "watch", SDPA]
        environment = {**os.environ, "TERM": "xterm", "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path / "tmp")}
        (tmp_path / "tmp").mkdir()
        started.append(subprocess.Popen(command, cwd=workspace.root, env=environment, **options))  # type: ignore[call-overload]
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def read_until(descriptor: int, wanted: str, seconds: float = 60.0) -> str:
    """What comes until ``wanted`` does."""
    text, end = b"", time.monotonic() + seconds
    while wanted not in text.decode(errors="ignore"):
        assert time.monotonic() < end, f"{wanted!r} did not come: {text.decode(errors='replace')}"
        if select.select([descriptor], [], [], 0.1)[0]:
            text += os.read(descriptor, 4096)
    return text.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="terminals are other things there")
@pytest.mark.parametrize("leave", ["q", "Ctrl-C", "closed terminal"])
def test_a_learner_at_a_terminal(
    leave: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], start_watch: Start
) -> None:
    import pty
    import termios

    workspace = new_workspace(tmp_path / "日本語")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = start_watch(workspace, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    read_until(ours, "Not written yet")
    start = time.monotonic()
    write(workspace, RIGHT)
    result = read_until(ours, "[q] quit")
    seconds = time.monotonic() - start
    assert re.search(r"✓ phase2/sdpa .* 8/8 passed", result)
    assert workspace.state.solved == [SDPA]
    os.write(ours, b"n")
    read_until(ours, "Not written yet")
    if leave == "closed terminal":
        os.close(theirs)
        os.close(ours)
        process.send_signal(signal.SIGHUP)
    else:
        os.write(ours, b"q") if leave == "q" else process.send_signal(signal.SIGINT)
        read_until(ours, "henkan watch goes on from here.")
    assert process.wait(10) == 0
    assert not list((tmp_path / "tmp").iterdir()), "a run has left its files behind"
    if leave != "closed terminal":
        assert termios.tcgetattr(theirs) == before, "the terminal is as it was"
        os.close(theirs)
        os.close(ours)
    assert workspace.state.current == ORDER[ORDER.index(SDPA) + 1]
    with capsys.disabled():
        sys.stdout.write(f"\nseconds from saving to the result, in watch mode: {seconds:.2f}\n")


@pytest.mark.parametrize(
    ("talk", "wanted"),
    [(lambda pipe: pipe.write(b"h\nq\n"), "hint 1/3"), (lambda pipe: pipe.close(), "There are no keys here.")],
    ids=["letters in a pipe", "no input"],
)
def test_it_works_without_a_terminal(
    talk: Callable[[object], None], wanted: str, tmp_path: Path, start_watch: Start
) -> None:
    process = start_watch(new_workspace(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    talk(process.stdin)
    text = read_until(process.stdout.fileno(), wanted)
    assert "\x1b[" not in text
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
