"""How cost grows: operations and memory are counted right, and the fitted law is the one behind the numbers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

FOLDER = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))  # its programs import each other so
from growth_axes import TOY, axes, make_model, random_ids  # noqa: E402
from growth_law import (  # noqa: E402
    Sizes,
    decoding_bytes,
    decoding_flops,
    fit,
    forward_flops,
    training_bytes,
    training_flops,
)

from henkan.nn import MultiHeadAttention, Transformer, count_parameters  # noqa: E402

SMALLEST = Sizes(d_model=2, num_heads=1, d_ff=3, num_layers=1, vocab_size=5, rows=1, src_length=2, tgt_length=1)
UNEVEN = replace(TOY, num_layers=2, src_length=7, tgt_length=5)


def counted(model: Transformer, *, backward: bool = False) -> int:
    """The operations that torch counts in a pass over the batch of ``UNEVEN``.

    It does not know the fused attention of a CPU, so a hook makes the model take the plain products.
    """
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            module.register_forward_hook(lambda *_: None)
    with FlopCounterMode(display=False) as counter:
        logits = model(random_ids(UNEVEN, UNEVEN.src_length), random_ids(UNEVEN, UNEVEN.tgt_length))
        if backward:
            logits.sum().backward()
    return counter.get_total_flops()


def test_operations_of_the_smallest_model_by_hand() -> None:
    encoder = 2 * (4 * 2 * 2 * 2 + 2 * 2 * 2 * 3 + 2 * 2 * 2 * 2)  # two tokens: projections, feed-forward, attention
    memory = 2 * (2 * 2 * 2 * 2)  # two tokens: a key and a value
    decoder = 6 * 2 * 2 * 2 + 2 * 2 * 2 * 3 + 2 * 2 * 2 * 1 + 2 * 2 * 2 * 2  # one token, which sees itself and the two
    assert forward_flops(SMALLEST) == encoder + memory + decoder + 2 * 2 * 5
    assert training_flops(SMALLEST) == 3 * forward_flops(SMALLEST)


@pytest.mark.slow  # torch's counter takes seconds to load
def test_operations_are_those_that_torch_counts() -> None:
    assert forward_flops(UNEVEN) == counted(make_model(UNEVEN).eval())
    assert training_flops(UNEVEN) == counted(make_model(UNEVEN), backward=True)


def test_without_a_cache_every_prefix_is_counted_again() -> None:
    first = replace(UNEVEN, tgt_length=1)
    assert decoding_flops(first, cached=True) == decoding_flops(first, cached=False) == forward_flops(first)
    lengths = [replace(UNEVEN, tgt_length=length) for length in (1000, 2000)]
    for cached, low, high in ((True, 2.0, 4.0), (False, 4.0, 8.0)):  # attention adds a power of its own
        short, long = (decoding_flops(sizes, cached=cached) for sizes in lengths)
        assert low < long / short < high


@pytest.mark.slow  # torch's counter takes seconds to load
def test_operations_of_cached_decoding_are_those_that_torch_counts() -> None:
    model, tokens = make_model(UNEVEN).eval(), random_ids(UNEVEN, UNEVEN.tgt_length)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        cache = model.start_cache(random_ids(UNEVEN, UNEVEN.src_length))
        for step in range(UNEVEN.tgt_length):
            _, cache = model.decode_step(tokens[:, step : step + 1], cache)
    source, past = UNEVEN.src_length, sum(range(1, UNEVEN.tgt_length + 1))
    seen = source * source + past + UNEVEN.tgt_length * source  # by the encoder, self- and cross-attention
    fused = 4 * UNEVEN.d_model * UNEVEN.rows * UNEVEN.num_layers * seen  # which torch does not count on a CPU
    assert decoding_flops(UNEVEN, cached=True) == counter.get_total_flops() + fused


def test_a_law_is_found_again_in_its_own_numbers() -> None:
    calls, work = [1, 1, 1, 1], [1e9, 4e9, 16e9, 64e9]
    law = fit(calls, work, [0.02 + flops / 80e9 for flops in work])
    assert law.overhead == pytest.approx(0.02)
    assert law.cost == pytest.approx(1 / 80e9)
    assert law.seconds(3, 8e9) == pytest.approx(0.16)


def test_small_times_count_as_much_as_large_ones() -> None:
    work = [1.0, 10.0, 100.0, 1000.0]
    law = fit([1] * 4, work, [1.1, 9.0, 110.0, 900.0])
    assert all(
        abs(law.seconds(1, each) / seconds - 1) < 0.2 for each, seconds in zip(work, [1.1, 9, 110, 900], strict=True)
    )


@pytest.mark.parametrize(("work", "overhead", "cost"), [([1.0, 2.0], 0.0, 1.2), ([2.0, 1.0], 20 / 17, 0.0)])
def test_no_constant_is_below_zero(work: list[float], overhead: float, cost: float) -> None:
    law = fit([1, 1], work, [1.0, 4.0])
    assert law.overhead == pytest.approx(overhead)  # of (o - 1)^2 + (o / 4 - 1)^2
    assert law.cost == pytest.approx(cost)  # of (c - 1)^2 + (2 c / 4 - 1)^2


@pytest.mark.parametrize("sizes", [TOY, UNEVEN, replace(UNEVEN, tied=False)])
def test_memory_counts_the_parameters_that_the_model_has(sizes: Sizes) -> None:
    assert sizes.parameters == count_parameters(make_model(sizes))


def test_memory_grows_with_the_parameters_by_what_adam_needs() -> None:
    nothing = replace(TOY, rows=0)
    assert training_bytes(nothing) == 16 * nothing.parameters
    assert decoding_bytes(nothing) == 4 * nothing.parameters
    assert training_bytes(replace(TOY, rows=8)) - training_bytes(nothing) == 2 * (
        training_bytes(TOY) - training_bytes(nothing)
    )


def test_every_axis_has_one_size_that_grows_and_work_that_grows_with_it(tmp_path: Path) -> None:
    for axis in axes(quick=True).values():
        points = axis.points(tmp_path)
        for curve in {point.curve for point in points}:
            chosen = [point for point in points if point.curve == curve]
            assert [point.x for point in chosen] == sorted({point.x for point in chosen})
            assert [point.work for point in chosen] == sorted({point.work for point in chosen})


@pytest.mark.slow
def test_the_program_measures_fits_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "growth.png"
    command = [sys.executable, str(FOLDER / "growth.py"), "--quick", "--rounds", "1", "--picture", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(f"\n{name}" in done.stdout for name in axes(quick=True))
    assert "memory above" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
