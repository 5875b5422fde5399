"""How long a model trains until it is as good as asked: henkan and its peers, the same pairs, the same model.

    python benchmarks/time_to_quality.py
    python benchmarks/time_to_quality.py --contestants henkan torch:by_length=true marian:rows=128,learning_rate=5e-4
    python benchmarks/time_to_quality.py --contestants henkan henkan:batch_tokens=512 --cap 300
    python benchmarks/time_to_quality.py --contestants henkan@80 henkan@100 marian:rows=64@100 marian:rows=64@120

henkan prepares the data and chooses model and batches as ``henkan train`` does; it trains by its own loop. The peers
get its pairs as ids, the shape of its model and its loss, and train by a plain loop: batches of so many rows, Adam, a
warm-up, a fall to zero. Each runs in a process of its own, one after the other. Every few seconds the clock stands
still while a contestant decodes the dev words greedily, in its own way. Who reaches the lowest target may stop.

A contestant can be tuned: henkan's settings are those of ``henkan train``'s training, the peers' are in ``Settings``.
Where the rate falls to zero decides when a target is reached, so each may also have a time of its own, behind an @.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from record import save
from time_to_quality.contest import Contest, Curve
from time_to_quality.contestant import Contestant
from time_to_quality.crossing import lead, seconds_to, seconds_with_judging
from time_to_quality.henkan_entry import make_contest
from time_to_quality.picture import draw
from time_to_quality.run import MODULES

FOLDER = Path(__file__).parent
LEAD = "fastest peer / henkan"


def run_contestant(contest: Contest, one: Contestant, python: str) -> Curve:
    """The curve of one contestant, from a process of its own."""
    if one.kind == "henkan":
        contest = replace(contest, overrides={**contest.overrides, "training": one.settings})
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "contest.json", Path(folder) / "curve.json"
        contest.save(path)
        threads = {name: str(contest.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        command = [python, "-m", "time_to_quality.run", str(path), one.kind, json.dumps(one.settings), str(out)]
        subprocess.run(command, check=True, cwd=FOLDER, env={**os.environ, **threads})
        return replace(Curve.load(out), contestant=one.written)


def check_peers(contestants: Sequence[Contestant], python: str) -> None:
    """Raise unless ``python`` has the packages of the peers."""
    for kind in sorted({one.kind for one in contestants} - {"henkan"}):
        done = subprocess.run(
            [python, "-c", f"import time_to_quality.{MODULES[kind]}"], cwd=FOLDER, capture_output=True
        )
        if done.returncode:
            reason = done.stderr.decode().strip().splitlines()[-1:]
            raise ValueError(f"{python} cannot run {kind} ({' '.join(reason)}): name another with --peer-python")


def describe(curve: Curve, contest: Contest, targets: Sequence[float]) -> dict[str, Any]:
    """A line of the result: the curve, how fast it was and when it met each target."""
    last = curve.points[-1]
    epochs = last.updates / curve.updates_per_epoch
    return {
        **asdict(curve),
        "schedule_seconds": Contestant.of(curve.contestant).seconds or contest.seconds,
        "updates_per_second": round(last.updates / last.seconds, 3),
        "pairs_per_second": round(epochs * len(contest.train) / last.seconds, 1),
        "seconds_to": {f"{target:.0%}": seconds_to(curve.points, target) for target in targets},
        "seconds_to_with_evaluation": {
            f"{target:.0%}": seconds_with_judging(curve.points, target) for target in targets
        },
    }


def print_table(curves: Sequence[Curve], contest: Contest, targets: Sequence[float]) -> None:
    """Who took how long to which target, and by how much henkan leads."""
    width = max(len(LEAD), *(len(curve.contestant) for curve in curves))
    print(f"\n{'':{width}}  {'updates':>8}  {'pairs/s':>8}  " + "  ".join(f"{target:>10.0%}" for target in targets))
    for curve in curves:
        line = describe(curve, contest, targets)
        found = [f"{seconds:8.1f} s" if seconds else "never" for seconds in line["seconds_to"].values()]
        speed = f"{curve.points[-1].updates:>8,}  {line['pairs_per_second']:>8.0f}"
        print(f"{curve.contestant:{width}}  {speed}  " + "  ".join(f"{text:>10}" for text in found))
    words = []
    for target in targets:
        found = lead(curves, target)
        words.append("-" if found is None else f"{'' if found[1] else '> '}{found[0]:.2f} x")
    print(f"{LEAD:{width}}  {'':8}  {'':8}  " + "  ".join(f"{word:>10}" for word in words), flush=True)


def race(seed: int, given: argparse.Namespace) -> tuple[Contest, list[Curve]]:
    """The contest with one seed, and the curves of all."""
    contest = make_contest(
        given.task, {}, given.dev_size, seed=seed, seconds=given.cap, points=given.points, stop_at=min(given.targets),
        warm_seconds=given.warm, precision=given.precision, threads=given.threads, clock=given.clock,
    )  # fmt: skip
    curves: list[Curve] = []
    for one in given.contestants:
        own = contest if one.seconds is None else replace(contest, seconds=one.seconds)
        print(f"\n{one.written}, seed {seed}: at most {own.seconds:.0f} s of training", flush=True)
        python = sys.executable if one.kind == "henkan" else given.peer_python
        try:
            curves.append(run_contestant(own, one, python))
        except subprocess.CalledProcessError:  # the others' time is not thrown away
            print(f"{one.written} failed, and is left out", flush=True)
            continue
        print_table(curves, contest, given.targets)
    return contest, curves


def results_of(contest: Contest, curves: Sequence[Curve], targets: Sequence[float]) -> list[dict[str, Any]]:
    """What is saved of a race."""
    told = {name: value for name, value in asdict(contest).items() if name not in ("train", "dev")}
    leads = {f"{target:.0%}": lead(curves, target) for target in targets}
    about = {"contest": told, "pairs": len(contest.train), "dev_words": len(contest.dev)}
    return [{**about, "fastest_peer_to_henkan": leads}, *(describe(curve, contest, targets) for curve in curves)]


def main() -> None:
    parser = _parser()
    given = parser.parse_args()
    if not all(0 < target < 1 for target in given.targets):
        parser.error("--targets are shares of wrong words, above 0 and below 1, such as 0.5")
    try:
        given.contestants = [Contestant.of(text) for text in given.contestants]
        given.peer_python = shutil.which(given.peer_python) or given.peer_python  # contestants run in another folder
        given.peer_python = os.path.abspath(given.peer_python)
        check_peers(given.contestants, given.peer_python)
    except ValueError as error:
        parser.error(str(error))
    torch.set_num_threads(given.threads)
    results: list[dict[str, Any]] = []
    everyone: list[Curve] = []
    for seed in given.seeds:
        contest, curves = race(seed, given)
        results += results_of(contest, curves, given.targets)
        everyone += curves
    if not everyone:
        sys.exit("no contestant got through")
    path = save("-".join(["time_to_quality", *filter(None, [given.label])]), results)
    size = f"{everyone[0].parameters / 1e6:.1f} M parameters"
    title = f"{given.task}: the same model ({size}), {given.threads} threads, {given.precision}"
    draw(everyone, given.targets, title).savefig(path.with_suffix(".png"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--task", default="pronunciation")
    add("--contestants", nargs="+", default=["henkan", "torch", "marian"], metavar="KIND[:SETTING=VALUE,...][@SECONDS]")
    add("--seeds", nargs="+", type=int, default=[1])
    add("--cap", type=float, default=420.0, help="seconds of training each may have; schedules end there")
    add("--points", type=int, default=28, help="of each curve, evenly over that time")
    add("--targets", nargs="+", type=float, default=[0.6, 0.5, 0.45], help="word error rates")
    add(
        "--warm", type=float, default=5.0, help="seconds of training a model that is thrown away, before the clock runs"
    )
    add("--dev-size", type=int, default=1000, help="words judged")
    add("--threads", type=int, default=torch.get_num_threads())
    add("--precision", choices=["float32", "bfloat16"], default="float32")
    add(
        "--clock",
        choices=["wall", "process"],
        default="wall",
        help="process: a trial with one thread on a busy machine",
    )
    python = os.environ.get("PEER_PYTHON", sys.executable)
    add("--peer-python", default=python, help="of an environment with the peers' packages; default: $PEER_PYTHON")
    add("--label", default="", help="behind the name of the result")
    return parser


if __name__ == "__main__":
    main()
