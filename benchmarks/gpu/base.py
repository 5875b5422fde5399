"""What a GPU makes of BASE: training as a share of its matrix products' speed, and decoding beside Hugging Face.

    python benchmarks/gpu/base.py                  (a GPU with CUDA; about five minutes)
    python benchmarks/gpu/base.py --device cpu --shape tiny --precision float32 --seconds 2 --eager

Training is whole updates of henkan's, and of Hugging Face's Marian if transformers is installed, eager and with
torch.compile, on batches of --target-tokens. A step's operations are counted from the matrix products that it makes,
those of padding included. Decoding is greedy, to exactly 32 tokens. Every way takes its turn in each of five rounds.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parents[1]))
from record import save

from henkan import LabelSmoothingCrossEntropy, Transformer, generate
from henkan.bench.peers import Way
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, SHAPES, Shape, Work
from henkan.data import Batch
from henkan.training import train_step

ROUNDS = 5
Job = Callable[[], object]


@dataclass(frozen=True)
class Setting:
    """What is measured, and how long each way runs in all its rounds together."""

    device: str
    shape: Shape
    way: Way
    seconds: float
    eager: bool

    @property
    def dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.way.precision == "bfloat16" else torch.float32

    def works(self) -> list[Work]:
        """The batches to train on, where the model is."""
        found = self.shape.training_batches()
        return [Work(*(part.to(self.device) for part in (work.src, work.tgt_in, work.tgt_out))) for work in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--shape", choices=tuple(SHAPES), default="base")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--target-tokens", type=int, default=12_000, help="of a batch, padding included; not of tiny's")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each way of each measurement")
    parser.add_argument("--eager", action="store_true", help="leave torch.compile out")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print("PyTorch finds no GPU with CUDA here: add --device cpu --shape tiny --precision float32", file=sys.stderr)
        raise SystemExit(2)
    shape = SHAPES[options.shape]
    if shape.target_tokens:
        shape = replace(shape, target_tokens=options.target_tokens)
    torch.manual_seed(0)
    setting = Setting(options.device, shape, Way(options.precision), options.seconds, options.eager)
    save("gpu-base", measure(setting), program="benchmarks/gpu/base.py")


def measure(setting: Setting) -> list[dict[str, Any]]:
    """The rows of the result, which are printed, too."""
    peak = matmul_peak(setting)
    name = torch.cuda.get_device_name() if setting.device == "cuda" else "the processor"
    rows = [{"work": "matmul", "device": name, "precision": setting.way.precision, "tflops": round(peak / 1e12, 3)}]
    print(rows[0], flush=True)
    with torch.device(setting.device):  # where the peer makes its model
        rows += measure_training(setting, peak)
        rows += [row for count in (1, 32, 256) for row in measure_decoding(setting, count)]
    return rows


def matmul_peak(setting: Setting) -> float:
    """Operations a second of the fastest of some square matrix products."""
    sizes = (2048, 4096, 8192) if setting.device == "cuda" else (256, 512)
    best = 0.0
    for size in sizes:
        left, right = (torch.randn(size, size, device=setting.device, dtype=setting.dtype) for _ in range(2))
        times = in_turn({"": lambda left=left, right=right: left @ right}, setting, setting.seconds / len(sizes))[""]
        best = max(best, 2 * size**3 / min(times))
    return best


def measure_training(setting: Setting, peak: float) -> list[dict[str, Any]]:
    """Tokens a second of each way, and its share of ``peak``."""
    works = setting.works()
    tokens = sum(work.num_target_tokens for work in works)
    jobs = training_jobs(setting, works)
    with FlopCounterMode(display=False) as counter:
        jobs["henkan eager"]()
    rows: list[dict[str, Any]] = []
    for name, times in in_turn(jobs, setting, setting.seconds).items():
        row = row_of("training", name, tokens, times)
        if name.startswith("henkan"):
            row["share_of_matmul"] = round(counter.get_total_flops() / statistics.median(times) / peak, 3)
        rows.append(row)
        print(row, flush=True)
    return rows


def training_jobs(setting: Setting, works: list[Work]) -> dict[str, Job]:
    """One pass over ``works`` in each way."""
    jobs: dict[str, Job] = {}
    batches = [Batch(work.src, torch.cat([work.tgt_in[:, :1], work.tgt_out], dim=1), PAD) for work in works]
    peer = load_marian()
    for compiled in (False,) if setting.eager else (False, True):
        suffix = "compiled" if compiled else "eager"
        jobs[f"henkan {suffix}"] = henkan_job(setting, batches, compiled)
        if peer is not None:
            update = peer.training(setting.shape, replace(setting.way, compiled=compiled, fused_optimizer=True))
            jobs[f"transformers {suffix}"] = lambda update=update: [update(work) for work in works]
    return jobs


def henkan_job(setting: Setting, batches: list[Batch], compiled: bool) -> Job:
    model = henkan_model(setting)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused=True)
    criterion = LabelSmoothingCrossEntropy(0.1)
    run = torch.compile(model, dynamic=True) if compiled else model
    autocast = None if setting.dtype == torch.float32 else setting.dtype

    def job() -> None:
        for batch in batches:
            loss, _ = train_step(run, [batch], optimizer, criterion, autocast=autocast)
        assert math.isfinite(loss), "the loss is no number"

    return job


def measure_decoding(setting: Setting, count: int) -> list[dict[str, Any]]:
    """Tokens a second of each engine for ``count`` rows."""
    src = setting.shape.sources(count).to(setting.device)
    model = henkan_model(setting).eval()

    def ours() -> None:
        with torch.no_grad(), torch.autocast(setting.device, torch.bfloat16, enabled=setting.dtype == torch.bfloat16):
            found = generate(model, src, bos_idx=BOS, eos_idx=EOS, max_len=OUTPUT_LENGTH, min_len=OUTPUT_LENGTH)
        assert all(len(best.tokens) == OUTPUT_LENGTH for best, *_ in found)

    jobs: dict[str, Job] = {"henkan": ours}
    if (peer := load_marian()) is not None:
        decode = peer.decoding(setting.shape, setting.way, 1)
        jobs["transformers"] = lambda: decode(src)
    times = in_turn(jobs, setting, setting.seconds)
    rows = [row_of(f"decoding {count}", name, count * OUTPUT_LENGTH, found) for name, found in times.items()]
    print(*rows, sep="\n", flush=True)
    return rows


def in_turn(jobs: dict[str, Job], setting: Setting, seconds: float) -> dict[str, list[float]]:
    """Seconds that one call of each job took in each round: the mean of those that its share of ``seconds`` holds."""
    for job in jobs.values():
        job()  # compiles, chooses kernels, and takes its memory
        synchronize(setting.device)
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            calls, start = 0, time.perf_counter()
            while not calls or time.perf_counter() - start < seconds / ROUNDS:
                job()
                synchronize(setting.device)
                calls += 1
            times[name].append((time.perf_counter() - start) / calls)
    return times


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def row_of(work: str, name: str, tokens: int, times: list[float]) -> dict[str, Any]:
    speeds = sorted(tokens / seconds for seconds in times)
    middle = round(statistics.median(speeds))
    return {"work": work, "engine": name, "tokens_per_second": middle, "range": [round(speeds[0]), round(speeds[-1])]}


def henkan_model(setting: Setting) -> Transformer:
    shape = setting.shape
    sizes = (shape.vocab_size, shape.vocab_size, shape.d_model, shape.num_layers, shape.num_heads, shape.d_ff)
    model = Transformer(*sizes, shape.max_len, shape.dropout, tie_embeddings="all" if shape.tied else "none")
    return model.to(setting.device)


def load_marian() -> Any:
    """The peer's module, or nothing where its package is not installed."""
    try:
        from henkan.bench.peers import marian
    except ModuleNotFoundError:
        return None
    return marian


if __name__ == "__main__":
    main()
