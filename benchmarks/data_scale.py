"""How long a training on many pairs takes to begin, and how much memory that needs: the first time and the second.

    python benchmarks/data_scale.py 1000000 10000000

Pairs are random words of 4 to 24 letters and themselves reversed. Each start is a process of its own, which stops when
the first update would begin; its memory is the most it ever had resident, mapped files included. ``data_seconds`` is
when the data was ready; what follows tries out how fast the machine trains. ``data_cpu_seconds`` is what of it the
processor worked, which says more if other programs were running.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import save

START = """
import json, resource, sys, time
from henkan.workflow import train as module
from henkan.workflow.train import train

begun, begun_cpu = time.perf_counter(), time.process_time()
seconds = {}

def say(line):
    if line == "Data":
        seconds["data_seconds"] = round(time.perf_counter() - begun, 1)
        seconds["data_cpu_seconds"] = round(time.process_time() - begun_cpu, 1)
    print(line, file=sys.stderr, flush=True)

class Ready(BaseException):
    pass

def stop(*_, **__):
    raise Ready

module.run = stop
try:
    train(sys.argv[1], out=sys.argv[2], say=say)
except Ready:
    pass
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({**seconds, "seconds": round(time.perf_counter() - begun, 1), "peak_gib": round(peak / 2**30, 2)}))
"""


def write_pairs(path: Path, count: int) -> None:
    """So many pairs, a few of them twice."""
    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(count):
            word = "".join(draw.choices(letters, k=draw.randint(4, 24)))
            file.write(f"{word}\t{word[::-1]}\n")


def start(pairs: Path, folder: Path) -> dict[str, Any]:
    """Seconds and memory of one start."""
    command = [sys.executable, "-c", START, str(pairs), str(folder / "out")]
    environment = {**os.environ, "HENKAN_CACHE": str(folder / "cache")}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(count: int) -> dict[str, Any]:
    """Two starts on a new file of so many pairs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = folder / "pairs.tsv"
        begun = time.perf_counter()
        write_pairs(pairs, count)
        print(f"{count:,} pairs written in {time.perf_counter() - begun:.0f} s", flush=True)
        first = start(pairs, folder)
        print("first start", first, flush=True)
        cache = sum(path.stat().st_size for path in (folder / "cache").rglob("*") if path.is_file())
        second = start(pairs, folder)
        print("second start", second, flush=True)
        return {
            "pairs": count,
            "file_mb": round(pairs.stat().st_size / 1e6),
            "cache_mb": round(cache / 1e6),
            "first_start": first,
            "second_start": second,
        }


if __name__ == "__main__":
    save("data_scale", [measure(int(count)) for count in sys.argv[1:] or ["1000000", "10000000"]])
