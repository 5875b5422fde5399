"""Running a learner's code: whatever it does, a report comes back, and soon."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from learner import HEAD, LINE, NO_SCALE, RIGHT, SDPA, body

from henkan.course import run as runs
from henkan.course import worker
from henkan.course.exercise import load_exercise
from henkan.course.finding import Report
from henkan.course.ladder import climb
from henkan.course.run import Run


def check(folder: Path, text: str, limit: float = 60.0) -> Report:
    path = folder / "sdpa.py"
    path.write_text(text, encoding="utf-8")
    return Run(SDPA, path, limit).wait()


def show(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """What was measured, for whoever reads the log; a busy machine is no failure."""
    with capsys.disabled():
        sys.stdout.write(f"\nseconds: {text}\n")


def test_right_code_passes_every_check(tmp_path: Path) -> None:
    report = check(tmp_path, RIGHT)
    assert report.is_passed
    assert len(report.passed) == report.total


def test_a_named_mistake_comes_back_by_name_with_its_numbers(tmp_path: Path) -> None:
    failure = check(tmp_path, NO_SCALE).failure
    assert failure is not None
    assert (failure.check, failure.mistake) == ("by_hand", "no_scale")
    assert failure.rows[0].yours == pytest.approx(0.689974, abs=1e-6)


WHERE = f"sdpa.py:{LINE}"


@pytest.mark.parametrize(
    ("text", "message", "values"),
    [
        (body("undefined"), "raised", {"where": WHERE, "code": "undefined"}),
        (body("q.no_such_method()"), "raised", {"where": WHERE}),
        (body("import torch; torch.zeros(2) @ torch.zeros(3)"), "raised", {"where": WHERE}),
        (body("scaled_dot_product_attention(q, k, v)"), "raised", {"where": WHERE}),
        (body("import sys; sys.exit(0)"), "left_python", {"where": WHERE}),
        (body("raise NotImplementedError"), "not_written_yet", {"where": WHERE}),
        (body("import os; os._exit(0)"), "python_ended", {"status": "0"}),
        (body("import ctypes; ctypes.string_at(0)"), "python_ended", {"where": WHERE}),
        (body("input()"), "raised", {"where": WHERE, "error": "EOFError: EOF when reading a line"}),
        (body("return None"), "wrong_results", {"yours": "NoneType"}),
        ("def scaled_dot_product_attention(q):\n    return q, q\n", "wrong_arguments", {}),
        (body("if True"), "syntax_error", {"where": WHERE, "code": "if True"}),
        ("\x00", "syntax_error", {}),
        ("\ufeff" + body("if True"), "syntax_error", {"where": WHERE}),
        ("import sys; sys.exit(1)", "left_python", {"where": "sdpa.py:1"}),
        ("import no_such_module", "raised", {"where": "sdpa.py:1"}),
        (
            RIGHT.replace("scaled_dot_product_attention", "scaled_dot_attention"),
            "renamed",
            {"close": "scaled_dot_attention"},
        ),
        ("", "missing", {"name": "scaled_dot_product_attention"}),
        ("scaled_dot_product_attention = 3", "missing", {}),
    ],
    ids=lambda value: value.replace(HEAD, "").strip()[:40] if isinstance(value, str) else None,
)
def test_code_that_cannot_be_checked_is_a_clear_report(
    text: str, message: str, values: dict[str, str], tmp_path: Path
) -> None:
    failure = check(tmp_path, text).failure
    assert failure is not None
    assert failure.message == message
    for name, value in values.items():
        assert failure.values[name] == value


def test_what_a_check_cannot_use_is_told_as_a_wrong_result() -> None:
    def check(attention: Callable[..., object]) -> None:
        _ = attention(1, 2, 3) + 1  # type: ignore[operator]

    exercise = replace(load_exercise(SDPA), checks={"shapes": check})
    failure = climb(exercise, [eval("lambda q, k, v: None")]).failure  # of another file than the check
    assert failure is not None
    assert (failure.message, failure.values["where"]) == ("wrong_result", "")
    assert failure.values["error"].startswith("TypeError: unsupported operand")


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "sdpa.py"
    path.write_bytes(body("'重み'").encode("shift_jis"))
    failure = Run(SDPA, path).wait().failure
    assert failure is not None
    assert failure.message == "not_utf8"


def test_a_file_that_is_not_there_is_a_report(tmp_path: Path) -> None:
    failure = Run(SDPA, tmp_path / "sdpa.py").wait().failure
    assert failure is not None
    assert failure.message == "no_file"


@pytest.mark.parametrize("folder", ["plain", "日本語 のフォルダー", "phase2"])
def test_a_loop_without_end_is_ended_and_its_line_named(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    start = time.monotonic()
    report = check(tmp_path / folder, body("while True: pass"), limit=5)
    assert time.monotonic() - start < 5 + runs.GRACE
    assert report.failure is not None
    assert report.failure.message == "too_slow"
    assert report.failure.values == {"where": WHERE, "code": "while True: pass", "limit": "5"}


def test_what_is_printed_comes_with_the_report_and_not_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = check(tmp_path, body("print('形は', tuple(q.shape))"))
    assert report.is_passed
    assert report.output.startswith("形は (2, 3, 5, 4)\n")
    assert capfd.readouterr() == ("", "")


def test_prints_without_end_do_not_fill_the_disk(tmp_path: Path) -> None:
    report = check(tmp_path, body("while True: print('x' * 1000)"))
    assert report.failure is not None
    assert report.failure.message == "raised"
    assert len(report.output) <= runs.MAX_OUTPUT


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("henkan-*"))
    check(tmp_path, RIGHT)
    assert set(Path(tempfile.gettempdir()).glob("henkan-*")) <= before
    assert [path.name for path in tmp_path.iterdir()] == ["sdpa.py"], "no __pycache__ among the learner's files"


def test_a_run_that_is_stopped_ends_what_it_has_started(tmp_path: Path) -> None:
    beat = tmp_path / "alive"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_heartbeat(beat)!r}])"
    path = tmp_path / "sdpa.py"
    path.write_text(body(code + "; import time; time.sleep(60)"), encoding="utf-8")
    run = Run(SDPA, path)
    deadline = time.monotonic() + 30
    while not beat.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run.stop()
    beat.unlink()
    time.sleep(0.5)
    assert not beat.exists(), "a process of the learner's lives on"


def _heartbeat(path: Path) -> str:
    return f"import pathlib, time\nwhile True: pathlib.Path({str(path)!r}).touch(); time.sleep(0.05)"


WARM = """
import sys, time
from pathlib import Path
from henkan.course.run import Run
from henkan.course.worker import warm_up
warm_up()
assert "torch" in sys.modules
path = Path(sys.argv[1])
for _ in range(2):
    start = time.perf_counter()
    report = Run("phase2/sdpa", path).wait()
    print(report.is_passed, f"{time.perf_counter() - start:.2f}")
path.write_text(path.read_text().replace(" / math.sqrt(q.size(-1))", ""))
print(Run("phase2/sdpa", path).wait().failure.mistake)
"""


@pytest.mark.skipif(not worker.CAN_FORK, reason="there is no fork here")
def test_a_warm_worker_sees_every_new_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sdpa.py"
    path.write_text(RIGHT, encoding="utf-8")
    command = [sys.executable, "-c", WARM, str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert (lines[0], lines[2], lines[4]) == ("True", "True", "no_scale")
    show(capsys, f"with a warm worker, first and second run: {lines[1]}, {lines[3]}")


def test_an_exercise_of_lesson_0_does_without_torch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "attention_weights.py"
    path.write_text("import sys\nprint('torch' in sys.modules, 'numpy' in sys.modules)\n", encoding="utf-8")
    report = Run("lesson0/attention_weights", path).wait()
    assert report.output == "False False\n"
    show(capsys, f"an exercise of lesson 0: {report.seconds:.2f}")


def test_who_waits_long_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SLOW", 0.0)
    told = []
    path = tmp_path / "sdpa.py"
    path.write_text(RIGHT, encoding="utf-8")
    assert Run(SDPA, path).wait(lambda: told.append("slow")).is_passed
    assert told == ["slow"]
