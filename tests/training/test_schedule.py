"""The rate over time: the paper's numbers, and no update without one."""

import copy
import math

import pytest
import torch
from torch import nn

from henkan.config import TrainingConfig
from henkan.training import NoamScheduler, noam_rate, rate_at


def scheduler(d_model: int = 128, warmup_steps: int = 1000) -> NoamScheduler:
    return NoamScheduler(torch.optim.Adam(nn.Linear(2, 2).parameters(), lr=0), d_model, warmup_steps)


@pytest.mark.parametrize(
    ("d_model", "warmup", "step", "rate"),
    [
        (512, 4000, 1, 1.746928e-7),
        (512, 4000, 4000, 6.987712e-4),
        (512, 4000, 100_000, 1.397542e-4),
        (128, 1000, 1000, 2.795085e-3),
        (32, 200, 200, 1.25e-2),
        (128, 200, 200, 6.25e-3),
        (32, 1000, 1000, 5.590170e-3),
    ],
)
def test_the_rates_of_equation_3(d_model: int, warmup: int, step: int, rate: float) -> None:
    assert noam_rate(step, d_model, warmup) == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize("warmup", [1, 7, 400])
def test_the_peak_is_exactly_at_the_end_of_the_warmup(warmup: int) -> None:  # T29
    rates = [noam_rate(step, 64, warmup) for step in range(1, 4 * warmup + 1)]
    assert rates.index(max(rates)) + 1 == warmup
    assert max(rates) == pytest.approx((64 * warmup) ** -0.5)


def test_the_first_update_has_the_rate_of_step_1() -> None:  # T29
    noam = scheduler()
    assert noam.get_lr() == 0.0
    noam.step()
    assert noam.get_lr() == noam.param_groups[0]["lr"] == noam_rate(1, 128, 1000) > 0


def test_the_rate_is_set_before_the_update_is_made() -> None:
    """With lr=0 left in place, the first update would move nothing."""
    weight = nn.Parameter(torch.zeros(1))
    noam = NoamScheduler(torch.optim.SGD([weight], lr=0), d_model=4, warmup_steps=0)
    weight.grad = torch.ones(1)
    noam.step()
    assert weight.item() == pytest.approx(-noam_rate(1, 4, 0)) == pytest.approx(-0.5)


def test_no_warmup_falls_from_the_first_step() -> None:  # T29
    assert [noam_rate(step, 4, 0) for step in (1, 4, 16)] == pytest.approx([0.5, 0.25, 0.125])


def test_zero_grad_passes_through() -> None:
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    NoamScheduler(torch.optim.SGD([weight], lr=0), 4, 0).zero_grad()
    assert weight.grad is None


def test_saved_and_loaded_it_goes_on_as_if_nothing_had_happened() -> None:
    def steps(noam: NoamScheduler, weight: nn.Parameter, count: int) -> list[float]:
        rates = []
        for _ in range(count):
            (weight**2).sum().backward()
            noam.step()
            noam.zero_grad()
            rates.append(noam.get_lr())
        return rates

    straight = nn.Parameter(torch.ones(3))
    first = NoamScheduler(torch.optim.Adam([straight], lr=0), 16, 5)
    steps(first, straight, 4)
    resumed = nn.Parameter(straight.detach().clone())
    second = NoamScheduler(torch.optim.Adam([resumed], lr=0), 16, 5)
    second.load_state_dict(copy.deepcopy(first.state_dict()))  # torch shares the state it loads
    assert steps(second, resumed, 4) == steps(first, straight, 4)
    assert torch.equal(straight, resumed)


def test_a_negative_warmup_is_refused() -> None:
    with pytest.raises(ValueError, match="warmup_steps=-1"):
        scheduler(warmup_steps=-1)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "inverse_sqrt", "noam", "constant"])
def test_every_schedule_starts_above_zero_and_never_passes_the_learning_rate(schedule: str) -> None:
    config = TrainingConfig(schedule=schedule, learning_rate=0.01, warmup_steps=10, max_steps=100)
    rates = [rate_at(step, (step - 1) / 100, config) for step in range(1, 101)]
    assert all(0 < rate <= 0.01 for rate in rates)
    assert rates.index(max(rates)) <= 10


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_falling_schedules_end_at_zero_however_progress_is_counted(schedule: str) -> None:
    config = TrainingConfig(schedule=schedule, warmup_steps=0)
    assert rate_at(1, 1.0, config) == rate_at(10**6, 1.0, config) == pytest.approx(0.0)
    assert rate_at(5, 0.5, config) == pytest.approx(config.learning_rate / 2)


def test_without_warmup_the_first_rate_is_the_highest() -> None:
    for schedule in ("linear", "cosine", "inverse_sqrt", "noam", "constant"):
        assert rate_at(1, 0.0, TrainingConfig(schedule=schedule, warmup_steps=0)) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [  # at updates 1, 2, 4 (the end of the warm-up), 8 and 16 of 16
        ("constant", [0.25, 0.5, 1.0, 1.0, 1.0]),
        ("inverse_sqrt", [0.25, 0.5, 1.0, math.sqrt(0.5), 0.5]),
        ("noam", [0.25, 0.5, 1.0, math.sqrt(0.5), 0.5]),
        ("linear", [0.25, 0.5 * 15 / 16, 13 / 16, 9 / 16, 1 / 16]),
        (
            "cosine",
            [0.25, 0.5 * 0.990393, 0.915735, 0.597545, 0.009607],
        ),
    ],
)
def test_the_rates_of_every_schedule_by_hand(schedule: str, rates: list[float]) -> None:  # T29
    config = TrainingConfig(schedule=schedule, learning_rate=0.01, warmup_steps=4, max_steps=16)
    computed = [rate_at(step, (step - 1) / 16, config) / 0.01 for step in (1, 2, 4, 8, 16)]
    assert computed == pytest.approx(rates, rel=1e-4)


@pytest.mark.parametrize("schedule", ["inverse_sqrt", "noam"])
def test_inverse_sqrt_is_equation_3_with_its_peak_at_the_learning_rate(schedule: str) -> None:  # T29
    config = TrainingConfig(schedule=schedule, learning_rate=0.01, warmup_steps=7)
    rates = [rate_at(step, 0.0, config) for step in range(1, 50)]
    assert rates.index(max(rates)) + 1 == 7
    assert rates == pytest.approx([0.01 * noam_rate(step, 64, 7) / noam_rate(7, 64, 7) for step in range(1, 50)])
