"""How long a model trains until it is as good as asked: henkan and its peers, the same pairs, the same model.

    python benchmarks/time_to_quality.py
    python benchmarks/time_to_quality.py --contestants henkan torch-by-length marian-by-length
    python benchmarks/time_to_quality.py --set torch.rows=128 torch.learning_rate=2e-3

henkan prepares the data and chooses model and batches as ``henkan train`` does; it trains by its own loop. The peers
get its pairs as ids, the shape of its model and its loss, and train by a plain loop: batches of so many rows, Adam, a
warm-up, a fall to zero. Each runs in a process of its own, one after the other. Every few seconds the clock stands
still while a contestant decodes the dev words greedily, in its own way. Who reaches the lowest target may stop.
"""

import argparse
import json
import os
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
from time_to_quality.crossing import lead, seconds_to, seconds_with_judging
from time_to_quality.henkan_entry import make_contest
from time_to_quality.peer import Settings
from time_to_quality.picture import draw

FOLDER = Path(__file__).parent
PEERS = {
    "torch": Settings(),
    "marian": Settings(),
    "torch-by-length": Settings(by_length=True),
    "marian-by-length": Settings(by_length=True),
}
CONTESTANTS = ("henkan", *PEERS)


def settings_of(given: Sequence[str]) -> tuple[dict[str, Any], dict[str, Settings]]:
    """What henkan's training is told, and the settings of the peers, from words such as torch.rows=128."""
    training: dict[str, Any] = {}
    peers = dict(PEERS)
    for word in given:
        name, _, (field, _, text) = *word.partition(".")[:2], word.partition(".")[2].partition("=")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        if name == "henkan":
            training[field] = value
        elif name in peers and field in Settings.__dataclass_fields__:
            peers[name] = replace(peers[name], **{field: value})
        else:
            known = ", ".join(Settings.__dataclass_fields__)
            raise ValueError(f"--set {word}: say CONTESTANT.SETTING=VALUE; settings of a peer are {known}")
    return training, peers


def run_contestant(contest: Contest, name: str, settings: Settings | None, python: str) -> Curve:
    """The curve of one contestant, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "contest.json", Path(folder) / "curve.json"
        contest.save(path)
        threads = {name: str(contest.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        words = [str(path), name, json.dumps(asdict(settings) if settings else {}), str(out)]
        command = [python, "-m", "time_to_quality.run", *words]
        subprocess.run(command, check=True, cwd=FOLDER, env={**os.environ, **threads})
        return Curve.load(out)


def describe(curve: Curve, contest: Contest, targets: Sequence[float]) -> dict[str, Any]:
    """A line of the result: the curve, how fast it was and when it met each target."""
    last = curve.points[-1]
    epochs = last.updates / curve.updates_per_epoch
    return {
        **asdict(curve),
        "updates_per_second": round(last.updates / last.seconds, 3),
        "pairs_per_second": round(epochs * len(contest.train) / last.seconds, 1),
        "seconds_to": {f"{target:.0%}": seconds_to(curve.points, target) for target in targets},
        "seconds_to_with_evaluation": {
            f"{target:.0%}": seconds_with_judging(curve.points, target) for target in targets
        },
    }


def print_table(curves: Sequence[Curve], contest: Contest, targets: Sequence[float]) -> None:
    """Who took how long to which target, and by how much henkan leads."""
    print(f"\n{'':18}  {'updates':>8}  {'pairs/s':>8}  " + "  ".join(f"{target:>10.0%}" for target in targets))
    for curve in curves:
        line = describe(curve, contest, targets)
        found = [f"{seconds:8.1f} s" if seconds else "never" for seconds in line["seconds_to"].values()]
        speed = f"{curve.points[-1].updates:>8,}  {line['pairs_per_second']:>8.0f}"
        print(f"{curve.contestant:18}  {speed}  " + "  ".join(f"{text:>10}" for text in found))
    words = []
    for target in targets:
        found = lead(curves, target)
        words.append("-" if found is None else f"{'' if found[1] else '> '}{found[0]:.2f} x")
    print(f"{'fastest peer takes':18}  {'':8}  {'':8}  " + "  ".join(f"{word:>10}" for word in words), flush=True)


def contest_of(seed: int, training: dict[str, Any], given: argparse.Namespace) -> Contest:
    """The contest with one seed."""
    return make_contest(
        given.task, {"training": training} if training else {}, given.dev_size,
        seed=seed, seconds=given.cap, points=given.points, stop_at=min(given.targets), warm_seconds=given.warm,
        precision=given.precision, threads=given.threads, clock=given.clock,
    )  # fmt: skip


def main() -> None:
    given = _parser().parse_args()
    torch.set_num_threads(given.threads)
    training, peers = settings_of(given.set)
    results: list[dict[str, Any]] = []
    curves: list[Curve] = []
    for seed in given.seeds:
        contest = contest_of(seed, training, given)
        of_seed: list[Curve] = []
        for name in given.contestants:
            print(f"\n{name}, seed {seed}: at most {given.cap:.0f} s of training", flush=True)
            python = sys.executable if name == "henkan" else given.peer_python
            of_seed.append(run_contestant(contest, name, peers.get(name), python))
            print_table(of_seed, contest, given.targets)
        told = {name: value for name, value in asdict(contest).items() if name not in ("train", "dev")}
        leads = {f"{target:.0%}": lead(of_seed, target) for target in given.targets}
        about = {"pairs": len(contest.train), "dev_words": len(contest.dev), "contest": told}
        results.append({"seed": seed, **about, "fastest_peer_to_henkan": leads})
        results += [describe(curve, contest, given.targets) for curve in of_seed]
        curves += of_seed
    path = save(f"time_to_quality{given.label}", results)
    title = (
        f"{given.task}: {contest.threads} threads, {contest.precision}, {curves[0].parameters / 1e6:.1f} M parameters"
    )
    draw(curves, given.targets, title).savefig(path.with_suffix(".png"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--task", default="pronunciation")
    add("--contestants", nargs="+", choices=CONTESTANTS, default=["henkan", "torch", "marian"])
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
    add("--peer-python", default=sys.executable, help="of an environment with the peers' packages")
    add("--set", nargs="+", default=[], metavar="CONTESTANT.SETTING=VALUE")
    add("--label", default="", help="behind the name of the result")
    return parser


if __name__ == "__main__":
    main()
