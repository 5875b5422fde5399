"""From the speeds of rounds to the lines of the result."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from henkan.bench.floor import (
    ADAM_BYTES,
    Floor,
    flops_per_token,
    num_parameters,
    step_flops,
    weight_bytes_per_token,
)
from henkan.bench.lane import Measured
from henkan.bench.phases import PHASES
from henkan.bench.shapes import Shape

Row = dict[str, Any]


def summarise(shape: Shape, measured: Sequence[Measured], floor: Floor) -> list[Row]:
    """A row for each entrant in one case; ratios are to the speed of the first one in the same round."""
    reference = measured[0].speeds
    return [{**_setting(shape, own), **_figures(shape, own, reference, floor), **own.about} for own in measured]


def _setting(shape: Shape, own: Measured) -> Row:
    row: Row = {"work": own.case.work, "shape": shape.name}
    if own.case.work == "decode":
        row |= {"batch": own.case.rows, "beam": own.case.beam}
    return row | {"entrant": own.entrant.name, **asdict(own.entrant.way)}


def _figures(shape: Shape, own: Measured, reference: Sequence[float], floor: Floor) -> Row:
    if own.reason is not None:
        return {"left_out": own.reason}
    row: Row = {"rounds": len(own.speeds), **_spread("tokens_per_second", own.speeds, 0)}
    if reference:
        ratios = [speed / base for speed, base in zip(own.speeds, reference, strict=True)]
        row |= _spread("ratio", ratios, 3)
    bound = speed_bound(shape, own, floor)
    if bound is not None:
        row |= {"bound": round(bound), "share_of_bound": round(statistics.median(own.speeds) / bound, 3)}
    return row


def _spread(name: str, values: Sequence[float], digits: int) -> Row:
    low, middle, high = (round(value, digits) for value in (min(values), statistics.median(values), max(values)))
    return {name: middle, f"{name}_range": [low, high]}


def speed_bound(shape: Shape, own: Measured, floor: Floor) -> float | None:
    """Tokens per second that the machine allows at best: by its matrix products in training, by reading the weights
    in decoding one sentence greedily; nothing for other cases."""
    way, case = own.entrant.way, own.case
    if case.work == "train":
        return floor.best(way.precision) * 1e9 / flops_per_token(shape)
    if (case.rows, case.beam) == (1, 1):
        return floor.memory_gb_per_second * 1e9 / weight_bytes_per_token(shape, way.precision)
    return None


def floor_row(floor: Floor) -> Row:
    """The row about the machine."""
    products = {name: {size: round(speed, 1) for size, speed in of.items()} for name, of in floor.products.items()}
    return {
        "work": "floor",
        "matrix_product_gflops": products,
        "memory_read_gb_per_second": round(floor.memory_gb_per_second, 1),
        "threads": floor.threads,
    }


def phase_row(shape: Shape, entrant: str, rounds: Sequence[Mapping[str, float]]) -> Row:
    """Milliseconds of each phase of a step, medians over the rounds, and of the whole."""
    row: Row = {"work": "phases", "shape": shape.name, "entrant": entrant, "rounds": len(rounds)}
    for phase in PHASES:
        row[phase] = round(1000 * statistics.median(of[phase] for of in rounds), 2)
    return row | {"step": round(1000 * statistics.median(sum(of.values()) for of in rounds), 2)}


def phase_floor_row(shape: Shape, floor: Floor) -> Row:
    """The same step at the speed of the machine: products in float32, and Adam's reading and writing of memory."""
    works = shape.training_batches()
    flops, speed = step_flops(shape, works[len(works) // 2]), floor.best("float32") * 1e9
    seconds = {
        "data": 0.0,
        "forward": flops.layers / speed,
        "loss": flops.projection / speed,
        "backward": 2 * (flops.layers + flops.projection) / speed,
        "optimizer": ADAM_BYTES * num_parameters(shape) / (floor.memory_gb_per_second * 1e9),
    }
    return {**phase_row(shape, "floor", [seconds]), "rounds": 0}
