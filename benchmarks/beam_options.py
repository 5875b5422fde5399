"""What each choice pays in a beam by CTranslate2: all of them, and one at a time undone, on the lines of a file.

    python benchmarks/beam_options.py BUNDLE LINES

The bundle must have its export (``henkan export BUNDLE``). All ways run in this process, in turn, and must find the
same outputs. The result also says of how many lines the greedy output is proved to be the best, for three length
penalties, and how many lines were left for each further search.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from record import save

from henkan.data import EOS_IDX
from henkan.decoding import BeamSearch, Hypothesis
from henkan.export import ExportedPredictor, beam
from henkan.export.greedy import greedy

Way = Callable[[], AbstractContextManager[object]]
Rows = list[list[int]]

UNDONE: dict[str, Way] = {
    "all": nullcontext,
    "no row is proved": lambda: patch("henkan.export.greedy.MANY", 1 << 62),
    "first limit 2 tokens behind the greedy output": lambda: patch("henkan.export.beam.MARGIN", 2),
    "first limit 4 tokens behind it": lambda: patch("henkan.export.beam.MARGIN", 4),
    "all hypotheses shown": lambda: patch("henkan.export.beam.SHOWN", 1 << 62),
    "batches of 32 rows": lambda: in_batches_of(32),
    "batches of 64 rows": lambda: in_batches_of(64),
    "batches of 256 rows": lambda: in_batches_of(256),
}
PENALTIES = (0.6, 0.0, 1.0)


def in_batches_of(rows: int) -> AbstractContextManager[object]:
    """At most so many rows together, whatever CTranslate2 computes in."""
    return patch.multiple("henkan.export.translator", GROUP=rows, GROUP_OF_BYTES=rows)


def decode(predictor: ExportedPredictor, rows: Rows, width: int) -> list[list[Hypothesis]]:
    """The best hypothesis of each row, all rows in one call."""
    prefix: Rows = [[] for _ in rows]
    limit = predictor.limits.output
    return predictor.engine.decode(rows, BeamSearch(width), max_len=limit, prefix=prefix, seeds=[0] * len(rows))


def proved(predictor: ExportedPredictor, rows: Rows, width: int) -> dict[str, float]:
    """The share of rows that need no beam, for each length penalty; and how long their greedy outputs took."""
    limit = predictor.limits.output
    begun = time.perf_counter()
    found = greedy(predictor.exported.translator, rows, limit, [[] for _ in rows], bound=True)
    seconds = time.perf_counter() - begun
    certain = {alpha: [beam.is_certain(one, BeamSearch(width, alpha), limit) for one in found] for alpha in PENALTIES}
    shares = {f"proved_with_penalty_{alpha}": round(sum(those) / len(rows), 3) for alpha, those in certain.items()}
    return {**shares, "greedy_seconds": round(seconds, 2)}


def searched(predictor: ExportedPredictor, rows: Rows, width: int) -> list[int]:
    """How many rows each search had: the first, and those that go on with what was not settled."""
    counts: list[int] = []

    def counting(*given: Any) -> Any:
        counts.append(len(given[2]))
        return search(*given)

    search = beam._search
    with patch("henkan.export.beam._search", counting):
        decode(predictor, rows, width)
    return counts


def measure(predictor: ExportedPredictor, rows: Rows, width: int, rounds: int) -> list[dict[str, Any]]:
    """The ratio of each way to all choices together, round by round."""
    expected = [(one.tokens, one.ended) for (one,) in decode(predictor, rows, width)]
    times: dict[str, list[float]] = {name: [] for name in UNDONE}
    for number in range(1, rounds + 1):
        for name, way in UNDONE.items():
            with way():
                begun = time.perf_counter()
                found = decode(predictor, rows, width)
                times[name].append(time.perf_counter() - begun)
            others = sum((one.tokens, one.ended) != best for (one,), best in zip(found, expected, strict=True))
            assert others <= len(rows) / 1000, f"{name}: {others} outputs are others"
        print(f"round {number} of {rounds}", flush=True)
    ratios = {name: [a / b for a, b in zip(own, times["all"], strict=True)] for name, own in times.items()}
    return [
        {
            "undone": name,
            "seconds": round(statistics.median(times[name]), 3),
            "ratio": round(statistics.median(of), 3),
            "ratio_range": [round(min(of), 3), round(max(of), 3)],
        }
        for name, of in ratios.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("lines")
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    predictor = ExportedPredictor.load(given.bundle, threads=given.threads)
    texts = Path(given.lines).read_text("utf-8").split("\n")[:-1]
    rows = [[*predictor.codec.encode_source(text)[0], EOS_IDX] for text in texts]
    about = {
        "lines": len(rows),
        "width": given.width,
        "rounds": given.rounds,
        "computes_in": predictor.exported.translator.compute_type,
        **proved(predictor, rows, given.width),
        "searched": searched(predictor, rows, given.width),
    }
    print(about, flush=True)
    ways = measure(predictor, rows, given.width, given.rounds)
    for way in ways:
        print(f"{way['ratio']:6.2f}  {way['undone']}")
    save(f"beam_options-{about['computes_in']}", [about, *ways])


if __name__ == "__main__":
    main()
