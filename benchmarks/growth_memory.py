"""The most memory that a process held while it trained or decoded, each shape in a process of its own.

    python benchmarks/growth_memory.py '{"work": "training", "sizes": {"d_model": 128}}'

prints the bytes above those of a process that has imported PyTorch and henkan and run a toy model once, so that the
code itself is not counted.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from growth_axes import BASE, TOY, make_greedy, make_step
from growth_law import Sizes, decoding_bytes, training_bytes

from henkan.bench.shapes import OUTPUT_LENGTH, SHAPES, SOURCE_LENGTH
from henkan.bench.worker import peak_bytes

ESTIMATES = {"training": training_bytes, "decoding": decoding_bytes}


def run(work: str, sizes: Sizes) -> None:
    """The most that such a batch takes: a second step finds the moments of Adam there."""
    if work == "decoding":
        make_greedy(sizes)()
        return
    step = make_step(sizes)
    step()
    step()


def child(work: str, sizes: Sizes) -> int:
    """The bytes that ``work`` takes in this process, which has done nothing yet."""
    run(work, TOY)
    before = peak_bytes()
    run(work, sizes)
    return peak_bytes() - before


def cases(quick: bool) -> Iterator[tuple[str, str, Sizes]]:
    """(work, name, sizes) of all that is measured."""
    if quick:
        yield "training", "toy", TOY
        yield "decoding", "toy", TOY
        return
    for name, shape in SHAPES.items():
        model = Sizes(shape.d_model, shape.num_heads, shape.d_ff, shape.num_layers, shape.vocab_size, tied=shape.tied)
        sizes = [
            replace(model, rows=batch.src.size(0), src_length=batch.src.size(1), tgt_length=batch.tgt_in.size(1))
            for batch in shape.training_batches()
        ]
        yield "training", name, max(sizes, key=training_bytes)
        yield "decoding", name, replace(model, rows=32, src_length=SOURCE_LENGTH, tgt_length=OUTPUT_LENGTH)
    for rows in (16, 64, 256):
        yield "training", f"{rows} rows", replace(BASE, rows=rows)
    for length in (256, 1024):
        yield "training", f"length {length}", replace(BASE, rows=4, src_length=length, tgt_length=length)
    yield "decoding", "256 rows", replace(BASE, rows=256, tgt_length=OUTPUT_LENGTH)


def measure_memory(quick: bool) -> list[dict[str, Any]]:
    """A result for each case: what was held, and what the formula says."""
    print("\nmemory above that of a process that has run a toy model")
    results: list[dict[str, Any]] = []
    for work, name, sizes in cases(quick):
        question = json.dumps({"work": work, "sizes": asdict(sizes)})
        command = [sys.executable, __file__, question]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        held, expected = int(done.stdout), ESTIMATES[work](sizes)
        print(f"{work} {name:12} {held / 2**20:>6,.0f} MiB  formula {expected / 2**20:>6,.0f} MiB  "
              f"{held / expected - 1:+.0%}", flush=True)  # fmt: skip
        results.append(
            {"axis": "memory", "work": work, "name": name, **asdict(sizes), "parameters": sizes.parameters,
             "peak_bytes": held, "formula_bytes": expected}
        )  # fmt: skip
    return results


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(child(asked["work"], Sizes(**asked["sizes"])))
