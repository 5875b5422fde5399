"""A whole run: it keeps its best, validation leaves it alone, and it always ends well."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from henkan.config import TrainingConfig
from henkan.data import EncodedPair, TokenBatches
from henkan.nn import Transformer
from henkan.training import DevReport, FitResult, KeepBest, Run, StepReport, fit, train_step

CONFIG = TrainingConfig(max_steps=12, evaluations=4, warmup_steps=2, learning_rate=3e-3)
PAIRS = [EncodedPair([symbol, 2], [1, symbol, symbol, 2]) for symbol in range(4, 10)] * 4


class Recorder:
    """Remembers what it was told; may raise at a step."""

    def __init__(self, raise_at: int = 0) -> None:
        self.steps: list[StepReport] = []
        self.evaluations: list[DevReport] = []
        self.raise_at = raise_at

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report)
        if report.step == self.raise_at:
            raise KeyboardInterrupt

    def on_evaluation(self, report: DevReport) -> None:
        self.evaluations.append(report)


def run(
    config: TrainingConfig = CONFIG,
    metric: Callable[[], Mapping[str, float]] = lambda: {"error": 1.0},
    recorder: Recorder | None = None,
    mode: str = "min",
) -> tuple[Transformer, FitResult]:
    torch.manual_seed(config.seed)
    model = Transformer(10, 10, 8, 1, 2, 16)
    batches = TokenBatches(PAIRS, 40, seed=config.seed)
    result = fit(
        model, batches, config, evaluate_dev=metric, keep=KeepBest("error", mode), observer=recorder or Recorder()
    )
    return model, result


def weights(model: Transformer) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_same_seed_gives_the_same_model_bit_for_bit() -> None:
    assert same(weights(run()[0]), weights(run()[0]))
    assert not same(weights(run()[0]), weights(run(replace(CONFIG, seed=2))[0]))


def test_validation_changes_nothing() -> None:  # T36
    def draws() -> dict[str, float]:
        torch.rand(1000)
        return {"error": -float(len(calls))} if calls.append(1) is None else {}

    calls: list[int] = []
    often, _ = run(replace(CONFIG, evaluations=12), draws)
    calls.clear()
    once, _ = run(replace(CONFIG, evaluations=1), draws)
    assert same(weights(often), weights(once))


def test_it_evaluates_in_eval_mode_and_learns_in_train_mode() -> None:  # T36
    modes: list[bool] = []
    torch.manual_seed(0)
    model = Transformer(10, 10, 8, 1, 2, 16)

    def metric() -> dict[str, float]:
        modes.append(model.training)
        return {"error": 1.0}

    class Watcher(Recorder):
        def on_step(self, report: StepReport) -> None:
            modes.append(model.training)

    fit(
        model, TokenBatches(PAIRS, 40), replace(CONFIG, max_steps=2, evaluations=2), evaluate_dev=metric,
        keep=KeepBest("error"), observer=Watcher(),
    )  # fmt: skip
    assert modes == [True, False, True, False]
    assert not model.training


@pytest.mark.parametrize(("mode", "best"), [("min", 1), ("max", 2)])
def test_the_weights_of_the_best_evaluation_are_kept(mode: str, best: int) -> None:  # T40
    errors = iter([0.5, 0.2, 0.9, 0.4])
    snapshots: list[list[torch.Tensor]] = []
    torch.manual_seed(0)
    model = Transformer(10, 10, 8, 1, 2, 16)

    def metric() -> dict[str, float]:
        snapshots.append(weights(model))
        return {"error": next(errors)}

    result = fit(
        model, TokenBatches(PAIRS, 40), CONFIG, evaluate_dev=metric, keep=KeepBest("error", mode), observer=Recorder()
    )
    assert same(weights(model), snapshots[best])
    assert not same(weights(model), snapshots[3])
    assert result.best is result.history[best]


def test_ctrl_c_evaluates_what_there_is_and_keeps_it() -> None:
    recorder = Recorder(raise_at=5)
    model, result = run(replace(CONFIG, evaluations=1), recorder=recorder)
    assert result.stopped_by == "interrupted"
    assert result.steps == 5
    assert [report.step for report in result.history] == [5]
    short, _ = run(replace(CONFIG, evaluations=1), recorder=Recorder(raise_at=5))
    assert same(weights(model), weights(short))
    assert not model.training


def test_patience_ends_a_run_that_improves_no_more() -> None:
    errors = iter([0.5, 0.4, 0.4, 0.45, 0.1])
    _, result = run(replace(CONFIG, evaluations=12, patience=2), lambda: {"error": next(errors)})
    assert result.stopped_by == "patience"
    assert [report.metrics["error"] for report in result.history] == [0.5, 0.4, 0.4, 0.45]


def test_a_loss_that_stays_not_finite_ends_the_run_with_the_best_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    from henkan.training import fit as package_fit
    from henkan.training.fit import train_step

    def explodes(model: Transformer, *args: object, **options: object) -> tuple[torch.Tensor, int]:
        loss, count = train_step(model, *args, **options)
        return (loss * math.nan, count) if len(recorder.steps) >= 7 else (loss, count)

    recorder = Recorder()
    monkeypatch.setitem(package_fit.__globals__, "train_step", explodes)
    model, result = run(recorder=recorder)
    assert result.stopped_by == "diverged"
    assert result.best is not None
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_the_last_evaluation_comes_at_the_very_end() -> None:
    recorder = Recorder()
    _, result = run(replace(CONFIG, max_steps=10, evaluations=3), recorder=recorder)
    assert [report.step for report in recorder.evaluations] == [4, 7, 10]
    assert (result.stopped_by, result.steps) == ("steps", 10)


def test_a_time_budget_ends_the_run_whatever_the_number_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def step_of_a_sixteenth_of_a_second(*arguments: Any, **options: Any) -> tuple[torch.Tensor, int]:
        now[0] += 1 / 16
        return train_step(*arguments, **options)

    monkeypatch.setattr(sys.modules[fit.__module__], "train_step", step_of_a_sixteenth_of_a_second)
    monkeypatch.setattr(Run, "clock", lambda self: now[0])
    config = replace(CONFIG, max_minutes=0.5 / 60, evaluations=2)
    recorder = Recorder()
    _, result = run(config, recorder=recorder)
    assert result.stopped_by == "time"
    assert result.steps == 8
    assert result.steps != config.max_steps
    assert recorder.steps[-1].progress == 1.0
    assert recorder.steps[-1].rate < recorder.steps[len(recorder.steps) // 2].rate, "the schedule follows the clock"


def test_ids_outside_the_vocabulary_stop_the_run_before_the_first_update() -> None:
    model = Transformer(8, 10, 8, 1, 2, 16)
    with pytest.raises(ValueError, match="src contains id 9"):
        fit(
            model, TokenBatches(PAIRS, 40), CONFIG, evaluate_dev=dict, keep=KeepBest("error"), observer=Recorder()
        )  # fmt: skip


def test_the_reports_add_up() -> None:
    recorder = Recorder()
    run(recorder=recorder)
    assert [report.step for report in recorder.steps] == list(range(1, 13))
    assert recorder.steps[0].loss == pytest.approx(math.log(10), rel=0.1)  # T25
    assert recorder.steps[-1].epoch == math.ceil(12 / len(TokenBatches(PAIRS, 40)))


@pytest.mark.parametrize(
    ("option", "value"),
    [("max_steps", 0), ("batch_tokens", 0), ("learning_rate", 0.0), ("label_smoothing", 1.0), ("max_minutes", 0.0)],
)
def test_options_out_of_range_are_named(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option}={value}"):
        TrainingConfig(**{option: value})
