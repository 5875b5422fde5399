"""Two trainings never share a folder, and one that was killed keeps nobody out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from henkan.training import DevReport, StepReport
from henkan.workflow.lock import FolderLock
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides

HOLDER = """
import sys, time
from pathlib import Path
from henkan.workflow.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.take()
print("held", flush=True)
time.sleep(600)
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_by_number_and_a_killed_one_keeps_nobody_out(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with holder(tmp_path) as process:
        for attempt in (lock.check_free, lock.take):
            with pytest.raises(ValueError, match=rf"in use by another training \(process {process.pid}\)"):
                attempt()
        os.kill(process.pid, signal.SIGKILL)
    assert lock.path.exists()
    lock.take()
    assert lock.path.read_text() == str(os.getpid())
    lock.release()


def test_to_look_leaves_nothing_behind(tmp_path: Path) -> None:
    FolderLock(tmp_path / "out.partial").check_free()
    FolderLock(tmp_path).check_free()
    assert list(tmp_path.iterdir()) == []


class Second:
    """Tries to train in the same place while a training is under way."""

    def __init__(self, pairs: Path, out: Path, quick: Overrides) -> None:
        self.arguments = (pairs, out, quick)
        self.said: list[str] = []

    def on_step(self, report: StepReport) -> None:
        pairs, out, quick = self.arguments
        for options in ({}, {"overwrite": True}, {"resume": True}):
            if report.step == 4:
                with pytest.raises(ValueError, match="in use by another training") as refused:
                    train(str(pairs), overrides=quick, out=out, **options)
                self.said.append(str(refused.value))

    def on_evaluation(self, report: DevReport) -> None: ...


def test_a_second_training_is_refused_whatever_it_is_asked_to_do(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    second = Second(pairs, tmp_path / "out", quick)
    assert train(str(pairs), overrides=quick, out=tmp_path / "out", observer=second).fit.steps == 6
    assert len(second.said) == 3
    assert not (tmp_path / "out.partial").exists()


def test_a_folder_that_a_killed_process_left_locked_is_used_again(
    pairs: Path, tmp_path: Path, quick: Overrides
) -> None:
    folder = tmp_path / "out.partial"
    folder.mkdir()
    with holder(folder) as process:
        with pytest.raises(ValueError, match="in use by another training"):
            train(str(pairs), overrides=quick, out=tmp_path / "out")
        os.kill(process.pid, signal.SIGKILL)
    assert train(str(pairs), overrides=quick, out=tmp_path / "out").fit.steps == 6
    assert not folder.exists()


def test_ctrl_c_before_the_first_update_leaves_no_folder(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("henkan.workflow.train.run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(str(pairs), overrides=quick, out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == []
