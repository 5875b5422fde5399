"""What several processes bring to training: target tokens per second, by the plain loop and by Lightning.

    python benchmarks/processes.py [ROUNDS]

Whole commands, ``henkan train`` on 20,000 words of the pronunciation task, run in turn, each in processes of its own.
The speed is that of the updates between the first tenth of the run and its end, start and evaluation left out; figures
are medians. Processes share the cores: of two, each has half.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from record import save

from henkan.tasks import TASKS

UPDATES = 40
SHAPES: dict[str, tuple[str, ...]] = {
    "d_model 128, 3 + 3 layers, 2,048 tokens": (
        "--model.d_model=128", "--model.d_ff=512", "--model.num_heads=4",
        "--model.num_encoder_layers=3", "--model.num_decoder_layers=3", "--training.batch_tokens=2048",
    ),
    "d_model 256, 3 + 2 layers, 6,144 tokens": (
        "--model.d_model=256", "--model.d_ff=1024", "--model.num_heads=4",
        "--model.num_encoder_layers=3", "--model.num_decoder_layers=2", "--training.batch_tokens=6144",
    ),
}  # fmt: skip
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WAYS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "plain, one thread": ((), ONE_THREAD),
    "plain, all cores": ((), {}),
    "lightning, one process, all cores": (("--engine=lightning",), {}),
    "lightning, two processes, ddp": (("--engine=lightning", "--devices=2"), {}),
    "lightning, two processes, fsdp": (("--engine=lightning", "--devices=2", "--strategy=fsdp"), {}),
}
PRECISION = "bfloat16"


def speed_of(pairs: Path, options: tuple[str, ...], environment: dict[str, str]) -> float:
    """Target tokens per second of one command."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        common = (
            f"--training.max_steps={UPDATES}", "--training.evaluations=1", "--training.dev_size=8",
            "--training.checkpoint_seconds=0", f"--training.precision={PRECISION}", "--data.test_share=0",
        )  # fmt: skip
        command = [sys.executable, "-m", "henkan", "train", str(pairs), f"--out={out}", *common, *options]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
        with (out / "metrics.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["loss"]]
    first = next(row for row in rows if int(row["step"]) >= UPDATES // 10)
    tokens, seconds = zip(
        *(
            (float(row["tokens_per_second"]) * float(row["seconds"]), float(row["seconds"]))
            for row in (first, rows[-1])
        ),
        strict=True,
    )
    return (tokens[1] - tokens[0]) / (seconds[1] - seconds[0])


def main(rounds: int) -> list[dict[str, Any]]:
    """All shapes and ways, round by round."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.tsv"
        examples = list(TASKS["pronunciation"]().load().train)[:20_000]
        pairs.write_text("".join(f"{one.source}\t{one.references[0]}\n" for one in examples), encoding="utf-8")
        for shape, sizes in SHAPES.items():
            speeds: dict[str, list[float]] = {way: [] for way in WAYS}
            for number in range(rounds):
                for way, (options, environment) in WAYS.items():
                    speeds[way].append(speed_of(pairs, (*sizes, *options), environment))
                print(
                    shape,
                    f"round {number + 1} of {rounds}",
                    {way: round(found[-1]) for way, found in speeds.items()},
                    flush=True,
                )
            alone = speeds["plain, one thread"]
            for way, found in speeds.items():
                ratio = statistics.median(a / b for a, b in zip(found, alone, strict=True))
                results.append(
                    {
                        "shape": shape,
                        "precision": PRECISION,
                        "way": way,
                        "target_tokens_per_second": round(statistics.median(found)),
                        "lowest_and_highest": [round(min(found)), round(max(found))],
                        "times_as_fast_as_one_thread": round(ratio, 2),
                    }
                )
                print(results[-1], flush=True)
    return results


if __name__ == "__main__":
    save("processes", main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
