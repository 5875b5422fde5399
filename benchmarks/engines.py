"""What CTranslate2 brings to ``henkan predict``: whole commands, against torch and against a loop tuned by hand.

    python benchmarks/engines.py BUNDLE LINES [ROUNDS] [WAYS]

The bundle is copied and exported once for each quantisation, which is not timed. The commands run in turn, each as a
process of its own, because two engines in one process would fight for the cores; figures are medians. The loop is
``ctranslate2_loop.py``, with the threads and rows that are fastest here, tried out before. ``WAYS`` limits what runs,
as in ``henkan,loop`` (without torch).
"""

import os
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
LOOP = Path(__file__).with_name("ctranslate2_loop.py")
ROWS = (16, 32, 64, 128)  # that a thread of the loop decodes together, tried out
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


def seconds_of(command: list[str], out: Path) -> tuple[float, bytes]:
    """The time of one command, and what it wrote."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - begun, out.read_bytes()


def by_henkan(name: str, bundle: Path, lines: str, out: Path, strategy: str) -> list[str]:
    """henkan's command."""
    engine = TORCH if name == TORCH else "ctranslate2"
    options = ("--device", "cpu", "--engine", engine, "--out", str(out), *STRATEGIES[strategy])
    return ["-m", "henkan", "predict", str(bundle), lines, *options]


def by_loop(bundle: Path, lines: str, out: Path, strategy: str, rows: int) -> list[str]:
    """The loop, a thread on each core."""
    beam = STRATEGIES[strategy][-1] if STRATEGIES[strategy] else "1"
    threads = os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0)))
    return [str(LOOP), str(bundle), str(bundle / "ctranslate2"), lines, str(out), beam, threads, str(rows)]


def best_rows(bundle: Path, lines: str, out: Path, strategy: str) -> int:
    """The rows with which the loop is fastest on a tenth of the lines."""
    some = out.with_name("some.txt")
    some.write_text("".join(Path(lines).read_text("utf-8").splitlines(keepends=True)[::10]), "utf-8")
    return min(ROWS, key=lambda rows: seconds_of(by_loop(bundle, str(some), out, strategy, rows), out)[0])


def make_commands(copies: dict[str, Path], lines: str, out: Path, ways: list[str]) -> dict[tuple[str, str], list[str]]:
    """The commands by strategy and name."""
    commands = {}
    for strategy in STRATEGIES:
        for name, bundle in copies.items():
            if name == TORCH:
                if TORCH in ways:
                    commands[strategy, TORCH] = by_henkan(name, bundle, lines, out, strategy)
                continue
            commands[strategy, f"ctranslate2 {name}"] = by_henkan(name, bundle, lines, out, strategy)
            if "loop" in ways:
                rows = best_rows(bundle, lines, out, strategy)
                print(f"{strategy}, {name}: the loop is fastest with {rows} rows", flush=True)
                commands[strategy, f"loop {name}"] = by_loop(bundle, lines, out, strategy, rows)
    return commands


def main(bundle: str, lines: str, rounds: int, ways: list[str]) -> list[dict[str, Any]]:
    """All commands, round by round."""
    count = len(Path(lines).read_text("utf-8").split("\n")) - 1
    times: dict[tuple[str, str], list[float]] = {}
    outputs: dict[tuple[str, str], bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.txt"
        commands = make_commands(prepare(bundle, Path(folder)), lines, out, ways)
        for _ in range(rounds):
            for key, command in commands.items():
                seconds, outputs[key] = seconds_of(command, out)
                times.setdefault(key, []).append(seconds)
                out.unlink()
    return [describe(key, times, outputs, count) for key in times]


def describe(
    key: tuple[str, str], times: dict[tuple[str, str], list[float]], outputs: dict[tuple[str, str], bytes], count: int
) -> dict[str, Any]:
    """The figures of one command, and its speed as a multiple of torch's and of the loop's in the same round."""
    strategy, name = key
    result: dict[str, Any] = {
        "engine": name,
        "strategy": strategy,
        "lines": count,
        "rounds": len(times[key]),
        "seconds": round(statistics.median(times[key]), 2),
        "least_and_most": [round(min(times[key]), 2), round(max(times[key]), 2)],
        "lines_per_second": round(count / statistics.median(times[key])),
    }
    for label, other in (("torch", TORCH), ("the_loop", name.replace("ctranslate2", "loop"))):
        if (strategy, other) in times and other != name:
            pairs = zip(times[strategy, other], times[key], strict=True)
            result[f"times_as_fast_as_{label}"] = round(statistics.median(a / b for a, b in pairs), 2)
            both = zip(outputs[key].split(b"\n"), outputs[strategy, other].split(b"\n"), strict=True)
            result[f"lines_equal_to_{label}"] = sum(a == b for a, b in both) - 1
    print(result, flush=True)
    return result


if __name__ == "__main__":
    asked = sys.argv[4].split(",") if len(sys.argv) > 4 else [TORCH, "loop"]
    save("engines", main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5, asked))
