"""Averaged weights (T39): which are averaged, that they are measured, and that training goes on with its own."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from henkan.config import TrainingConfig
from henkan.data import EncodedPair, TokenBatches
from henkan.nn import Transformer
from henkan.training import DevReport, FitResult, KeepBest, StepReport, fit, mean_weights
from henkan.training.average import BestWeights, ExponentialMean, LastWeights

CONFIG = TrainingConfig(max_steps=20, evaluations=4, warmup_steps=2, learning_rate=3e-3)
PAIRS = [EncodedPair([symbol, 2], [1, symbol, symbol, 2]) for symbol in range(4, 10)] * 4

Weights = dict[str, torch.Tensor]


# The mean


@given(
    values=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=8),
    count=st.integers(1, 12),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
)
def test_the_mean_of_identical_weights_is_identical(values: list[float], count: int, dtype: torch.dtype) -> None:
    weight = torch.tensor(values).to(dtype)
    mean = mean_weights([{"w": weight.clone()} for _ in range(count)])["w"]
    assert mean.dtype == dtype
    assert torch.equal(mean, weight)


def test_the_mean_by_hand() -> None:
    sets = [{"w": torch.tensor([1.0, -2.0])}, {"w": torch.tensor([2.0, 0.0])}, {"w": torch.tensor([6.0, 5.0])}]
    assert mean_weights(sets)["w"].tolist() == [3.0, 1.0]
    assert [weights["w"].tolist() for weights in sets] == [[1.0, -2.0], [2.0, 0.0], [6.0, 5.0]]


def test_integer_buffers_are_not_averaged() -> None:
    def state(value: float, count: int) -> Weights:
        norm = nn.BatchNorm1d(2)
        nn.init.constant_(norm.weight, value)
        assert norm.num_batches_tracked is not None
        norm.num_batches_tracked.fill_(count)
        return norm.state_dict()

    mean = mean_weights([state(1.0, 10), state(3.0, 21)])
    assert mean["weight"].tolist() == [2.0, 2.0]
    assert mean["num_batches_tracked"].dtype == torch.long
    assert mean["num_batches_tracked"].item() == 21


def test_weights_of_different_models_are_refused() -> None:
    for other in ({"v": torch.ones(2)}, {"w": torch.ones(3)}, {}):
        with pytest.raises(ValueError, match="names or shapes differ"):
            mean_weights([{"w": torch.ones(2)}, other])
    with pytest.raises(ValueError, match="no weights to average"):
        mean_weights([])


# Which weights


def one_weight(value: float) -> nn.Module:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, value)
    return model


def values(sets: Mapping[int, Mapping[str, torch.Tensor]]) -> list[float]:
    return [weights["weight"].item() for weights in sets.values()]


def test_the_last_weights_lie_evenly_over_the_last_tenth() -> None:
    last = LastWeights(5)
    for step in range(1, 1001):
        last.after_update(one_weight(step), step, step / 1000)
    assert values(last.sets) == [920, 940, 960, 980, 1000]
    mean = last.at_end()
    assert mean is not None
    assert mean["weight"].item() == 960


def test_the_last_weights_of_a_run_that_ends_early_are_the_last_before_that() -> None:
    last = LastWeights(3)
    for step in range(1, 501):
        last.after_update(one_weight(step), step, step / 1000)
    assert values(last.sets) == [434, 467, 500]


def test_the_best_weights_are_those_of_the_best_evaluations_and_of_equal_ones_the_later() -> None:
    best = BestWeights(2)
    for number, badness in enumerate([0.5, 0.2, math.nan, 0.3, 0.9, 0.3]):
        best.after_evaluation(one_weight(number), number, badness)
    assert values(best.sets) == [1, 5]


def test_one_set_alone_is_no_average() -> None:
    best = BestWeights(3)
    assert best.at_end() is None
    best.after_evaluation(one_weight(1), 0, 0.5)
    assert best.at_end() is None


def test_the_exponential_mean_by_hand() -> None:
    ema = ExponentialMean(0.25)
    assert ema.during() is None
    for step, value in enumerate([8.0, 4.0, 2.0], start=1):
        ema.after_update(one_weight(value), step, 0.0)
    weights = ema.during()
    assert weights is not None
    # decays: 2/11 (it soon fits), then 3/12: 8 -> 8 * 2/11 + 4 * 9/11 -> half way as the decay is 0.25
    first = 8 * 2 / 11 + 4 * 9 / 11
    assert weights["weight"].item() == pytest.approx(first * 0.25 + 2 * 0.75)


# In a run


class Watcher:
    def __init__(self, raise_at: int = 0) -> None:
        self.evaluations: list[DevReport] = []
        self.raise_at = raise_at

    def on_step(self, report: StepReport) -> None:
        if report.step == self.raise_at:
            raise KeyboardInterrupt

    def on_evaluation(self, report: DevReport) -> None:
        self.evaluations.append(report)


class Run:
    """A run with a metric of our own; ``measured`` are the weights that were in the model at each evaluation."""

    def __init__(self, config: TrainingConfig, errors: list[float], raise_at: int = 0) -> None:
        torch.manual_seed(1)
        self.model = Transformer(10, 10, 8, 1, 2, 16, dropout=0.3, tie_embeddings="all")
        self.measured: list[Weights] = []
        self.watcher = Watcher(raise_at)
        remaining = iter(errors)

        def metric() -> Mapping[str, float]:
            self.measured.append(weights_of(self.model))
            torch.rand(5)
            return {"error": next(remaining)}

        self.result: FitResult = fit(
            self.model, TokenBatches(PAIRS, 40, seed=1), config, evaluate_dev=metric, keep=KeepBest("error"),
            observer=self.watcher,
        )  # fmt: skip


def weights_of(model: nn.Module) -> Weights:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def same(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_average_of_the_best_is_measured_at_the_end_and_kept_if_it_is_better() -> None:
    config = replace(CONFIG, average="best", average_of=2)
    run = Run(config, [0.3, 0.2, 0.5, 0.4, 0.1])
    assert [report.weights for report in run.result.history] == ["own"] * 4 + ["average"]
    assert same(run.measured[4], mean_weights(run.measured[:2]))
    assert same(weights_of(run.model), run.measured[4])
    assert run.result.best == run.watcher.evaluations[-1]
    worse = Run(config, [0.3, 0.2, 0.5, 0.4, 0.25])
    assert same(weights_of(worse.model), worse.measured[1])


def test_tied_weights_stay_one_storage() -> None:
    run = Run(replace(CONFIG, average="best", average_of=2), [0.3, 0.2, 0.5, 0.4, 0.1])
    tied = [run.model.src_embedding, run.model.tgt_embedding, run.model.output_projection]
    assert len({module.weight.data_ptr() for module in tied}) == 1


@pytest.mark.parametrize("average", ["last", "best", "ema"])
def test_training_goes_on_with_its_own_weights(average: str) -> None:
    plain = Run(CONFIG, [0.4, 0.3, 0.2, 0.1])
    averaged = Run(replace(CONFIG, average=average, ema_decay=0.9, patience=0), [0.4, 0.3, 0.2, 0.1, 0.2])
    if average != "ema":
        for one, other in zip(plain.measured, averaged.measured[:4], strict=True):
            assert same(one, other)
    else:
        last_of_plain = Run(replace(CONFIG, evaluations=1), [0.1])
        often = Run(replace(CONFIG, average="ema", evaluations=20), [0.1] * 20)
        once = Run(replace(CONFIG, average="ema", evaluations=1), [0.1])
        assert same(often.measured[-1], once.measured[-1]), "evaluations change nothing"
        assert not same(once.measured[-1], last_of_plain.measured[-1])


def test_the_exponential_mean_is_measured_and_kept() -> None:
    decays = [min(0.9, step / (step + 9)) for step in range(2, 21)]
    snapshots = [run.measured[-1] for run in (Run(replace(CONFIG, max_steps=20, evaluations=20), [0.1] * 20),)]
    every = Run(replace(CONFIG, evaluations=20), [0.1] * 20).measured
    assert same(every[-1], snapshots[0])
    expected = every[0]
    for weights, decay in zip(every[1:], decays, strict=True):
        expected = {name: decay * expected[name] + (1 - decay) * weights[name] for name in weights}
    run = Run(replace(CONFIG, average="ema", ema_decay=0.9), [0.4, 0.3, 0.2, 0.1])
    assert [report.weights for report in run.result.history] == ["ema"] * 4
    for name, weight in weights_of(run.model).items():
        torch.testing.assert_close(weight, expected[name], rtol=1e-4, atol=1e-6)


def test_ctrl_c_measures_the_average_too() -> None:
    run = Run(replace(CONFIG, average="last"), [0.3, 0.2, 0.1, 0.05], raise_at=12)
    assert run.result.stopped_by == "interrupted"
    assert [report.weights for report in run.result.history] == ["own", "own", "own", "average"]
    assert same(weights_of(run.model), run.measured[-1])


@pytest.mark.parametrize(
    ("option", "value"), [("average_of", 1), ("ema_decay", 0.0), ("ema_decay", 1.0), ("average_of", 0)]
)
def test_options_out_of_range_are_named(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option}={value}"):
        TrainingConfig(**{option: value})
