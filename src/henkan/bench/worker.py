"""The process in which one implementation is measured, and sleeps while others are: JSON in, JSON out, line by line.

    python -m henkan.bench.worker henkan.bench.peers.own

Two libraries with threads of their own in one process fight for the cores, so each has a process. A request that fails
is answered with {"error": REASON}; the end of the input ends the process.
"""

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TextIO

Answer = dict[str, Any]


class Worker:
    """Answers requests about the peer in ``module``; heavy imports wait for the first, so that they can be answered."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.run: Callable[..., object] | None = None
        self.prepared: tuple[Any, ...] = ()
        self.threads = 0
        self.parts: Any = None

    def answer(self, request: dict[str, Any]) -> Answer:
        """What the request's "do" asks for; the other keys are its arguments."""
        return getattr(self, "do_" + request.pop("do"))(**request)

    def do_prepare(self, work: str, shape: str, way: dict[str, Any], beam: int = 1) -> Answer:
        """Make the model and what trains it or decodes with it."""
        peer = import_module(self.module)
        import torch

        from henkan.bench.peers import Way
        from henkan.bench.shapes import SHAPES

        self.threads = self.threads or torch.get_num_threads()
        if self.prepared != (work, shape, way, beam):
            self.run, self.prepared = None, ()
            gc.collect()
            torch.manual_seed(0)
            torch.set_num_threads(self.threads)  # a peer with threads of its own may have taken them from PyTorch
            self.shape = SHAPES[shape]  # type: ignore[index]
            made = Way(**way)
            self.run = peer.training(self.shape, made) if work == "train" else peer.decoding(self.shape, made, beam)
            self.batches = self.shape.training_batches() if work == "train" else []
            self.prepared = (work, shape, way, beam)
        return {"version": _version(peer.PACKAGE), "torch": torch.__version__, "threads": self.threads}

    def do_train(self, batches: list[int]) -> Answer:
        """One update from each of these batches."""
        assert self.run is not None
        works = [self.batches[number] for number in batches]
        gc.collect()
        begun = time.perf_counter()
        for work in works:
            self.run(work)
        return {"seconds": time.perf_counter() - begun, "tokens": sum(work.num_target_tokens for work in works)}

    def do_decode(self, rows: int, repeat: int) -> Answer:
        """The same ``rows`` sources, so many times."""
        assert self.run is not None
        from henkan.bench.shapes import OUTPUT_LENGTH

        src = self.shape.sources(rows)
        gc.collect()
        begun = time.perf_counter()
        for _ in range(repeat):
            self.run(src)
        return {"seconds": time.perf_counter() - begun, "tokens": rows * OUTPUT_LENGTH * repeat}

    def do_phases(self, shape: str) -> Answer:
        """Seconds of each phase of a step in float32 on the middle batch."""
        from henkan.bench.peers import Way
        from henkan.bench.phases import time_phases
        from henkan.bench.shapes import SHAPES

        if self.parts is None:
            self.parts = import_module(self.module).parts(SHAPES[shape], Way())  # type: ignore[index]
            self.batches = SHAPES[shape].training_batches()  # type: ignore[index]
        return {**time_phases(self.parts, self.batches[len(self.batches) // 2])}

    def do_floor(self) -> Answer:
        """What the machine can do: see ``henkan.bench.floor``."""
        from henkan.bench.floor import measure_floor

        return measure_floor()

    def do_export(self, shape: str, folder: str) -> Answer:
        """Write a random model of henkan's for CTranslate2."""
        from pathlib import Path

        from henkan.bench.peers.own import make_model
        from henkan.bench.shapes import SHAPES
        from henkan.export.specification import write_model

        write_model(make_model(SHAPES[shape]), Path(folder), "float32")  # type: ignore[index]
        return {}

    def do_memory(self) -> Answer:
        """The most memory that this process has held, in MiB."""
        return {"peak_mib": round(peak_bytes() / 2**20)}


def peak_bytes() -> int:
    """The most memory that this process has held.

    Linux counts what the process held that started this one into ``ru_maxrss``, so there the kernel's own mark is read.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Answer until the input ends."""
    answers = _take_output()
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:
            traceback.print_exc()
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _take_output() -> TextIO:
    """The standard output for answers alone: what a library prints goes to the error output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    main()
