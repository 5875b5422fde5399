"""What each choice in a training step pays: a step as henkan makes it, and with one choice after the other undone.

Every variant runs in a process of its own, so that each can have its own allocator; they take turns, one round after
the other. The figure of a variant is its seconds divided by those of henkan's own step in the same round: above 1 where
henkan's choice is the faster. Page faults are per step, memory is the most that the process had.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from record import save
from train_variants import VARIANTS, formula_loss

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Setting:
    """What is the same for all variants: the shape, the most batches of a round, the clock, the precision."""

    shape: Any
    most_batches: int
    clock: str
    precision: str


def work(variant_name: str, setting: Setting, pipe: Connection) -> None:
    """Train one variant whenever the pipe asks; answer with seconds and page faults of a round, and peak memory."""
    variant, clock = VARIANTS[variant_name], CLOCKS[setting.clock]
    os.environ.update({"TORCHINDUCTOR_COMPILE_THREADS": "1", **variant.environment})  # a daemon has no children
    from henkan.workflow.allocator import keep_freed_memory

    keep_freed_memory()
    import torch

    from henkan.bench.shapes import SHAPES
    from henkan.bench.worker import peak_bytes
    from henkan.data import Batch
    from henkan.nn import Transformer
    from henkan.training import LabelSmoothingCrossEntropy, train_step

    variant.replace()
    shape = SHAPES[setting.shape]
    torch.manual_seed(0)
    sizes = (shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff, shape.max_len, shape.dropout)
    tying: Any = "all" if shape.tied else "none"
    model = Transformer(shape.vocab_size, shape.vocab_size, *sizes, tie_embeddings=tying).train()
    adam = variant.adam or {"fused": True}
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, **adam)
    criterion = formula_loss() if variant.smoothing_by_formula else LabelSmoothingCrossEntropy(0.1)
    drawn = shape.training_batches()
    step = max(1, len(drawn) // setting.most_batches) if shape.target_tokens else 1  # batches of equal rows are small
    batches = [Batch(each.src, torch.cat([each.tgt_in[:, :1], each.tgt_out], dim=1)) for each in drawn[::step]]
    autocast = torch.bfloat16 if setting.precision == "bfloat16" else None
    run = torch.compile(model, dynamic=True) if variant.compiled else model
    while pipe.recv():
        faults, start = _faults(), clock()
        for batch in batches:
            train_step(run, [batch], optimizer, criterion, max_norm=variant.max_norm, autocast=autocast)
        seconds = (clock() - start) / len(batches)
        peak = peak_bytes() // 2**20
        pipe.send((seconds, (_faults() - faults) / len(batches), peak, sum(b.num_target_tokens for b in batches)))


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def measure(setting: Setting, names: list[str], rounds: int) -> list[dict[str, Any]]:
    """One line per variant; the first two rounds warm up, and the compiled one is compiled in them."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for name in names:
        pipes[name], theirs = spawn.Pipe()
        processes.append(spawn.Process(target=work, args=(name, setting, theirs), daemon=True))
        processes[-1].start()
        theirs.close()  # so that a process that dies ends the run
    answers: dict[str, list[tuple[float, float, int, int]]] = {name: [] for name in names}
    for _ in range(rounds + 2):
        for name, pipe in pipes.items():
            pipe.send(True)
            answers[name].append(pipe.recv())
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send(False)
        process.join()
    own = [seconds for seconds, *_ in answers["henkan"][2:]]
    return [_line(setting, name, answers[name][2:], own) for name in names]


def _line(
    setting: Setting, name: str, answers: list[tuple[float, float, int, int]], own: list[float]
) -> dict[str, Any]:
    seconds = [answer[0] for answer in answers]
    ratios = [theirs / ours for theirs, ours in zip(seconds, own, strict=True)]
    faults, peak = statistics.median(answer[1] for answer in answers), answers[-1][2]
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"{setting.shape:6} {name:38} {1000 * statistics.median(seconds):8.1f} ms a step  {middle:.2f} x the time"
          f"  [{low:.2f} .. {high:.2f}]  {faults:8.0f} page faults  {peak:5} MiB", flush=True)  # fmt: skip
    return {
        "shape": setting.shape,
        "precision": setting.precision,
        "variant": name,
        "rounds": len(answers),
        "milliseconds": round(1000 * statistics.median(seconds), 1),
        "time_ratio": round(middle, 3),
        "time_ratio_range": [round(low, 3), round(high, 3)],
        "page_faults": round(faults),
        "peak_mib": peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--shapes", nargs="+", default=["tiny", "small"])
    parser.add_argument("--batches", type=int, default=2, help="batches of small and base in a round, at most [2]")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: for one thread on a busy machine [wall]")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="[float32]")
    options = parser.parse_args()
    names = ["henkan", *(name for name in options.variants if name != "henkan")]
    settings = [Setting(shape, options.batches, options.clock, options.precision) for shape in options.shapes]
    lines = [line for setting in settings for line in measure(setting, names, options.rounds)]
    save(f"train_options-{'-'.join(options.shapes)}-{options.precision}", lines)


if __name__ == "__main__":
    main()
