"""The commands of the course, as a learner types them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from learner import NO_SCALE, RIGHT, SDPA, new_workspace, write

from henkan.cli import COURSE, main
from henkan.course.exercise import ORDER, load_card
from henkan.course.source import find_source
from henkan.course.state import FILE
from henkan.course.workspace import Workspace


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


Henkan = Callable[..., Result]


@pytest.fixture
def henkan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Henkan:
    """``henkan(...)`` runs a command; it begins in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HENKAN_LANG", raising=False)

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        status = main(arguments)
        return Result(status, *capsys.readouterr())

    return run


@pytest.fixture
def course(henkan: Henkan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An English course, in whose folder the commands are typed; its current exercise is phase2/sdpa."""
    workspace = new_workspace(tmp_path / "course")
    workspace.update(lambda state: setattr(state, "current", SDPA))
    monkeypatch.chdir(workspace.root)
    return workspace


def test_init_says_how_to_begin(henkan: Henkan, tmp_path: Path) -> None:
    result = henkan("learn", "init", "私の 練習")
    assert (result.status, result.err) == (0, "")
    assert f"練習を {len(ORDER)} 題用意しました" in result.out
    assert "cd '私の 練習'" in result.out
    assert (tmp_path / "私の 練習" / FILE).is_file()


def test_init_in_english_into_its_own_folder(henkan: Henkan, tmp_path: Path) -> None:
    assert "To begin:" in henkan("learn", "init", "--lang", "en").out
    assert (tmp_path / "henkan-course" / FILE).is_file()


def test_the_environment_can_choose_the_language(henkan: Henkan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENKAN_LANG", "en")
    assert "To begin:" in henkan("learn", "init").out


def test_init_inside_a_course_means_that_course(
    henkan: Henkan, course: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root / "phase2")
    course.file(SDPA).unlink()
    result = henkan("learn", "init")
    assert f"  {SDPA}\n" in result.out
    assert course.file(SDPA).is_file()
    assert not (course.root / "phase2" / "henkan-course").exists()
    assert "No file was touched" in henkan("learn", "init").out


def test_learn_alone_explains_itself(henkan: Henkan) -> None:
    result = henkan("learn")
    assert result.status == 0
    assert "henkan learn init" in result.out
    assert "講座" in result.out


@pytest.mark.parametrize("command", [name for name in COURSE if name not in ("learn", "explain")])
def test_outside_of_a_course_one_line_says_what_to_do(command: str, henkan: Henkan) -> None:
    result = henkan(command, *(["phase2/sdpa"] if command == "reset" else []))
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "henkan learn init" in result.err
    assert "ここには練習がありません" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "phase2/sdpq"),
        ("check", "nothing-like-it"),
        ("check", "--quick"),
        ("hint", "phase2"),
        ("hint", "phase2/sdpa", "phase2/softmax"),
        ("next", "../elsewhere.py"),
        ("solution",),
        ("diff",),
        ("list", "phase2"),
        ("check", "--lang", "fr"),
        ("learn", "start"),
        ("watch", "phase9/x"),
    ],
    ids=" ".join,
)
def test_wrong_input_is_one_line_and_status_2(arguments: tuple[str, ...], henkan: Henkan, course: Workspace) -> None:
    result = henkan(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"henkan {arguments[0]}: error: ")
    assert result.err.count("\n") == 1


def test_a_typo_is_met_with_what_was_meant(henkan: Henkan, course: Workspace) -> None:
    assert "did you mean phase2/sdpa?" in henkan("hint", "phase2/sdap").err
    assert "phase2/sdpa のことですか" in henkan("hint", "phase2/sdap", "--lang", "ja").err


@pytest.mark.parametrize(
    "name", ["phase2/sdpa", "phase2/sdpa.py", "./phase2/sdpa.py", "sdpa", "sdpa.py", "phase2\\sdpa.py"]
)
def test_an_exercise_goes_by_its_id_or_its_file(name: str, henkan: Henkan, course: Workspace) -> None:
    assert "(phase2/sdpa)" in henkan("hint", name).out


def test_a_path_is_meant_from_where_the_learner_is(
    henkan: Henkan, course: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "(phase2/sdpa)" in henkan("hint", str(course.file(SDPA))).out
    monkeypatch.chdir(course.root / "phase1")
    assert "(phase2/sdpa)" in henkan("hint", "../phase2/sdpa.py").out
    assert "(phase2/sdpa)" in henkan("hint").out, "without an id: the current one"


def test_check_says_what_it_found_and_notes_it(henkan: Henkan, course: Workspace) -> None:
    result = henkan("check")
    assert (result.status, result.err) == (1, "")
    assert result.out.startswith("checking…\n")
    assert "Not written yet" in result.out
    write(course, NO_SCALE)
    result = henkan("check", "sdpa")
    assert result.status == 1
    assert "0.689974   0.637767   ← the first difference" in result.out
    assert "not divided by √D" in result.out
    write(course, RIGHT)
    result = henkan("check", "phase2/sdpa", "--lang", "ja")
    assert result.status == 0
    assert "8/8 通過" in result.out
    assert course.state.solved == [SDPA]


def test_what_was_found_is_shown_even_where_nothing_can_be_noted(
    henkan: Henkan, course: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device", "henkan-course.json")

    write(course, RIGHT)
    monkeypatch.setattr(Workspace, "update", disk_full)
    result = henkan("check", "sdpa")
    assert result.status == 2
    assert "8/8 passed" in result.out
    assert "No space left on device" in result.err


def test_checking_a_named_exercise_makes_it_the_current_one(henkan: Henkan, course: Workspace) -> None:
    henkan("check", "phase2/softmax")
    assert course.state.current == "phase2/softmax"


def test_check_in_json_is_nothing_but_json(henkan: Henkan, course: Workspace) -> None:
    write(course, NO_SCALE)
    result = henkan("check", "--json")
    (report,) = json.loads(result.out)
    assert result.status == 1
    assert (report["exercise"], report["failure"]["mistake"]) == (SDPA, "no_scale")


def test_a_phase_and_everything_can_be_checked(course: Workspace) -> None:
    write(course, RIGHT)

    def check(*arguments: str) -> "subprocess.CompletedProcess[str]":
        # In a process of its own, which has not imported torch and may keep a warm worker.
        command = [sys.executable, "-m", "henkan", "check", *arguments]
        return subprocess.run(command, cwd=course.root, capture_output=True, encoding="utf-8")

    phase = [name for name in ORDER if name.startswith("phase2/")]
    result = check("phase2", "sdpa")
    assert (result.returncode, result.stderr) == (1, "")
    assert "✓ phase2/sdpa" in result.stdout
    assert "· phase2/softmax" in result.stdout
    assert f"1/{len(phase)} passed" in result.stdout
    reports = json.loads(check("--all", "--json").stdout)
    assert [report["exercise"] for report in reports] == list(ORDER)
    assert [report["exercise"] for report in reports if report["failure"] is None] == [SDPA]


def test_hints_come_one_at_a_time_in_the_language_of_the_course(henkan: Henkan, course: Workspace) -> None:
    card = load_card(SDPA)
    for number, hint in enumerate(card.hints, start=1):
        out = henkan("hint").out
        assert f"hint {number}/3" in out
        assert hint.en.split()[0] in out
    assert "--give-up" in out
    again = henkan("hint", "--lang", "ja").out
    assert all(f"ヒント {number}/3" in again for number in (1, 2, 3))


def test_next_goes_on_and_says_what_is_left_behind(henkan: Henkan, course: Workspace) -> None:
    result = henkan("next")
    following = ORDER[ORDER.index(SDPA) + 1]
    assert f"{SDPA} is not solved yet" in result.out
    assert f"Exercise {following}:" in result.out
    assert course.state.current == following
    assert f"Exercise {SDPA}:" in henkan("next", "sdpa").out
    assert course.state.current == SDPA


def test_next_after_everything_points_to_the_exam(henkan: Henkan, course: Workspace) -> None:
    course.update(lambda state: setattr(state, "solved", list(ORDER)))
    assert "henkan exam" in henkan("next").out
    assert course.state.current == SDPA


def test_the_list_has_every_exercise_and_what_is_noted(henkan: Henkan, course: Workspace) -> None:
    write(course, RIGHT)
    henkan("check")
    henkan("hint", "phase2/softmax")
    lines = henkan("list").out.splitlines()
    for name in ORDER:
        assert any(name.partition("/")[2] in line.split() for line in lines)
    (current,) = [line for line in lines if line.startswith(">")]
    assert current.startswith("> ✓ sdpa ")
    assert "hint 1/3" in next(line for line in lines if line.startswith("  · softmax "))
    assert f"1/{len(ORDER)} solved" in lines[-1]
    rows = {row["exercise"]: row for row in json.loads(henkan("list", "--json").out)}
    assert rows[SDPA]["solved"]
    assert rows[SDPA]["current"]
    assert rows["phase2/softmax"]["hints"] == 1


def test_explain_speaks_the_language_of_the_exercises(
    henkan: Henkan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    new_workspace(tmp_path / "course", "ja")
    monkeypatch.chdir(tmp_path / "course")
    assert "縮小付き内積アテンション" in henkan("explain", "eq-sdpa").out
    monkeypatch.chdir(tmp_path)
    assert "Scaled dot-product attention" in henkan("explain", "eq-sdpa").out


def test_reset_says_where_the_work_is(henkan: Henkan, course: Workspace) -> None:
    write(course, RIGHT)
    result = henkan("reset", "sdpa")
    assert "phase2/sdpa.py.bak" in result.out
    assert (course.root / "phase2" / "sdpa.py.bak").read_text(encoding="utf-8") == RIGHT


def test_the_solution_is_the_library_after_solving_or_giving_up(henkan: Henkan, course: Workspace) -> None:
    assert "--give-up" in henkan("solution").err
    assert course.state.given_up == []
    result = henkan("solution", "--give-up")
    assert result.status == 0
    source = find_source("henkan.nn.attention.scaled_dot_product_attention")
    assert source.text in result.out
    assert source.where in result.out
    assert course.state.given_up == [SDPA]
    assert henkan("solution").out == result.out, "once is enough"
    course.update(lambda state: state.solved.append("phase2/split_merge_heads"))
    both = henkan("solution", "phase2/split_merge_heads")
    assert "def split_heads(" in both.out
    assert "def merge_heads(" in both.out
    assert course.state.given_up == [SDPA]


def test_diff_puts_both_side_by_side(henkan: Henkan, course: Workspace) -> None:
    write(course, NO_SCALE)
    assert "--give-up" in henkan("diff").err
    result = henkan("diff", "--give-up")
    lines = result.out.splitlines()
    assert "-    scores = q @ k.transpose(-2, -1)" in lines
    assert any(line.startswith("+") and "math.sqrt" in line for line in lines)
    assert "Mix the values" not in result.out, "the docstring is no difference"


def test_diff_of_a_class_shows_only_what_was_asked(henkan: Henkan, course: Workspace) -> None:
    out = henkan("diff", "phase2/multi_head_attention", "--give-up").out
    assert "MultiHeadAttention.forward" in out
    assert "def is_watched" not in out
    assert "nn.Linear" not in out


def test_diff_of_the_librarys_own_code_is_none(henkan: Henkan, course: Workspace) -> None:
    source = find_source("henkan.nn.attention.scaled_dot_product_attention")
    write(course, source.module.text)
    assert "scaled_dot_product_attention: no difference." in henkan("diff", "--give-up").out


@pytest.mark.parametrize(("text", "sentence"), [("if True", "not valid Python"), (None, "henkan reset phase2/sdpa")])
def test_diff_without_readable_code_is_one_line(
    text: str | None, sentence: str, henkan: Henkan, course: Workspace
) -> None:
    write(course, text or "")
    if text is None:
        course.file(SDPA).unlink()
    result = henkan("diff", "--give-up")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert sentence in result.err


QUICK = """
import sys
from henkan.cli import main
for arguments in ("list", "hint", "next", "solution --give-up", "diff", "reset sdpa", "learn init"):
    assert main(arguments.split()) == 0, arguments
print(sorted({"torch", "numpy", "matplotlib", "IPython"} & set(sys.modules)), file=sys.stderr)
"""


def test_no_command_but_a_check_waits_for_torch(course: Workspace) -> None:
    course.update(lambda state: state.given_up.extend(ORDER))
    result = subprocess.run([sys.executable, "-c", QUICK], cwd=course.root, capture_output=True, text=True)
    assert result.stderr == "[]\n"


def test_how_long_a_check_takes(course: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    write(course, RIGHT)
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    taken = []
    for name in ("lesson0/attention_weights", SDPA):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "henkan", "check", name], cwd=course.root, env=environment, check=False)
        taken.append(f"{name} {time.perf_counter() - start:.2f}")
    assert course.state.solved == [SDPA]
    with capsys.disabled():
        sys.stdout.write(f"\nseconds of henkan check, from typing to the end: {', '.join(taken)}\n")
