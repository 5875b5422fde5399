"""Lightning in one process: the plain loop's run, update for update, and exactly resumed (T33, T34)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from henkan.config import Processes, TrainingConfig
from henkan.data import EncodedPair, TokenBatches
from henkan.nn import Transformer
from henkan.training import (
    Checkpoint,
    DevReport,
    FitResult,
    KeepBest,
    StepReport,
    fit,
    load_checkpoint,
    save_checkpoint,
)

pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
from henkan.training.lightning import LightningFit, make_trainer

CONFIG = TrainingConfig(max_steps=50, evaluations=5, warmup_steps=5, learning_rate=3e-3, checkpoint_seconds=1e9)
PAIRS = [EncodedPair([4 + n % 6] * (1 + n % 4) + [2], [1, 4 + n % 6, 4 + n % 5, 2]) for n in range(40)]


class Stops:
    """As many requests to stop as it is told."""

    def __init__(self) -> None:
        self.count = 0

    def hold(self) -> None: ...
    def release(self) -> None: ...


class Watcher:
    """Remembers what it was told; asks for a stop after the update ``stop_at``."""

    def __init__(self, stops: Stops | None = None, stop_at: int = 0) -> None:
        self.steps: list[StepReport] = []
        self.evaluations: list[DevReport] = []
        self.stops, self.stop_at = stops, stop_at

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report)
        if self.stops is not None and report.step == self.stop_at:
            self.stops.count += 1

    def on_evaluation(self, report: DevReport) -> None:
        self.evaluations.append(report)


class Disk:
    """The checkpoint at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def latest(self) -> Checkpoint | None:
        return load_checkpoint(self.path) if self.path.exists() else None

    def save(self, checkpoint: Checkpoint) -> None:
        save_checkpoint(self.path, checkpoint, {})


def make_model(config: TrainingConfig) -> Transformer:
    torch.manual_seed(config.seed)
    return Transformer(10, 10, 16, 1, 2, 32, 50, 0.1)


def run(
    engine: str, folder: Path, config: TrainingConfig = CONFIG, disk: Disk | None = None, stop_at: int = 0
) -> tuple[Transformer, FitResult, Watcher]:
    """A run by either engine; its dev metric is a number that the weights decide."""
    model = make_model(config)
    batches = TokenBatches(PAIRS, 30, seed=config.seed)
    stops = Stops()
    watcher = Watcher(stops, stop_at)

    def evaluate_dev() -> Mapping[str, float]:
        torch.rand(3)  # which must change nothing
        return {"error": float(sum(parameter.sum() for parameter in model.parameters()))}

    train: Callable[..., FitResult] = fit
    if engine == "lightning":
        train = LightningFit(make_trainer(Processes()), folder / "pairs", folder / "checkpoint", stops)
    result = train(
        model, batches, config, evaluate_dev=evaluate_dev, keep=KeepBest("error"), observer=watcher, checkpoints=disk
    )
    return model, result, watcher


def weights(model: Transformer) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(one: Transformer, other: Transformer) -> bool:
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@pytest.mark.parametrize(
    "changes",
    [{}, {"accumulate": 3}, {"average": "ema"}, {"average": "last"}, {"average": "best", "patience": 2}],
    ids=str,
)
def test_plain_loop_and_lightning_are_one_run(tmp_path: Path, changes: dict[str, object]) -> None:  # T34
    config = replace(CONFIG, **changes)
    plain, first, plainly = run("plain", tmp_path, config)
    model, second, watched = run("lightning", tmp_path, config)
    losses = [report.loss for report in plainly.steps]
    assert [report.loss for report in watched.steps] == pytest.approx(losses, abs=1e-6)
    assert [report.rate for report in watched.steps] == [report.rate for report in plainly.steps]
    assert [report.metrics for report in second.history] == [report.metrics for report in first.history]
    assert (second.stopped_by, second.steps, second.epochs) == (first.stopped_by, first.steps, first.epochs)
    assert same(model, plain)  # dropout included
    assert not model.training


@pytest.mark.parametrize("stop_at", [7, 40])
def test_stopped_and_resumed_is_never_stopped(tmp_path: Path, stop_at: int) -> None:  # T33
    config = replace(CONFIG, max_steps=80, accumulate=3)
    whole, whole_result, _ = run("lightning", tmp_path, config)
    disk = Disk(tmp_path / "checkpoint")
    _, stopped, _ = run("lightning", tmp_path, config, disk, stop_at=stop_at)
    assert (stopped.stopped_by, stopped.steps) == ("interrupted", stop_at + 1)  # heard of with the next update
    torch.rand(5)
    resumed, result, _ = run("lightning", tmp_path, config, disk)
    assert same(resumed, whole)
    assert [one.metrics for one in result.history] == [one.metrics for one in whole_result.history]


def test_four_batches_of_eight_make_the_update_of_one_of_thirty_two(tmp_path: Path) -> None:  # T31
    models = []
    for rows, accumulate in ((32, 1), (8, 4)):
        config = replace(CONFIG, max_steps=20, accumulate=accumulate)
        torch.manual_seed(1)
        model = Transformer(10, 10, 16, 1, 2, 32, 50, 0.0)
        batches = TokenBatches(PAIRS[:32], max_rows=rows, shuffle=False)
        fit = LightningFit(make_trainer(Processes()), tmp_path / "pairs", tmp_path / "checkpoint", Stops())
        fit(model, batches, config, evaluate_dev=lambda: {"error": 1.0}, keep=KeepBest("error"), observer=Watcher())
        models.append(dict(model.named_parameters()))
    for name, weight in models[0].items():
        if not name.endswith("key_projection.bias"):  # which decides nothing, see far_apart
            torch.testing.assert_close(models[1][name], weight, atol=1e-5, rtol=0)
