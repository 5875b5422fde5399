"""phase1/order_blind: an experiment that shows what an encoder knows of order."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from henkan.course.expect import expect, expect_untouched
from henkan.course.finding import Finding
from henkan.course.random_input import normal
from henkan.nn.encoder import Encoder
from henkan.nn.position_encoding import PositionalEncoding

Experiment = Callable[[nn.Module, nn.Module, Tensor, Tensor], tuple[float, float]]

TOLERANCE = 1e-5
ORDER = torch.tensor([2, 0, 4, 1, 3])
BACKWARDS = torch.tensor([4, 3, 2, 1, 0])


class RunningSum(nn.Module):
    """Stands in for an encoder, and knows the order of its input: each token becomes the sum of those up to it."""

    def forward(self, x: Tensor) -> Tensor:
        return x.cumsum(dim=1)


def two_numbers(experiment: Experiment) -> None:
    result = run(experiment)
    expect(isinstance(result, tuple) and len(result) == 2, "not_two_numbers")
    expect(all(isinstance(number, float) for number in result), "not_two_numbers")


def without_positions(experiment: Experiment) -> None:
    for order in (ORDER, BACKWARDS):
        without, _ = run(experiment, order=order)
        expect(without < TOLERANCE, "order_seen_without_positions", number=f"{without:.6f}")


def with_positions(experiment: Experiment) -> None:
    for order in (ORDER, BACKWARDS):
        _, with_positions = run(experiment, order=order)
        expect(with_positions > 0.01, "order_not_seen_with_positions", number=f"{with_positions:.6f}")


def same_order(experiment: Experiment) -> None:
    numbers = run(experiment, order=torch.arange(5))
    expect(max(numbers) < TOLERANCE, "nothing_moved", numbers=", ".join(f"{number:.6f}" for number in numbers))


def measures_the_encoder(experiment: Experiment) -> None:
    x, placed = normal(2, 5, 8), PositionalEncoding(8, max_len=20, dropout=0.0).double()
    for order in (BACKWARDS, ORDER):
        numbers = experiment(RunningSum(), placed, x.clone(), order.clone())
        moved = x[:, order]
        for yours, first, then in zip(numbers, (moved, placed(moved)), (x, placed(x)), strict=True):
            expected = float((first.cumsum(1) - then.cumsum(1)[:, order]).abs().max())
            if abs(yours - expected) > TOLERANCE:
                raise Finding("not_measured", yours=f"{yours:.6f}", expected=f"{expected:.6f}")


def untouched(experiment: Experiment) -> None:
    encoder, placed = RunningSum(), PositionalEncoding(8, max_len=20, dropout=0.0).double()
    expect_untouched(lambda x, order: experiment(encoder, placed, x, order), x=normal(2, 5, 8), order=ORDER.clone())
    expect(not encoder.training and not placed.training, "not_left_in_eval")


def without_dropout(experiment: Experiment) -> None:
    without, _ = run(experiment, dropout=0.5)
    expect(without < TOLERANCE, "dropout_is_on", number=f"{without:.6f}")
    number = max(run(experiment, order=torch.arange(5), dropout=0.5))
    expect(number < TOLERANCE, "positions_are_dropped", number=f"{number:.6f}")


def run(experiment: Experiment, order: Tensor = ORDER, dropout: float = 0.0) -> Any:
    """The experiment with a small encoder in training mode, the same one in every run."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Encoder(2, d_model=8, num_heads=2, d_ff=16, dropout=dropout).double().train()
        return experiment(
            encoder, PositionalEncoding(8, max_len=20, dropout=dropout).double(), normal(2, 5, 8), order.clone()
        )


def probe(experiment: Experiment) -> list[Any]:
    summed = experiment(RunningSum(), nn.Identity(), normal(2, 5, 8), BACKWARDS.clone())
    return [run(experiment), summed, run(experiment, dropout=0.5)[0] < TOLERANCE]


def _compare(encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor) -> tuple[float, float]:
    """The right comparison; whoever calls it says in which mode."""
    placed = positional_encoding
    without = encoder(x[:, order]) - encoder(x)[:, order]
    with_positions = encoder(placed(x[:, order])) - encoder(placed(x))[:, order]
    return float(without.detach().abs().max()), float(with_positions.detach().abs().max())


def dropout_left_on(
    encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor
) -> tuple[float, float]:
    return _compare(encoder, positional_encoding, x, order)


def output_not_reordered(
    encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor
) -> tuple[float, float]:
    encoder.eval()
    placed = positional_encoding.eval()
    without = encoder(x[:, order]) - encoder(x)
    with_positions = encoder(placed(x[:, order])) - encoder(placed(x))
    return float(without.detach().abs().max()), float(with_positions.detach().abs().max())


def positions_move_along(
    encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor
) -> tuple[float, float]:
    encoder.eval()
    placed = positional_encoding.eval()(x)
    without = encoder(x[:, order]) - encoder(x)[:, order]
    with_positions = encoder(placed[:, order]) - encoder(placed)[:, order]
    return float(without.detach().abs().max()), float(with_positions.detach().abs().max())


def numbers_swapped(
    encoder: nn.Module, positional_encoding: nn.Module, x: Tensor, order: Tensor
) -> tuple[float, float]:
    without, with_positions = _compare(encoder.eval(), positional_encoding.eval(), x, order)
    return with_positions, without
