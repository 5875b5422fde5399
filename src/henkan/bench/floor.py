"""What the machine can do at best, and what the work asks for: matrix products and memory read, no overhead."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from henkan.bench.peers import Precision
from henkan.bench.shapes import Shape, Work

SIZES = (256, 512, 1024, 2048)  # of the square matrices
SECONDS = 4.0  # for each precision: where half width is emulated, a product takes a hundred times as long
MEMORY_BYTES = 512 * 2**20  # more than caches hold
ADAM_BYTES = 28  # a parameter: weight, gradient and two means are read, all but the gradient are written
BYTES: dict[Precision, int] = {"float32": 4, "bfloat16": 2, "int8": 1}


@dataclass(frozen=True)
class Floor:
    """``products`` are GFLOP/s by precision and by the size of the matrices."""

    products: dict[str, dict[int, float]]
    memory_gb_per_second: float
    threads: int

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> "Floor":
        """That of a worker, whose JSON has no numbers as keys."""
        products = {
            name: {int(size): speed for size, speed in sizes.items()} for name, sizes in answer["products"].items()
        }
        return cls(products, answer["memory_gb_per_second"], answer["threads"])

    def best(self, precision: str) -> float:
        """The fastest product of this precision, in GFLOP/s."""
        return max(self.products[precision].values())

    @property
    def bfloat16_speedup(self) -> float:
        """How many times as fast as in float32 the largest product is that was measured in both."""
        half, full = self.products["bfloat16"], self.products["float32"]
        size = max(half.keys() & full.keys())
        return half[size] / full[size]


def measure_floor() -> dict[str, Any]:
    """The fields of ``Floor``, measured in this process."""
    products = {
        name: measure_products(dtype) for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16))
    }
    memory = torch.ones(MEMORY_BYTES // 4)
    seconds = _best_seconds(memory.sum, 1.0)
    return {
        "products": products,
        "memory_gb_per_second": MEMORY_BYTES / seconds / 1e9,
        "threads": torch.get_num_threads(),
    }


def measure_products(dtype: torch.dtype, budget: float = SECONDS) -> dict[int, float]:
    """GFLOP/s by size. The next size is left out if one product of it would take a quarter of ``budget`` seconds."""
    speeds: dict[int, float] = {}
    for size in SIZES:
        if speeds and 2 * size**3 / (max(speeds.values()) * 1e9) > budget / 4:
            break
        matrix = torch.ones(size, size, dtype=dtype)
        speeds[size] = 2 * size**3 / _best_seconds(partial(torch.mm, matrix, matrix), budget / len(SIZES)) / 1e9
    return speeds


def _best_seconds(run: Callable[[], object], budget: float) -> float:
    """The shortest of several calls, at least two: other work on the machine can only make one slower."""
    seconds: list[float] = []
    end = time.perf_counter() + budget
    while len(seconds) < 2 or (time.perf_counter() < end and len(seconds) < 50):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


@dataclass(frozen=True)
class StepFlops:
    """The floating-point operations of one forward pass: a multiplication and an addition are two."""

    layers: int
    projection: int

    @property
    def step(self) -> int:
        """Those of forward and backward, which computes two products for each of forward's."""
        return 3 * (self.layers + self.projection)


def step_flops(shape: Shape, work: Work) -> StepFlops:
    """Those of the matrix products on ``work``: padding is computed, and attention over the whole square, the hidden
    half included. Embeddings, norms, softmax and the loss are left out."""
    (rows, source), target, d, d_ff = work.src.shape, work.tgt_in.size(1), shape.d_model, shape.d_ff
    encoder = 2 * rows * source * (4 * d * d + 2 * d * d_ff) + 4 * rows * source * source * d
    decoder = (
        2 * rows * target * (6 * d * d + 2 * d * d_ff)  # four products of self-attention, two of cross-attention
        + 2 * rows * source * 2 * d * d  # keys and values of the memory
        + 4 * rows * target * (target + source) * d
    )
    return StepFlops(shape.num_layers * (encoder + decoder), 2 * rows * target * d * shape.vocab_size)


def flops_per_token(shape: Shape) -> float:
    """The operations of training for one target token that is not padding, over the batches of ``shape``."""
    works = shape.training_batches()
    return sum(step_flops(shape, work).step for work in works) / sum(work.num_target_tokens for work in works)


def num_parameters(shape: Shape) -> int:
    """The weights of henkan's model of this shape; embeddings and the output that are tied count once."""
    d, d_ff = shape.d_model, shape.d_ff
    attention, feed_forward, norm = 4 * (d * d + d), 2 * d * d_ff + d_ff + d, 2 * d
    layers = shape.num_layers * (3 * attention + 2 * feed_forward + 5 * norm)
    tables = shape.vocab_size * d * (1 if shape.tied else 3) + (0 if shape.tied else shape.vocab_size)
    return layers + tables


def weight_bytes_per_token(shape: Shape, precision: Precision) -> int:
    """What a decoder must read for each token: its matrices, without the keys and values of the memory, and the
    output's. Whoever decodes one sentence cannot be faster than the memory."""
    d, d_ff = shape.d_model, shape.d_ff
    return BYTES[precision] * (shape.num_layers * (6 * d * d + 2 * d * d_ff) + d * shape.vocab_size)
