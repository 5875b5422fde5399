"""What a shape asks of the machine, by hand."""

import pytest
import torch

from henkan.bench.entrants import Entrant, why_left_out
from henkan.bench.floor import (
    Floor,
    flops_per_token,
    measure_products,
    num_parameters,
    step_flops,
    weight_bytes_per_token,
)
from henkan.bench.peers import Way
from henkan.bench.peers.own import make_model
from henkan.bench.shapes import SHAPES
from henkan.nn import count_parameters

TINY, SMALL, BASE = SHAPES["tiny"], SHAPES["small"], SHAPES["base"]
SLOW_HALF = Floor({"float32": {256: 80.0, 512: 90.0, 1024: 85.0}, "bfloat16": {256: 1.0, 512: 1.5}}, 10.0, 2)


def test_the_operations_of_a_step_of_tiny_by_hand() -> None:
    work = TINY.training_batches()[0]  # 64 rows, 5 source and 4 target tokens, d_model 128, d_ff 512, 3 + 3 layers
    encoder = 64 * 5 * 2 * (4 * 128 * 128 + 2 * 128 * 512) + 64 * 2 * 2 * 5 * 5 * 128
    products_of_targets = 64 * 4 * 2 * (4 * 128 * 128 + 2 * 128 * 128 + 2 * 128 * 512)
    memory = 64 * 5 * 2 * 2 * 128 * 128
    attention = 64 * 2 * 2 * 4 * (4 + 5) * 128
    flops = step_flops(TINY, work)
    assert flops.layers == 3 * (encoder + products_of_targets + memory + attention)
    assert flops.projection == 64 * 4 * 2 * 128 * 14
    assert flops.step == 3 * (flops.layers + flops.projection)
    assert flops_per_token(TINY) == flops.step / 256  # no padding


def test_small_asks_for_what_was_measured_elsewhere() -> None:
    assert flops_per_token(SMALL) == pytest.approx(62.8e6, rel=0.05)
    assert weight_bytes_per_token(SMALL, "float32") == pytest.approx(22.9e6, rel=0.005)
    assert weight_bytes_per_token(BASE, "float32") == pytest.approx(153.6e6, rel=0.005)
    assert weight_bytes_per_token(BASE, "int8") * 4 == weight_bytes_per_token(BASE, "float32")


@pytest.mark.parametrize("shape", [TINY, SMALL], ids=["tiny", "small"])
def test_the_parameters_are_those_of_the_model(shape: object) -> None:
    assert num_parameters(shape) == count_parameters(make_model(shape))  # type: ignore[arg-type]


def test_half_width_is_left_out_where_it_is_slower_and_with_the_factor() -> None:
    half = Entrant("henkan", "own", Way(precision="bfloat16"))
    reason = why_left_out(half, SLOW_HALF)
    assert reason is not None
    assert "60 times slower" in reason, "by the largest size that both were measured at: 90 / 1.5"
    assert why_left_out(Entrant("henkan", "own"), SLOW_HALF) is None
    fast = Floor({"float32": {512: 90.0}, "bfloat16": {512: 300.0}}, 10.0, 2)
    assert why_left_out(half, fast) is None


def test_slow_products_are_not_tried_at_large_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 0.3 GFLOP/s a product of size 512 takes 0.9 seconds, and one of size 1024 more than 7."""
    monkeypatch.setattr("henkan.bench.floor._best_seconds", lambda run, budget: 2 * run.args[0].size(0) ** 3 / 0.3e9)
    speeds = measure_products(torch.float32)
    assert list(speeds) == [256, 512]
    assert speeds[512] == pytest.approx(0.3)
