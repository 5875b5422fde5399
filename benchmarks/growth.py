"""How the cost of training and decoding grows with each size, against the law that counting operations gives.

    python benchmarks/growth.py [--axes "training: batch" ...] [--rounds 5]
    python benchmarks/growth.py --draw benchmarks/results/DATE-growth.json

One size grows at a time from a base of ``d_model`` 256, 8 heads, ``d_ff`` 1,024, 4 + 4 layers, one matrix for a
vocabulary of 8,000, 64 rows of 16 + 16 tokens; float32, dropout 0.1, fused Adam. A round runs all points of an axis;
the figures are medians over the rounds, and the whole spread. The law of an axis has two constants, fitted to its
medians: seconds = calls x overhead + operations / speed. Peak memory is that of a process for each shape.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from growth_axes import Axis, Point, axes
from growth_law import fit
from growth_memory import measure_memory
from growth_picture import draw
from record import save

from henkan.plotting import use_language

DEPARTS = 0.25  # of the law: said with a mark
LONG_ENOUGH = 0.1  # seconds; what takes less is run several times in a row
PICTURE = Path(__file__).parent / "pictures" / "growth.png"


def measure(points: list[Point], rounds: int) -> list[list[float]]:
    """The seconds of each point in each of the rounds; a round before them warms up and says what is too short."""
    repeats = [1] * len(points)
    seconds: list[list[float]] = [[] for _ in points]
    for number in range(rounds + 1):
        for i, point in enumerate(points):
            start = time.perf_counter()
            for _ in range(repeats[i]):
                point.run()
            taken = (time.perf_counter() - start) / repeats[i]
            if number:
                seconds[i].append(taken)
            else:
                repeats[i] = min(max(round(LONG_ENOUGH / taken), 1), 20)
    return seconds


def measure_axis(axis: Axis, rounds: int, folder: Path) -> list[dict[str, Any]]:
    """A result for each curve of the axis: its law, and its points beside it."""
    points = axis.points(folder)
    seconds = measure(points, rounds)
    results = []
    for curve in dict.fromkeys(point.curve for point in points):
        chosen = [(point, taken) for point, taken in zip(points, seconds, strict=True) if point.curve == curve]
        results.append(_against_law(axis, curve, rounds, chosen))
    return results


def _against_law(axis: Axis, curve: str, rounds: int, measured: list[tuple[Point, list[float]]]) -> dict[str, Any]:
    medians = [statistics.median(taken) for _, taken in measured]
    law = fit([point.calls for point, _ in measured], [point.work for point, _ in measured], medians)
    title = f"{axis.name}, {curve}" if curve else axis.name
    print(f"\n{title}: {axis.expected}; {_seconds(law.overhead)} a call + "
          f"{1e9 * law.cost:.3g} s for 10^9 {axis.work}")  # fmt: skip
    rows = []
    for (point, taken), median in zip(measured, medians, strict=True):
        expected = law.seconds(point.calls, point.work)
        departs = median / expected - 1
        rows.append({
            "x": point.x,
            "seconds": _short(median / point.outputs),
            "range": [_short(min(taken) / point.outputs), _short(max(taken) / point.outputs)],
            "law_seconds": _short(expected / point.outputs),
            "departs": round(departs, 3),
            "work": point.work,
            "calls": point.calls,
            "outputs": point.outputs,
        })  # fmt: skip
        mark = "  <- departs" if abs(departs) > DEPARTS else ""
        print(f"{point.x:>8,}  {_seconds(median / point.outputs)} {axis.y_label}"
              f"  [{_seconds(min(taken) / point.outputs)} .. {_seconds(max(taken) / point.outputs)}]"
              f"  law {_seconds(expected / point.outputs)}  {departs:+.0%}{mark}")  # fmt: skip
    return {
        "axis": axis.name, "curve": curve, "x": axis.x_label, "y": axis.y_label, "expected": axis.expected,
        "rounds": rounds, "work": axis.work, "overhead_seconds": _short(law.overhead),
        "cost_seconds": _short(law.cost), "points": rows,
    }  # fmt: skip


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def _seconds(seconds: float) -> str:
    scale, unit = next(
        pair for pair in ((1, "s"), (1e3, "ms"), (1e6, "us")) if seconds * pair[0] >= 1 or pair[0] == 1e6
    )
    return f"{seconds * scale:.3g} {unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--axes", nargs="*", default=None, help="some of the axes alone, or: memory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a try with toy sizes; no result is written")
    parser.add_argument("--draw", type=Path, metavar="RESULT", help="draw a result again, and measure nothing")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--language", choices=["en", "ja"], default="en", help="of the picture")
    args = parser.parse_args()
    use_language(args.language)
    if args.draw is not None:
        draw(json.loads(args.draw.read_text("utf-8")), args.picture)
        return
    known = axes(args.quick)
    chosen = [*known, "memory"] if args.axes is None else args.axes
    if unknown := set(chosen) - {*known, "memory"}:
        parser.error(f"unknown axis {sorted(unknown)}: choose among {', '.join(map(repr, [*known, 'memory']))}")
    # First, while this process is small: a process that is split off begins with the memory of its parent.
    memory = measure_memory(args.quick) if "memory" in chosen else []
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            if name in known:
                results += measure_axis(known[name], args.rounds, Path(folder))
    results += memory
    content: dict[str, Any] = {"threads": torch.get_num_threads(), "results": results}
    if not args.quick:
        name = "growth" if args.axes is None else "growth-part"
        content = json.loads(save(name, results).read_text("utf-8"))
    draw(content, args.picture)


if __name__ == "__main__":
    main()
