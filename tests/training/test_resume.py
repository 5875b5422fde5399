"""A run that was killed goes on as if nothing had happened, bit for bit (T33), and its checkpoint survives (T40)."""

import json
import math
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from henkan.config import TrainingConfig
from henkan.data import Batch, EncodedPair, TokenBatches
from henkan.nn import Transformer
from henkan.training import (
    Checkpoint,
    DevReport,
    FitResult,
    KeepBest,
    RunState,
    StepReport,
    fit,
    load_checkpoint,
    read_about,
    save_checkpoint,
)

CONFIG = TrainingConfig(
    max_steps=14, evaluations=4, warmup_steps=3, learning_rate=3e-3, patience=3, checkpoint_seconds=1e-9
)
PAIRS = [EncodedPair([4 + n % 6, 2], [1, 4 + n % 6, 4 + n % 5, 2]) for n in range(24)]
BATCHES = 5  # in an epoch: so groups of three do not end with it


@pytest.fixture(autouse=True)
def checkpoints_are_as_often_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henkan.training.run.MAX_SAVING", math.inf)


class Killed(BaseException):
    """Nothing of the process is left but what is on the disk."""


class Disk:
    """Keeps every ``every``th checkpoint, and the last word of an evaluation or of Ctrl-C."""

    def __init__(self, path: Path, every: int = 1) -> None:
        self.path, self.every, self.states = path, every, []

    def latest(self) -> Checkpoint | None:
        return load_checkpoint(self.path) if self.path.exists() else None

    def save(self, checkpoint: Checkpoint) -> None:
        self.states.append(checkpoint.state)
        if len(self.states) % self.every == 0:
            save_checkpoint(self.path, checkpoint, {})


class Trap:
    """Counts what happens and dies at the given moment: the number of a batch, an update, an evaluation."""

    def __init__(self, moment: tuple[str, int] | None = None, error: type[BaseException] = Killed) -> None:
        self.moment, self.error, self.counts = moment, error, dict.fromkeys(("batch", "step", "measure", "dev"), 0)

    def passes(self, what: str) -> None:
        self.counts[what] += 1
        if (what, self.counts[what]) == self.moment:
            raise self.error


class Batches(TokenBatches):
    """Batches in which a trap may lie."""

    trap = Trap()

    def batches_of(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        for batch in super().batches_of(epoch, start):
            self.trap.passes("batch")
            yield batch


class Watcher:
    """Remembers the reports."""

    def __init__(self, trap: Trap) -> None:
        self.trap, self.steps, self.evaluations = trap, [], []

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report)
        self.trap.passes("step")

    def on_evaluation(self, report: DevReport) -> None:
        self.evaluations.append(report)
        self.trap.passes("dev")


def run(
    config: TrainingConfig, disk: Disk | None = None, trap: Trap | None = None, *, dropout: float = 0.3, seed: int = 1
) -> tuple[list[torch.Tensor], FitResult, Watcher]:
    """One process that trains, from the checkpoint if there is one. Afterwards a new one may be told from ``seed``."""
    torch.manual_seed(seed)
    trap = trap or Trap()
    model = Transformer(10, 10, 8, 1, 2, 16, dropout=dropout, tie_embeddings="target")
    batches = Batches(PAIRS, 20, seed=config.seed)
    batches.trap = trap
    assert len(batches) == BATCHES

    def metric() -> Mapping[str, float]:
        trap.passes("measure")
        torch.rand(10)
        return {"error": math.sin(1e4 * float(sum(parameter.sum() for parameter in model.parameters())))}

    watcher = Watcher(trap)
    keep = KeepBest("error", "min")
    result = fit(
        model, batches, config, evaluate_dev=metric, keep=keep, observer=watcher, checkpoints=disk
    )  # fmt: skip
    return [parameter.detach().clone() for parameter in model.parameters()], result, watcher


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def figures(history: object) -> list[tuple[int, float, bool]]:
    return [(report.step, report.metrics["error"], report.is_best) for report in history]  # type: ignore[attr-defined]


def steps(reports: list[StepReport]) -> list[tuple[int, int, float, float]]:
    return [(report.step, report.epoch, report.loss, report.rate) for report in reports]


MOMENTS = {
    "in the first epoch": ("step", 2),
    "at the end of an epoch": ("step", 5),
    "in the second epoch": ("step", 8),
    "between two batches of an update": ("batch", 8),
    "at the first batch of an epoch": ("batch", 11),
    "right before an evaluation": ("measure", 2),
    "right after an evaluation": ("dev", 2),
    "at the very end": ("dev", 4),
    "before the first update": ("batch", 1),
}


@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path, moment: str, dropout: float, accumulate: int) -> None:  # T33
    config = replace(CONFIG, accumulate=accumulate, patience=0)
    whole, whole_result, whole_watcher = run(config, dropout=dropout)
    for every in (1, 3):
        disk = Disk(tmp_path / f"{every}", every)
        with pytest.raises(Killed):
            run(config, disk, Trap(MOMENTS[moment]), dropout=dropout)
        began = disk.latest().state.step if disk.path.exists() else 0
        resumed, result, watcher = run(config, disk, dropout=dropout, seed=1 if began == 0 else 999)
        assert same(resumed, whole)
        assert figures(result.history) == figures(whole_result.history)
        assert steps(watcher.steps) == steps(whole_watcher.steps)[began:]
        assert (result.steps, result.epochs, result.stopped_by) == (14, math.ceil(14 * accumulate / BATCHES), "steps")


@pytest.mark.parametrize("average", ["last", "best", "ema"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_averages_go_on_bit_for_bit(tmp_path: Path, moment: str, average: str) -> None:  # T33, T39
    config = replace(CONFIG, accumulate=3, patience=0, average=average, average_of=3)
    whole, whole_result, _ = run(config)
    for every in (1, 3):
        disk = Disk(tmp_path / f"{every}", every)
        with pytest.raises(Killed):
            run(config, disk, Trap(MOMENTS[moment]))
        resumed, result, _ = run(config, disk, seed=999 if disk.path.exists() else 1)
        assert same(resumed, whole)
        assert figures(result.history) == figures(whole_result.history)
        assert [report.weights for report in result.history] == [report.weights for report in whole_result.history]


@pytest.mark.parametrize("moment", [("measure", 5), ("dev", 5)])
@pytest.mark.parametrize("error", [Killed, KeyboardInterrupt])
def test_an_average_that_was_not_yet_measured_is_measured_later(
    tmp_path: Path, moment: tuple[str, int], error: type[BaseException]
) -> None:
    config = replace(CONFIG, patience=0, average="best", average_of=3)
    whole, whole_result, _ = run(config)
    disk = Disk(tmp_path / "checkpoint")
    try:
        run(config, disk, Trap(moment, error))
    except Killed:
        assert error is Killed
    resumed, result, _ = run(config, disk, seed=999)
    assert same(resumed, whole)
    assert figures(result.history) == figures(whole_result.history)
    assert [report.weights for report in result.history].count("average") == 1


@pytest.mark.parametrize("moment", [("batch", 8), ("measure", 2)])
def test_ctrl_c_leaves_training_its_own_weights_while_others_are_measured(
    tmp_path: Path, moment: tuple[str, int]
) -> None:
    config = replace(CONFIG, accumulate=3, patience=0, checkpoint_seconds=1e9, average="ema")
    whole, whole_result, _ = run(config)
    disk = Disk(tmp_path / "checkpoint")
    _, interrupted, _ = run(config, disk, Trap(moment, KeyboardInterrupt))
    assert disk.states[-1].step == interrupted.steps > 0
    resumed, result, _ = run(config, disk, seed=999)
    assert same(resumed, whole)
    assert figures(result.history) == figures(whole_result.history)


def test_a_run_killed_again_and_again_goes_on_bit_for_bit(tmp_path: Path) -> None:  # T33
    whole, whole_result, _ = run(CONFIG)
    disk, kills = Disk(tmp_path / "checkpoint", every=2), 0
    while True:
        try:
            resumed, result, _ = run(CONFIG, disk, Trap(("batch", 4)))
            break
        except Killed:
            kills += 1
    assert kills > 3
    assert same(resumed, whole)
    assert figures(result.history) == figures(whole_result.history)


def test_checkpoints_change_nothing(tmp_path: Path) -> None:
    assert same(run(CONFIG)[0], run(CONFIG, Disk(tmp_path / "checkpoint"))[0])


def test_patience_goes_on_where_it_was(tmp_path: Path) -> None:
    errors = {3: 0.1, 6: 0.2, 9: 0.3, 12: 0.4}
    config = replace(CONFIG, max_steps=15, evaluations=5, patience=3)

    def fit_with(disk: Disk, trap: Trap) -> FitResult:
        torch.manual_seed(1)
        model, watcher = Transformer(10, 10, 8, 1, 2, 16), Watcher(trap)
        return fit(
            model, TokenBatches(PAIRS, 20, seed=1), config, keep=KeepBest("error"), observer=watcher, checkpoints=disk,
            evaluate_dev=lambda: {"error": errors[watcher.steps[-1].step]},
        )  # fmt: skip

    disk = Disk(tmp_path / "checkpoint")
    with pytest.raises(Killed):
        fit_with(disk, Trap(("step", 10)))
    result = fit_with(disk, Trap())
    assert (result.stopped_by, result.steps) == ("patience", 12)
    assert result.best is not None
    assert result.best.step == 3


def test_a_run_that_had_ended_is_ended(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "checkpoint")
    whole, first, _ = run(CONFIG, disk)
    again, second, watcher = run(CONFIG, disk, seed=999)
    assert same(again, whole)
    assert (second.stopped_by, figures(second.history)) == (first.stopped_by, figures(first.history))
    assert watcher.steps == watcher.evaluations == []


@pytest.mark.parametrize("moment", [("batch", 8), ("measure", 2)])
def test_ctrl_c_leaves_a_checkpoint_of_that_moment(tmp_path: Path, moment: tuple[str, int]) -> None:
    config = replace(CONFIG, accumulate=3, patience=0, checkpoint_seconds=1e9)
    whole, whole_result, _ = run(config)
    disk = Disk(tmp_path / "checkpoint")
    _, interrupted, _ = run(config, disk, Trap(moment, KeyboardInterrupt))
    assert interrupted.stopped_by == "interrupted"
    assert disk.states[-1].step == interrupted.steps > 0
    resumed, result, _ = run(config, disk, seed=999)
    assert same(resumed, whole)
    assert figures(result.history) == figures(whole_result.history)  # without the one that Ctrl-C made


def test_ctrl_c_while_the_weights_change_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, patience=0)
    whole, _, _ = run(config)
    module = import_module("torch.optim.adam")  # the class hides it
    adam = module.adam
    calls: list[int] = []

    def interrupted_adam(*tensors: object, **options: object) -> None:
        adam(*tensors, **options)
        calls.append(1)
        if len(calls) == 2 * 5 + 1:  # the first of the two groups of parameters of the sixth update
            raise KeyboardInterrupt

    disk = Disk(tmp_path / "checkpoint")
    with monkeypatch.context() as patch:
        patch.setattr(module, "adam", interrupted_adam)
        _, interrupted, _ = run(config, disk)
    assert interrupted.stopped_by == "interrupted"
    assert disk.states[-1].step == 5
    assert same(run(config, disk, seed=999)[0], whole)


def test_the_time_already_used_counts(tmp_path: Path) -> None:
    config = replace(CONFIG, max_minutes=1.0, patience=0)
    disk = Disk(tmp_path / "checkpoint")
    with pytest.raises(Killed):
        run(config, disk, Trap(("step", 5)))
    checkpoint = load_checkpoint(disk.path)
    save_checkpoint(disk.path, replace(checkpoint, state=replace(checkpoint.state, seconds=59.8)), {})
    started = time.monotonic()
    _, result, watcher = run(config, disk, seed=999)
    assert result.stopped_by == "time"
    assert time.monotonic() - started < 10
    assert 60 <= result.seconds < 70
    assert watcher.steps[0].progress > 0.99
    assert watcher.steps[-1].rate < 1e-5


def test_training_draws_from_no_generator_but_torchs(tmp_path: Path) -> None:
    before = random.getstate(), json.dumps(np.random.get_state()[1].tolist())
    run(CONFIG, Disk(tmp_path / "checkpoint"))
    assert before == (random.getstate(), json.dumps(np.random.get_state()[1].tolist()))


def test_no_checkpoints_are_written_if_none_are_wanted(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "checkpoint")
    run(replace(CONFIG, checkpoint_seconds=0.0), disk)
    assert disk.states == []


def test_a_checkpoint_follows_every_evaluation_however_rare_they_are(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "checkpoint")
    run(replace(CONFIG, checkpoint_seconds=1e9, patience=0), disk)
    assert [(state.step, len(state.history)) for state in disk.states] == [(4, 1), (7, 2), (11, 3), (14, 4)]


def test_slow_checkpoints_come_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henkan.training.run.MAX_SAVING", 0.05)

    class Slow(Disk):
        def save(self, checkpoint: Checkpoint) -> None:
            time.sleep(0.2)
            super().save(checkpoint)

    disk = Slow(tmp_path / "checkpoint")
    run(replace(CONFIG, evaluations=1, patience=0), disk)
    assert len(disk.states) <= 3  # and not 14


# Updates that cannot be made


def exploding(monkeypatch: pytest.MonkeyPatch, updates: set[int]) -> None:
    """Make the loss of these updates, counted from 1, infinite."""
    calls: list[int] = []

    class Criterion(torch.nn.Module):
        def __init__(self, smoothing: float, ignore_index: int) -> None:
            super().__init__()
            self.loss = torch.nn.CrossEntropyLoss(ignore_index=ignore_index)

        def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            calls.append(1)
            return self.loss(logits, labels) * (math.inf if len(calls) in updates else 1.0)

    monkeypatch.setitem(fit.__globals__, "LabelSmoothingCrossEntropy", Criterion)


def test_an_update_whose_loss_is_not_finite_is_skipped_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    exploding(monkeypatch, {3, 4, 9})
    weights, result, watcher = run(replace(CONFIG, patience=0))
    assert (result.stopped_by, result.steps, result.skipped) == ("steps", 14, 3)
    assert [report.step for report in watcher.steps if not math.isfinite(report.loss)] == [2, 2, 6]
    assert all(weight.isfinite().all() for weight in weights)


def test_several_in_a_row_end_the_run_with_the_best_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    exploding(monkeypatch, set(range(10, 100)))
    weights, result, _ = run(replace(CONFIG, patience=0))
    assert (result.stopped_by, result.steps, result.skipped) == ("diverged", 9, 5)
    assert result.best is not None
    assert all(weight.isfinite().all() for weight in weights)


def test_a_run_that_ends_before_its_first_evaluation_keeps_the_weights_of_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, patience=0, evaluations=1)
    exploding(monkeypatch, set(range(10, 100)))
    weights, result, _ = run(config, Disk(tmp_path / "checkpoint"))
    assert (result.stopped_by, [report.step for report in result.history]) == ("diverged", [9])
    exploding(monkeypatch, set())
    assert same(weights, run(replace(config, evaluations=1), None, Trap(("step", 9), KeyboardInterrupt))[0])
    exploding(monkeypatch, set(range(10, 100)))
    assert run(config)[1].best is None, "without checkpoints there is nothing to go back to"


def test_skipped_updates_are_resumed_over_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exploding(monkeypatch, {3, 4, 9})
    whole, whole_result, _ = run(replace(CONFIG, patience=0))
    disk = Disk(tmp_path / "checkpoint")
    exploding(monkeypatch, {3, 4})
    with pytest.raises(Killed):
        run(replace(CONFIG, patience=0), disk, Trap(("batch", 6)))
    exploding(monkeypatch, {4})  # the fifth was the last before the kill
    resumed, result, _ = run(replace(CONFIG, patience=0), disk, seed=999)
    assert same(resumed, whole)
    assert result.skipped == whole_result.skipped == 3


# The file


def checkpoint_of(number: int, size: int = 1000) -> Checkpoint:
    return Checkpoint(
        RunState(step=number), {"model.a": torch.full((size,), float(number)), "random.cpu": torch.ones(3)}
    )


def is_consistent(path: Path) -> int:
    checkpoint = load_checkpoint(path)
    number = checkpoint.state.step
    assert (checkpoint.tensors["model.a"] == number).all()
    assert read_about(path)[0] == {"number": number}
    return number


def test_a_state_survives_its_way_through_json() -> None:
    history = (
        DevReport(3, 0.1 + 0.2, {"error": 1 / 3, "n": math.nan}, True),
        DevReport(5, 1.0, {"error": math.inf}, False),
    )
    state = RunState(9, 18, 1234, 2, 1, 0.1 + 0.7, 1e-17, history, "patience")
    back = RunState.from_dict(json.loads(json.dumps(state.to_dict())))
    assert str(back) == str(state)  # NaN is not equal to itself


@pytest.mark.slow
def test_a_process_killed_while_saving_leaves_a_whole_checkpoint(tmp_path: Path) -> None:  # T40
    path, generator, seen = tmp_path / "checkpoint", random.Random(1), set()
    save_checkpoint(path, checkpoint_of(0), {"number": 0})
    for kill in range(200):
        child = os.fork()
        if child == 0:  # saves until it dies
            try:
                number = 1000 * kill
                while True:
                    number += 1
                    save_checkpoint(path, checkpoint_of(number), {"number": number})
            finally:
                os._exit(1)
        time.sleep(generator.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        seen.add(is_consistent(path))
    assert len(seen) > 50, "hardly any save came to its end: this tests nothing"
    assert len(list(tmp_path.iterdir())) > 1, "no save was cut off: this tests nothing"


def test_a_disk_that_is_full_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    save_checkpoint(path, checkpoint_of(1), {"number": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="checkpoint"):
            save_checkpoint(path, checkpoint_of(2), {"number": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_consistent(path) == 1
    assert list(tmp_path.iterdir()) == [path]


def damage(change: Callable[[bytes], bytes], path: Path) -> None:
    path.write_bytes(change(path.read_bytes()))


def test_damaged_and_foreign_files_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    save_checkpoint(path, checkpoint_of(1), {})
    whole = path.read_bytes()
    for wreck in (b"", b"not one", whole[:40], whole[:-4]):
        path.write_bytes(wreck)
        with pytest.raises(ValueError, match=f"{path} cannot be read as a checkpoint"):
            load_checkpoint(path)
    save_file({"w": torch.ones(2)}, path, {"henkan": '{"format": "henkan-checkpoint-0"}'})
    with pytest.raises(ValueError, match="no checkpoint of this version"):
        load_checkpoint(path)
    save_file({"w": torch.ones(2)}, path, {"henkan": '{"format": "henkan-checkpoint-1", "about": {}, "state": {}}'})
    with pytest.raises(ValueError, match="damaged header"):
        load_checkpoint(path)


def test_a_pickle_is_refused_and_never_executed(tmp_path: Path) -> None:  # T40
    torch.save({"model.a": torch.ones(2)}, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        load_checkpoint(tmp_path / "checkpoint")


def test_the_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "checkpoint")
    save_checkpoint(disk.path, checkpoint_of(1), {})
    with pytest.raises(ValueError, match="of another model"):
        run(CONFIG, disk)
