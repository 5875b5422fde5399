"""One contestant, in a process of its own: ``python -m time_to_quality.run CONTEST CONTESTANT SETTINGS CURVE``.

CONTEST and CURVE are files that ``Contest`` and ``Curve`` load; SETTINGS are those of a peer, as JSON.
"""

import json
import platform
import sys
import warnings
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from time_to_quality.batches import padding_share
from time_to_quality.contest import Contest, Curve
from time_to_quality.peer import Settings, train

MODULES = {"torch": "torch_peer", "marian": "marian_peer"}
"""The files of the peers."""


def run_peer(contest: Contest, name: str, settings: Settings) -> Curve:
    """The curve of a peer."""
    peer = import_module(f"time_to_quality.{MODULES[name]}")
    if contest.warm_seconds:
        train(peer, contest.warm_up(), settings)
    judge = train(peer, contest, settings)
    return Curve(
        name,
        contest.seed,
        asdict(settings),
        versions_of(peer.PACKAGE),
        count_trained(judge.model),
        -(-len(contest.train) // settings.rows),
        padding_share(contest, settings.rows, by_length=settings.by_length),
        peer.NOTE,
        judge.points,
    )


def run_henkan(contest: Contest) -> Curve:
    """henkan's curve."""
    from time_to_quality import henkan_entry

    if contest.warm_seconds:
        henkan_entry.train(henkan_entry.plan_for(contest.warm_up()), contest.warm_up())
    plan = henkan_entry.plan_for(contest)
    judge = henkan_entry.train(plan, contest)
    return Curve(
        "henkan",
        contest.seed,
        asdict(plan.training),
        versions_of("henkan"),
        count_trained(judge.model),
        len(plan.batches),
        plan.batches.padding_share(),
        points=judge.points,
    )


def count_trained(model: nn.Module) -> int:
    """The number of parameters that learn; those that are shared count once."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def versions_of(package: str) -> dict[str, str]:
    """The versions of what computes."""
    return {"python": platform.python_version(), "torch": torch.__version__, package: version(package)}


def main() -> None:
    path, name, settings, out = sys.argv[1:]
    contest = Contest.load(Path(path))
    torch.set_num_threads(contest.threads)
    warnings.filterwarnings("ignore", "enable_nested_tensor is True")  # what torch says of its own pre-norm layers
    if name == "henkan":
        from henkan.workflow.allocator import keep_freed_memory  # before torch makes its first tensor

        keep_freed_memory()
        curve = run_henkan(contest)
    else:
        curve = run_peer(contest, name, Settings(**json.loads(settings)))
    curve.save(Path(out))


if __name__ == "__main__":
    main()
