"""A training that was killed or interrupted is continued; one that is not the same is refused."""

import csv
import json
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from henkan.bundle import Bundle
from henkan.training import DevReport, StepReport
from henkan.workflow import begun as begun_module
from henkan.workflow import plan as plan_module
from henkan.workflow import train as train_module
from henkan.workflow.train import TrainResult, train
from henkan.workflow.wishes import Overrides


class Killed(BaseException):
    """Nothing of the process is left but what is on the disk."""


class Watcher:
    """Dies, or is interrupted, at an update."""

    def __init__(self, at_step: int = 0, error: type[BaseException] = Killed) -> None:
        self.at_step, self.error = at_step, error
        self.steps: list[int] = []

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report.step)
        if report.step == self.at_step:
            raise self.error

    def on_evaluation(self, report: DevReport) -> None: ...


@pytest.fixture
def longer(quick: Overrides) -> Overrides:
    """Twelve updates with a checkpoint after each."""
    return {**quick, "training": {**quick["training"], "max_steps": 12, "checkpoint_seconds": 1e-9}}


@pytest.fixture(autouse=True)
def checkpoints_are_as_often_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henkan.training.run.MAX_SAVING", float("inf"))


Start = Callable[..., TrainResult]


@pytest.fixture
def start(pairs: Path, tmp_path: Path, longer: Overrides) -> Start:
    """``start(...)`` is one process: its random numbers are its own."""
    count = [0]

    def run(**options: object) -> TrainResult:
        count[0] += 1
        torch.manual_seed(count[0])
        options = {"overrides": longer, "out": tmp_path / "out", "observer": Watcher(), **options}
        return train(str(pairs), **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def killed(start: Start) -> Start:
    """``start``, after a training that was killed at its eighth update."""
    with pytest.raises(Killed):
        start(observer=Watcher(8))
    return start


def weights(path: Path) -> bytes:
    return (path / "model.safetensors").read_bytes()


def rows(path: Path) -> list[dict[str, str]]:
    """What must not depend on the clock."""
    with (path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        kept = csv.DictReader(file)
        return [{k: v for k, v in row.items() if k not in ("seconds", "tokens_per_second")} for row in kept]


def untimed(history: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in report.items() if key != "seconds"} for report in history]


def test_a_killed_training_ends_as_if_nothing_had_happened(killed: Start, tmp_path: Path) -> None:  # T33
    whole = killed(out=tmp_path / "whole")
    assert not (tmp_path / "out").exists(), "a half-trained model is never a bundle"
    watcher = Watcher()
    result = killed(resume=True, observer=watcher)
    assert watcher.steps == [8, 9, 10, 11, 12]
    assert weights(result.path) == weights(whole.path)
    records = [json.loads((run.path / "training.json").read_text("utf-8")) for run in (result, whole)]
    assert untimed(records[0]["history"]) == untimed(records[1]["history"])
    for key in ("settings", "reasons", "steps", "epochs", "stopped_by", "best_step", "test", "parameters", "data"):
        assert records[0][key] == records[1][key], key
    assert rows(result.path) == rows(whole.path)
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "out", tmp_path / "whole", tmp_path / "pairs.tsv"])


def test_metrics_have_a_row_for_each_window_and_each_evaluation(start: Start) -> None:
    written = rows(start().path)
    assert [(row["step"], row["character_error_rate"] != "") for row in written] == [
        (str(step), is_dev) for step in range(1, 13) for is_dev in ((False, True) if step in (6, 12) else (False,))
    ]
    assert list(written[0])[:4] == ["step", "epoch", "loss", "rate"]
    assert all((row["loss"] == "") == (row["character_error_rate"] != "") for row in written)


def test_it_is_resumed_again_and_again(start: Start, tmp_path: Path) -> None:
    whole = start(out=tmp_path / "whole")
    with pytest.raises(Killed):
        start(observer=Watcher(2))
    for step in (5, 6, 9, 12):
        with pytest.raises(Killed):
            start(resume=True, observer=Watcher(step))
    result = start(resume=True)
    assert weights(result.path) == weights(whole.path)
    assert rows(result.path) == rows(whole.path)


def test_it_says_from_where_it_goes_on(killed: Start) -> None:
    lines: list[str] = []
    killed(resume=True, say=lines.append)
    assert any(line.startswith("Training, resumed after 7 updates and 0:0") for line in lines)


def test_ctrl_c_leaves_a_bundle_and_the_training_can_go_on(start: Start, tmp_path: Path) -> None:
    whole = start(out=tmp_path / "whole")
    lines: list[str] = []
    interrupted = start(observer=Watcher(8, KeyboardInterrupt), say=lines.append)
    assert interrupted.fit.stopped_by == "interrupted"
    assert Bundle.load(interrupted.path).record["steps"] == 8
    assert "--resume" in lines[-1]
    with pytest.raises(ValueError, match="--resume, or begin anew with --overwrite"):
        start()
    result = start(resume=True)  # which replaces its own bundle without being told to
    assert weights(result.path) == weights(whole.path)
    assert rows(result.path) == rows(whole.path)
    assert not (tmp_path / "out.partial").exists()


def test_a_bundle_of_another_training_is_not_replaced_by_resuming(killed: Start, tmp_path: Path) -> None:
    killed(out=tmp_path / "whole").path.rename(tmp_path / "out")
    before = weights(tmp_path / "out")
    with pytest.raises(ValueError, match="exists: choose another --out, or replace it with --overwrite"):
        killed(resume=True)
    assert weights(tmp_path / "out") == before
    assert killed(resume=True, overwrite=True).fit.steps == 12


def test_a_training_killed_after_its_last_update_only_has_to_be_saved(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(out=tmp_path / "whole")

    def die(*_: object) -> None:
        raise Killed

    for where in ("say_result", "_test", "make_record"):  # after and before the bundle is there
        with monkeypatch.context() as patch:
            patch.setattr(train_module, where, die)
            with pytest.raises(Killed):
                start(overwrite=True)
        watcher = Watcher()
        result = start(resume=True, overwrite=where == "make_record", observer=watcher)
        assert watcher.steps == []
        assert weights(result.path) == weights(whole.path)
        assert rows(result.path) == rows(whole.path)
        assert "test" in Bundle.load(result.path).record


def test_what_was_chosen_by_timing_is_not_chosen_again(
    start: Start, longer: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    auto = {**longer, "training": {**longer["training"], "precision": "auto"}}
    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "try_precision", lambda *_: (torch.bfloat16, "it was faster that day"))
        with pytest.raises(Killed):
            start(overrides=auto, observer=Watcher(8))
    monkeypatch.setattr(plan_module, "try_precision", lambda *_: pytest.fail("timed again"))
    monkeypatch.setattr(plan_module, "seconds_per_update", lambda *_: pytest.fail("timed again"))
    record = start(overrides=auto, resume=True).bundle.record
    assert record["settings"]["training"]["precision"] == "bfloat16"
    assert record["reasons"]["training.precision"] == "it was faster that day"


# What is refused


def change(overrides: Overrides, section: str, **values: object) -> Overrides:
    return {**overrides, section: {**overrides.get(section, {}), **values}}


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("training", {"seed": 2}, r"begun without --training\.seed, but now it is with --training\.seed 2"),
        ("training", {"max_steps": 13}, r"begun with --training\.max_steps 12, but now it is with .* 13"),
        ("model", {"dropout": 0.2}, r"without --model\.dropout"),
        ("data", {"dev_share": 0.1}, r"without --data\.dev_share"),
    ],
)
def test_other_options_are_refused(
    killed: Start, longer: Overrides, section: str, values: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=f"{said}.*give the same options again, or begin anew with --overwrite"):
        killed(resume=True, overrides=change(longer, section, **values))
    assert killed(resume=True).fit.steps == 12  # nothing is lost by the attempt


def test_an_option_left_out_is_refused(killed: Start, quick: Overrides) -> None:
    with pytest.raises(ValueError, match=r"begun with --training\.max_steps 12, but now it is with .* 6"):
        killed(resume=True, overrides=quick)
    with pytest.raises(ValueError, match=r"begun with --model\.d_model 16, but now it is without --model\.d_model"):
        killed(resume=True, overrides={})


def test_a_file_that_has_changed_is_refused(killed: Start, pairs: Path) -> None:
    text = pairs.read_text("utf-8")
    pairs.write_text(text + "new\tpair\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"pairs\.tsv or its splits have changed since the training began"):
        killed(resume=True)
    pairs.write_text(text, encoding="utf-8")
    assert killed(resume=True).fit.steps == 12


@pytest.mark.parametrize("name", ["__version__", "torch"])
def test_another_version_is_refused(killed: Start, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if name == "torch":
        monkeypatch.setattr(torch, "__version__", "9.9.0")
    else:
        monkeypatch.setattr(begun_module, "__version__", "9.9.0")
    with pytest.raises(
        ValueError, match=r"but this is 9\.9\.0: use that version again, or begin anew with --overwrite"
    ):
        killed(resume=True)


def test_other_threads_are_named(killed: Start) -> None:
    threads, lines = torch.get_num_threads(), []
    torch.set_num_threads(threads + 1)
    try:
        killed(resume=True, say=lines.append)
    finally:
        torch.set_num_threads(threads)
    assert f"begun on cpu with {threads} threads" in " ".join(" ".join(lines).split())


def test_there_has_to_be_something_to_resume(start: Start, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no checkpoint in .*out\.partial: leave out --resume"):
        start(resume=True)
    start()
    with pytest.raises(ValueError, match="has come to its end, so there is nothing to resume"):
        start(resume=True)
    assert not (tmp_path / "out.partial").exists()


def test_a_damaged_checkpoint_is_named(killed: Start, tmp_path: Path) -> None:
    path = tmp_path / "out.partial" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"checkpoint\.safetensors cannot be read.*begin anew with --overwrite"):
        killed(resume=True)


def test_a_new_training_does_not_throw_an_old_one_away_unasked(killed: Start, tmp_path: Path) -> None:
    checkpoint = tmp_path / "out.partial" / "checkpoint.safetensors"
    before = checkpoint.read_bytes()
    with pytest.raises(ValueError, match="continue it with --resume, or begin anew with --overwrite"):
        killed()
    assert checkpoint.read_bytes() == before
    assert killed(overwrite=True).fit.steps == 12
    assert not checkpoint.parent.exists()


def test_a_folder_of_somebody_else_is_left_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        start(overwrite=True)
    assert (tmp_path / "out.partial" / "thesis.txt").read_text() == "mine"


# A disk that is full


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(start: Start, tmp_path: Path) -> None:
    whole = start(out=tmp_path / "whole")
    lines: list[str] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class FullDisk(Watcher):
        def on_step(self, report: StepReport) -> None:
            super().on_step(report)
            limit = 100 if report.step in range(4, 10) else soft
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))

    try:
        result = start(observer=FullDisk(), say=lines.append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert weights(result.path) == weights(whole.path)
    assert rows(result.path) == rows(whole.path)
    [said] = [line for line in lines if "checkpoint cannot be written" in line]
    assert "the training goes on, the one before it is intact" in said
    assert len([line for line in lines if "metrics.csv cannot be written" in line]) == 1


def test_the_checkpoint_from_before_the_disk_was_full_is_good(start: Start, tmp_path: Path) -> None:
    whole = start(out=tmp_path / "whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class FullDisk(Watcher):
        def on_step(self, report: StepReport) -> None:
            if report.step == 4:
                resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            super().on_step(report)

    try:
        with pytest.raises(Killed):
            start(observer=FullDisk(9))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    watcher = Watcher()
    result = start(resume=True, observer=watcher)
    assert watcher.steps[0] == 4
    assert weights(result.path) == weights(whole.path)
    assert rows(result.path) == rows(whole.path)
