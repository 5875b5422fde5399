"""What CTranslate2 brings to ``henkan predict``: lines per second, start included, for each engine and quantisation.

    python benchmarks/engines.py BUNDLE LINES [ROUNDS]

The bundle is copied and exported once for each quantisation, which is not timed. The commands run in turn, each as a
process of its own, because two engines in one process would fight for the cores; figures are medians.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import save

QUANTIZATIONS = ("float32", "int8")
STRATEGIES: dict[str, tuple[str, ...]] = {"greedy": (), "beam 4": ("--beam", "4")}
TORCH = "torch"


def henkan(*arguments: str) -> None:
    """One command."""
    done = subprocess.run([sys.executable, "-m", "henkan", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


def prepare(bundle: str, folder: Path) -> dict[str, Path]:
    """Copies of the bundle by engine, those for CTranslate2 with their export."""
    copies = {name: folder / name for name in (TORCH, *QUANTIZATIONS)}
    for name, copy in copies.items():
        shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("ctranslate2"))
        if name != TORCH:
            henkan("export", str(copy), "--quantization", name)
    return copies


def seconds_of(name: str, bundle: Path, lines: str, options: tuple[str, ...]) -> tuple[float, bytes]:
    """The time of one command, and what it wrote."""
    engine = TORCH if name == TORCH else "ctranslate2"
    out = bundle.with_name("out.txt")
    begun = time.perf_counter()
    henkan("predict", str(bundle), lines, "--device", "cpu", "--engine", engine, "--out", str(out), *options)
    return time.perf_counter() - begun, out.read_bytes()


def main(bundle: str, lines: str, rounds: int) -> list[dict[str, Any]]:
    """All ways, round by round."""
    count = len(Path(lines).read_text("utf-8").split("\n")) - 1
    times: dict[tuple[str, str], list[float]] = {}
    outputs: dict[tuple[str, str], bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        copies = prepare(bundle, Path(folder))
        for _ in range(rounds):
            for strategy, options in STRATEGIES.items():
                for name, copy in copies.items():
                    seconds, outputs[strategy, name] = seconds_of(name, copy, lines, options)
                    times.setdefault((strategy, name), []).append(seconds)
    results = []
    for (strategy, name), found in times.items():
        seconds, own = statistics.median(found), times[strategy, TORCH]
        pairs = zip(outputs[strategy, name].split(b"\n"), outputs[strategy, TORCH].split(b"\n"), strict=True)
        results.append(
            {
                "engine": name if name == TORCH else f"ctranslate2 {name}",
                "strategy": strategy,
                "lines": count,
                "rounds": rounds,
                "seconds": round(seconds, 2),
                "lines_per_second": round(count / seconds),
                "times_as_fast_as_torch": round(statistics.median(a / b for a, b in zip(own, found, strict=True)), 2),
                "lines_equal_to_torch": sum(a == b for a, b in pairs) - 1,
            }
        )
        print(results[-1], flush=True)
    return results


if __name__ == "__main__":
    save("engines", main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5))
