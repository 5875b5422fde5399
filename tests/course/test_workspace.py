"""The learner's folder: nothing in it is ever lost."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from learner import RIGHT, SDPA, new_workspace, write

from henkan.course.exercise import ORDER
from henkan.course.finding import Failure, Report
from henkan.course.state import FILE, State
from henkan.course.stubs import stub
from henkan.course.text import LANGUAGES, Language
from henkan.course.workspace import Workspace, create

PASSED = Report(SDPA, ("shapes",), 1, 0.1)
FAILED = Report(SDPA, (), 1, 0.1, Failure("shapes", "not_a_tensor"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_init_writes_one_file_for_each_exercise_in_the_language(language: Language, tmp_path: Path) -> None:
    created = create(tmp_path / "course", language)
    assert created.new == ORDER
    for name in ORDER:
        assert created.workspace.file(name).read_text(encoding="utf-8") == stub(name, language)
    assert created.workspace.state == State(language)
    readme = (tmp_path / "course" / "README.md").read_text(encoding="utf-8")
    assert ("進めかた" if language == "ja" else "How it goes") in readme


def test_the_editor_is_told_not_to_write_the_code(tmp_path: Path) -> None:
    new_workspace(tmp_path)
    settings = json.loads((tmp_path / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert settings["editor.inlineSuggest.enabled"] is False
    assert settings["github.copilot.enable"] == {"*": False}


def test_a_second_init_adds_what_is_missing_and_touches_nothing_else(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    write(workspace, RIGHT)
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    workspace.note(PASSED)
    workspace.file("phase2/softmax").unlink()
    created = create(tmp_path, None)
    assert created.was_there
    assert created.new == ("phase2/softmax",)
    assert workspace.file(SDPA).read_text(encoding="utf-8") == RIGHT
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    assert workspace.state.solved == [SDPA]
    assert workspace.state.language == "en"


def test_a_second_init_in_another_language_keeps_the_files(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path, "en")
    create(tmp_path, "ja")
    assert workspace.state.language == "ja"
    assert workspace.file(SDPA).read_text(encoding="utf-8") == stub(SDPA, "en")


def test_a_folder_with_other_files_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "phase2").mkdir()
    (tmp_path / "phase2" / "sdpa.py").write_text("# theirs\n", encoding="utf-8")
    assert SDPA not in create(tmp_path, "en").new
    assert (tmp_path / "phase2" / "sdpa.py").read_text(encoding="utf-8") == "# theirs\n"


def test_the_name_of_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is a file: name a folder"):
        create(tmp_path / "file", "en")


def test_a_workspace_is_found_from_below(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "日本語")
    below = tmp_path / "日本語" / "phase2" / "mine"
    below.mkdir()
    assert Workspace.find(below) == workspace
    with pytest.raises(ValueError, match="henkan learn init"):
        Workspace.find(tmp_path)


@pytest.mark.parametrize("change", ["{", "", "[]", '{"format": "henkan-course-9"}', "\ufeff日本"])
def test_a_damaged_record_says_how_to_go_on_and_init_keeps_it(change: str, tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    write(workspace, RIGHT)
    (tmp_path / FILE).write_text(change, encoding="utf-8")
    with pytest.raises(ValueError, match=r"is damaged .* henkan learn init .* henkan check --all"):
        _ = workspace.state
    created = create(tmp_path, "en")
    assert created.damaged is not None
    assert created.damaged.read_text(encoding="utf-8") == change
    assert created.new == ()
    assert workspace.state == State("en")
    assert workspace.file(SDPA).read_text(encoding="utf-8") == RIGHT


@pytest.mark.parametrize("key", ["language", "solved", "hints", "given_up", "current"])
def test_a_record_with_a_wrong_value_is_damaged_not_a_crash(key: str, tmp_path: Path) -> None:
    new_workspace(tmp_path)
    path = tmp_path / FILE
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, key: 7}), encoding="utf-8")
    if key == "current":  # an exercise that was renamed since
        assert State.load(path).current == ORDER[0]
    else:
        with pytest.raises(ValueError, match="is damaged"):
            State.load(path)


def test_exercises_of_another_version_are_passed_over(tmp_path: Path) -> None:
    state = State("ja", current="phase9/gone", solved=["phase9/gone", SDPA], hints={"phase9/gone": 1, SDPA: 9})
    state.save(tmp_path / FILE)
    loaded = State.load(tmp_path / FILE)
    assert (loaded.current, loaded.solved, loaded.hints) == (ORDER[0], [SDPA], {SDPA: 3})


def test_solved_is_what_passed_last(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    assert workspace.note(PASSED).solved == [SDPA]
    assert workspace.solved_files() == {SDPA: workspace.file(SDPA)}
    workspace.note(PASSED)
    assert workspace.state.solved == [SDPA]
    assert workspace.note(FAILED).solved == []
    assert workspace.solved_files() == {}


def test_what_a_check_had_to_leave_out_is_not_solved(tmp_path: Path) -> None:
    left_out = Report(SDPA, ("shapes",), 2, 0.1, skipped={"parity": "layers_renamed"})
    assert left_out.is_passed
    assert new_workspace(tmp_path).note(left_out).solved == []


def test_the_next_exercise_is_the_next_unsolved_one_and_comes_round() -> None:
    state = State("ja", solved=list(ORDER[1:3]))
    assert state.next_after(ORDER[0]) == ORDER[3]
    assert state.next_after(ORDER[-1]) == ORDER[0]
    state.solved = list(ORDER[1:])
    assert state.next_after(ORDER[0]) == ORDER[0]
    state.solved = list(ORDER)
    assert state.next_after(ORDER[0]) is None


def test_reset_keeps_every_version_of_the_work(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    workspace.note(PASSED)
    kept = []
    for text in ("first", "second", "third"):
        write(workspace, text)
        kept.append(workspace.reset(SDPA, "en"))
        assert workspace.file(SDPA).read_text(encoding="utf-8") == stub(SDPA, "en")
    assert [path.name for path in kept if path] == ["sdpa.py.bak", "sdpa.py.bak2", "sdpa.py.bak3"]
    assert [path.read_text(encoding="utf-8") for path in kept if path] == ["first", "second", "third"]
    assert workspace.state.solved == []


def test_reset_brings_back_a_file_that_was_deleted(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    workspace.file(SDPA).unlink()
    assert workspace.reset(SDPA, "en") is None
    assert workspace.file(SDPA).is_file()


def test_a_record_is_old_or_new_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    State("ja").save(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        State("en").save(path)
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == [FILE]


def test_many_writers_leave_a_whole_record(tmp_path: Path) -> None:
    State("ja").save(tmp_path / FILE)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(tmp_path / FILE,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        State.load(tmp_path / FILE)
    assert [writer.exitcode for writer in writers] == [0, 0]


def _write_often(path: Path) -> None:
    for number in range(50):
        State("ja", solved=list(ORDER[: number % len(ORDER)])).save(path)
