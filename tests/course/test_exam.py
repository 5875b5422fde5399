"""The exam runs the library's own tests on the learner's parts, and names the part through which one fails."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from learner_files import write_alternative, write_mistake, write_own_attention
from syllabus import WRITTEN

from henkan.cli import main
from henkan.course import copy_training, exam_runs
from henkan.course.copy_training import train
from henkan.course.exam import Exam, Failed, sit
from henkan.course.exam_report import render
from henkan.course.exam_runs import Process, Training, run_tests
from henkan.course.exercise import load_card, load_exercise
from henkan.course.state import FILE, State
from henkan.course.text import LANGUAGES
from henkan.course.workspace import Workspace


def silent(*_: object) -> None:
    """Says nothing."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    State("en").save(tmp_path / FILE)
    return Workspace(tmp_path)


def solve(workspace: Workspace, exercise_id: str) -> None:
    """Solve the exercise, and note it."""
    path = workspace.file(exercise_id)
    path.parent.mkdir()
    write_alternative(path.parent, exercise_id).rename(path)
    workspace.update(lambda state: state.record(exercise_id, passed=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise_id", "mistake"), [("phase2/sdpa", "no_scale"), ("phase1/positional_encoding", "added_along_batch")]
)
def test_the_librarys_tests_fail_with_a_named_mistake_and_pass_with_a_right_solution(
    exercise_id: str, mistake: str, tmp_path: Path
) -> None:
    tests = load_card(exercise_id).tests
    wrong = run_tests(tests, {exercise_id: write_mistake(tmp_path, exercise_id, mistake)}, silent)
    right = run_tests(tests, {exercise_id: write_alternative(tmp_path, exercise_id)}, silent)
    assert wrong.broken is right.broken is None
    assert right.failed == {}
    assert set(wrong.failed) < set(right.passed)


@pytest.mark.slow
class TestExam:
    def test_is_passed_with_right_solutions_of_everything(self, tmp_path: Path) -> None:
        files = {exercise_id: write_alternative(tmp_path, exercise_id) for exercise_id in WRITTEN}
        stages = set()
        exam = sit(files, lambda stage, done, total: stages.add((stage, done == total)))
        assert exam.failed == ()
        assert exam.broken is exam.no_tests is None
        assert all(exam.passed.values())
        assert exam.training is not None
        assert exam.training.exact_match >= 0.99
        assert exam.training.calls["henkan.nn.attention.MultiHeadAttention"] > 0
        assert exam.is_passed
        assert {("tests", True), ("training", True)} <= stages

    def test_names_the_part_through_which_tests_fail_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("henkan.course.exam.run_training", lambda files, progress: Training(exact_match=1.0))
        files = {
            "phase2/masked_sdpa": write_mistake(tmp_path, "phase2/masked_sdpa", "mask_after_softmax"),
            "phase2/multi_head_attention": write_own_attention(tmp_path),
        }
        exam = sit(files, silent)
        assert not exam.is_passed
        # Among these are tests of whole layers, which do not come to the masked formula without the other part.
        assert {failure.through for failure in exam.failed} == {("phase2/masked_sdpa",)}
        assert "tests/nn/test_parity_with_torch.py" in {failure.test.partition("::")[0] for failure in exam.failed}

    def test_a_file_that_cannot_be_read_says_why_no_test_was_run(self, tmp_path: Path) -> None:
        path = tmp_path / "pe.py"
        path.write_text("def sinusoidal_encoding(length, d_model:\n")
        run = run_tests(load_card("phase1/sinusoidal_table").tests, {"phase1/sinusoidal_table": path}, silent)
        assert run.broken is not None
        assert "was never closed" in run.broken


class TestTraining:
    @pytest.fixture(autouse=True)
    def same_number_of_threads(self) -> Iterator[None]:
        before = torch.get_num_threads()
        yield
        torch.set_num_threads(before)

    @pytest.mark.slow
    def test_a_part_with_a_mistake_does_not_learn_to_copy(self) -> None:
        torch.set_num_threads(1)
        mistake = load_exercise("phase2/multi_head_attention").mistakes["mask_dropped"]
        assert not train({"phase2/multi_head_attention": mistake.parts}).is_passed

    def test_a_part_that_raises_is_quoted(self, tmp_path: Path) -> None:
        path, report = tmp_path / "pe.py", tmp_path / "report.jsonl"
        path.write_text("def sinusoidal_encoding(length, d_model):\n    raise RuntimeError('no table')\n")
        copy_training.main(["--swap", f"phase1/sinusoidal_table={path}", "--report", str(report)])
        result = Training(**json.loads(report.read_text()))
        assert result.broken == "RuntimeError: no table"
        assert not result.is_passed


def test_a_test_that_does_not_end_is_counted_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Process):
        def lines(self) -> Iterator[dict[str, Any]]:
            yield from ({"total": 2}, {"started": "a::one"}, {"test": "a::one", "outcome": "passed", "message": ""})
            yield {"started": "a::two"}
            self.timed_out = True

    monkeypatch.setattr(exam_runs, "Process", Endless)
    run = run_tests(["a"], {}, silent)
    assert run.passed == ["a::one"]
    assert list(run.failed) == ["a::two"]
    assert run.failed["a::two"].startswith("TimeoutError")


def test_what_a_process_reports_is_heard_and_a_process_is_not_waited_for_beyond_its_time(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time; print('last words', flush=True); time.sleep(60)")
    process = Process(["timeit", "-n1", "-r1", "-s", f"exec(open({str(tmp_path / 'slow.py')!r}).read())"], 2.0)
    assert list(process.lines()) == []
    assert process.timed_out
    assert process.last_words == "last words"


def test_without_the_repository_the_tests_are_left_out_and_the_training_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exam_runs, "ROOT", tmp_path)
    monkeypatch.setattr("henkan.course.exam.run_training", lambda files, progress: Training(exact_match=1.0))
    exam = sit({"phase2/sdpa": tmp_path / "sdpa.py"}, silent)
    assert exam.no_tests == "no_tests"
    assert exam.is_passed
    assert "only in its repository" in render(exam, "en")
    assert "リポジトリにだけあります" in render(exam, "ja")


def test_parts_that_the_model_does_not_have_are_not_trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("henkan.course.exam.run_training", lambda *_: pytest.fail("nothing to train"))
    monkeypatch.setattr(exam_runs, "ROOT", tmp_path)
    assert sit({"phase2/softmax": tmp_path / "softmax.py"}, silent).training is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "exam",
    [
        Exam((), {}, (), (), "no_pytest", None, None),
        Exam((), {}, (), (), None, "SyntaxError: x", Training(broken="ValueError: y")),
        Exam(
            (), {"tests/a.py": 3}, (Failed("tests/a.py::b", "assert 1 == 2", ("phase2/sdpa",)),), (), None, None, None
        ),
        Exam((), {"tests/a.py": 0}, (Failed("tests/a.py", "ImportError", ()),), ("tests/c.py::d",), None, None, None),
        Exam((), {}, (), (), None, None, Training(2.5, 0.1, 0.5, {"henkan.nn.attention.split_heads": 3})),
    ],
    ids=["no pytest", "broken", "failed", "together", "not learned"],
)
def test_every_outcome_can_be_told(exam: Exam, language: str) -> None:
    text = render(exam, language)
    assert "{" not in text
    for failure in exam.failed:
        assert failure.message in text
    assert json.loads(json.dumps(exam.to_dict()))["is_passed"] == exam.is_passed


class TestCommand:
    @pytest.fixture(autouse=True)
    def in_the_workspace(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(workspace.root)

    def test_outside_of_a_course_it_says_so(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
        assert main(["exam"]) == 2
        assert "henkan learn init" in capsys.readouterr().err

    def test_with_nothing_solved_it_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["exam"]) == 2
        assert "no exercise is solved yet" in capsys.readouterr().err

    def test_a_file_that_passed_once_and_no_longer_does_is_named_before_anything_is_run(
        self, workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        solve(workspace, "lesson0/gradient_step")
        workspace.file("lesson0/gradient_step").write_text("def gradient_step(:", encoding="utf-8")
        assert main(["exam"]) == 2
        assert "lesson0/gradient_step; henkan check lesson0/gradient_step says" in capsys.readouterr().err
        assert workspace.state.solved == []

    @pytest.mark.parametrize(("share", "status"), [(1.0, 0), (0.5, 1)])
    def test_its_status_says_whether_all_is_well(
        self,
        share: float,
        status: int,
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        monkeypatch.setattr(exam_runs, "ROOT", tmp_path)
        monkeypatch.setattr("henkan.course.exam.run_training", lambda files, progress: Training(exact_match=share))
        solve(workspace, "phase2/sdpa")
        assert main(["exam", "--json"]) == status
        assert json.loads(capsys.readouterr().out)["exercises"] == ["phase2/sdpa"]
        assert main(["exam", "--lang", "ja"]) == status
        assert capsys.readouterr().out.startswith("解いた練習 1 題")
