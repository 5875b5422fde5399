"""Running a learner's code: whatever it does, a report comes back, and soon."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from learner import NO_SCALE, RIGHT, SDPA, STEP, STEP_HEAD, STEP_WHERE, body, step

from henkan.course import run as runs
from henkan.course import worker
from henkan.course.finding import Report
from henkan.course.run import Run


def check(folder: Path, text: str, exercise_id: str = SDPA, limit: float = 60.0) -> Report:
    path = folder / f"{exercise_id.partition('/')[2]}.py"
    path.write_text(text, encoding="utf-8")
    return Run(exercise_id, path, limit).wait()


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


@pytest.mark.parametrize(
    ("text", "message", "values"),
    [
        (step("undefined"), "raised", {"where": STEP_WHERE, "code": "undefined"}),
        (step("weights.no_such_method()"), "raised", {"where": STEP_WHERE}),
        (step("import math; math.sqrt(-1)"), "raised", {"where": STEP_WHERE}),
        (step("return gradient_step(weights, values, bias, target, 0)"), "raised", {"where": STEP_WHERE}),
        (step("import sys; sys.exit(0)"), "left_python", {"where": STEP_WHERE}),
        (step("raise NotImplementedError"), "not_written_yet", {"where": STEP_WHERE}),
        (step("import os; os._exit(0)"), "python_ended", {"status": "0"}),
        (step("import ctypes; ctypes.string_at(0)"), "python_ended", {"where": STEP_WHERE}),
        (step("input()"), "raised", {"where": STEP_WHERE, "error": "EOFError: EOF when reading a line"}),
        (step("return [1.0, 2.0], {}"), "wrong_result", {"where": ""}),
        ("def gradient_step(weights):\n    return weights, 0.0\n", "wrong_arguments", {}),
        (step("if True"), "syntax_error", {"where": STEP_WHERE, "code": "if True"}),
        ("\x00", "syntax_error", {}),
        ("\ufeff" + step("if True"), "syntax_error", {"where": STEP_WHERE}),
        ("import sys; sys.exit(1)", "left_python", {"where": "gradient_step.py:1"}),
        ("import no_such_module", "raised", {"where": "gradient_step.py:1"}),
        ("def gradient_steps(): pass", "renamed", {"close": "gradient_steps"}),
        ("", "missing", {"name": "gradient_step"}),
        ("gradient_step = 3", "missing", {}),
    ],
    ids=lambda value: value.replace(STEP_HEAD, "").strip()[:40] if isinstance(value, str) else None,
)
def test_code_that_cannot_be_checked_is_a_clear_report(
    text: str, message: str, values: dict[str, str], tmp_path: Path
) -> None:
    failure = check(tmp_path, text, STEP).failure
    assert failure is not None
    assert failure.message == message
    for name, value in values.items():
        assert failure.values[name] == value


def test_an_error_inside_of_torch_names_the_learners_line(tmp_path: Path) -> None:
    failure = check(tmp_path, body("import torch; torch.nn.functional.linear(q, torch.zeros(3))")).failure
    assert failure is not None
    assert failure.values["where"] == "sdpa.py:5"


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "gradient_step.py"
    path.write_bytes(step("'重み'").encode("shift_jis"))
    failure = Run(STEP, path).wait().failure
    assert failure is not None
    assert failure.message == "not_utf8"


def test_a_file_that_is_not_there_is_a_report(tmp_path: Path) -> None:
    failure = Run(SDPA, tmp_path / "sdpa.py").wait().failure
    assert failure is not None
    assert failure.message == "no_file"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_code_that_takes_all_memory_is_told_so(tmp_path: Path) -> None:
    failure = check(tmp_path, step("bytearray(2**33)"), STEP).failure
    assert failure is not None
    assert failure.message == "raised"
    assert failure.values["error"].startswith("MemoryError")


@pytest.mark.parametrize("folder", ["plain", "日本語 のフォルダー", "lesson0"])
def test_a_loop_without_end_is_ended_and_its_line_named(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    start = time.monotonic()
    report = check(tmp_path / folder, step("while True: pass"), STEP, limit=2)
    assert time.monotonic() - start < 2 + runs.GRACE
    assert report.failure is not None
    assert report.failure.message == "too_slow"
    assert report.failure.values == {"where": STEP_WHERE, "code": "while True: pass", "limit": "2"}


def test_what_is_printed_comes_with_the_report_and_not_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = check(tmp_path, step("print('重みは', weights); return values, bias"), STEP)
    assert report.output.startswith("重みは (0.6377")
    assert capfd.readouterr() == ("", "")


def test_prints_without_end_do_not_fill_the_disk(tmp_path: Path) -> None:
    report = check(tmp_path, step("while True: print('x' * 1000)"), STEP)
    assert report.failure is not None
    assert report.failure.message == "raised"
    assert len(report.output) <= runs.MAX_OUTPUT


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("temporary", "learner"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    check(tmp_path / "learner", step("return 1, 2"), STEP)
    assert list((tmp_path / "temporary").iterdir()) == []
    names = [path.name for path in (tmp_path / "learner").iterdir()]
    assert names == ["gradient_step.py"], "no __pycache__ among the learner's files"


def test_a_run_that_is_stopped_ends_what_it_has_started(tmp_path: Path) -> None:
    beat = tmp_path / "alive"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_heartbeat(beat)!r}])"
    path = tmp_path / "gradient_step.py"
    path.write_text(step(code + "; import time; time.sleep(60)"), encoding="utf-8")
    run = Run(STEP, path)
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
    path = tmp_path / "gradient_step.py"
    path.write_text(step("raise NotImplementedError"), encoding="utf-8")
    Run(STEP, path).wait(lambda: told.append("slow"))
    assert told == ["slow"]
