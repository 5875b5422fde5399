"""``henkan train --resume``."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from henkan.bundle import Bundle

from .conftest import TINY, Henkan

STEPS = 400
ARGUMENTS = [*TINY, "--training.max_steps", str(STEPS), "--training.evaluations", "5"]
OFTEN = [*ARGUMENTS, "--training.checkpoint_seconds", "0.02"]


def spawn(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-u", "-m", "henkan", "train", "pairs.tsv", *arguments]
    pipe = subprocess.PIPE
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=environment)


def kill_in_training(folder: Path, wait: float, *arguments: str) -> bool:
    """Start a training and kill it ``wait`` seconds after its first update; return whether it was still running."""
    with spawn(folder, *arguments) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if " step " in line:
                break
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("average", ["none", "last", "ema"])
def test_a_process_killed_at_random_moments_ends_with_the_same_bundle(
    pairs: Path, tmp_path: Path, average: str
) -> None:  # T33
    often = [*OFTEN, "--training.average", average]
    with spawn(tmp_path, *often, "--out", "whole") as process:
        process.communicate()
    assert process.returncode == 0
    generator, kills = random.Random(int(time.time())), 0
    kills += kill_in_training(tmp_path, 0.3, *often)
    assert kills == 1
    while not (tmp_path / "runs" / "pairs").exists() and kills < 6:
        kills += kill_in_training(tmp_path, generator.uniform(0.0, 0.5), *often, "--resume")
    if (tmp_path / "runs" / "pairs.partial").exists():
        with spawn(tmp_path, *often, "--resume") as process:
            said = process.communicate()[0]
        assert process.returncode == 0, said
        assert "Training, resumed after" in said
    models = [(tmp_path / path / "model.safetensors").read_bytes() for path in ("whole", "runs/pairs")]
    assert models[0] == models[1]
    histories = [Bundle.load(tmp_path / path).record["history"] for path in ("whole", "runs/pairs")]
    assert [{**report, "seconds": 0} for report in histories[0]] == [
        {**report, "seconds": 0} for report in histories[1]
    ]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["pairs"]


@pytest.mark.slow
def test_after_a_real_ctrl_c_the_training_goes_on_exactly(pairs: Path, tmp_path: Path) -> None:
    rarely = [*ARGUMENTS, "--training.checkpoint_seconds", "1000"]
    with spawn(tmp_path, *rarely, "--out", "whole") as process:
        process.communicate()
    with spawn(tmp_path, *rarely) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if " dev character_error_rate" in line:
                break
        os.kill(process.pid, signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    assert "give the same command with --resume; runs/pairs.partial is what that takes" in rest
    assert Bundle.load(tmp_path / "runs" / "pairs").record["stopped_by"] == "interrupted"
    with spawn(tmp_path, *rarely, "--resume") as process:
        said = process.communicate()[0]
    assert process.returncode == 0, said
    models = [(tmp_path / path / "model.safetensors").read_bytes() for path in ("whole", "runs/pairs")]
    assert models[0] == models[1]


def test_resuming_is_answered_with_one_line_when_there_is_nothing_to_resume(henkan: Henkan, pairs: Path) -> None:
    nothing = henkan("train", pairs, *TINY, "--resume")
    assert (nothing.status, nothing.out) == (2, "")
    assert nothing.err == (
        "henkan train: error: there is no checkpoint in runs/pairs.partial: leave out --resume to begin the training\n"
    )
    assert not Path("runs").exists()
    assert henkan("train", pairs, *TINY).status == 0
    finished = henkan("train", "--resume", pairs, *TINY)
    assert (finished.status, finished.out, finished.err.count("\n")) == (2, "", 1)
    assert "the training of runs/pairs has come to its end, so there is nothing to resume" in finished.err


def test_a_training_that_was_broken_off_is_continued_or_given_up(
    henkan: Henkan, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("henkan.workflow.train.make_record", die)
        with pytest.raises(Killed):
            henkan("train", pairs, *TINY)
    anew = henkan("train", pairs, *TINY)
    assert (anew.status, anew.out, anew.err.count("\n")) == (2, "", 1)
    assert "continue it with --resume, or begin anew with --overwrite" in anew.err
    other = henkan("train", pairs, *TINY, "--seed", 5, "--resume")
    assert (other.status, other.out, other.err.count("\n")) == (2, "", 1)
    assert "begun without --training.seed, but now it is with --training.seed 5" in other.err
    assert henkan("predict", "runs/pairs.partial", pairs).status == 2  # it is no bundle
    resumed = henkan("train", pairs, *TINY, "--resume")
    assert (resumed.status, resumed.err) == (0, "")
    assert "Training, resumed after 4 updates" in resumed.out
    assert Bundle.load("runs/pairs").record["steps"] == 4
    assert (
        Path("runs/pairs/metrics.csv").read_text("utf-8").startswith("step,epoch,seconds,loss,rate,tokens_per_second")
    )


def test_an_interval_that_makes_no_sense_is_refused(henkan: Henkan, pairs: Path) -> None:
    result = henkan("train", pairs, "--training.checkpoint_seconds", "-1")
    assert (result.status, result.out) == (2, "")
    assert "checkpoint_seconds=-1.0 must be at least 0" in result.err
