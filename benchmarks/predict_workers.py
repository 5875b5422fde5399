"""What several processes bring to ``henkan predict``: lines per second, start included, one process against two.

    python benchmarks/predict_workers.py BUNDLE LINES [ROUNDS]

The commands run in turn, each as a process of its own, on the same file; figures are medians.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import save

WAYS: dict[str, tuple[str, ...]] = {
    "one process": (),
    "two processes": ("--workers", "2"),
    "one process, beam 4": ("--beam", "4"),
    "two processes, beam 4": ("--beam", "4", "--workers", "2"),
}


def seconds_of(bundle: str, lines: str, options: tuple[str, ...]) -> tuple[float, bytes]:
    """The time of one command, and what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.txt"
        begun = time.perf_counter()
        command = [sys.executable, "-m", "henkan", "predict", bundle, lines, "--out", str(out), *options]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begun, out.read_bytes()


def main(bundle: str, lines: str, rounds: int) -> list[dict[str, Any]]:
    """All ways, round by round."""
    count = len(Path(lines).read_text("utf-8").splitlines())
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    outputs: dict[str, bytes] = {}
    for _ in range(rounds):
        for way, options in WAYS.items():
            seconds, outputs[way] = seconds_of(bundle, lines, options)
            times[way].append(seconds)
    results = []
    for way in WAYS:
        other = way.replace("two processes", "one process")
        equal = sum(a == b for a, b in zip(outputs[way].split(b"\n"), outputs[other].split(b"\n"), strict=True)) - 1
        seconds = statistics.median(times[way])
        ratio = statistics.median(a / b for a, b in zip(times[other], times[way], strict=True))
        results.append(
            {
                "way": way,
                "lines": count,
                "seconds": round(seconds, 2),
                "lines_per_second": round(count / seconds),
                "times_as_fast_as_one": round(ratio, 2),
                "lines_equal_to_one": equal,
            }
        )
        print(results[-1], flush=True)
    return results


if __name__ == "__main__":
    save("predict_workers", main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5))
