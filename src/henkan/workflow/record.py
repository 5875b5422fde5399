"""What is written down about a training, so that it can be judged, and done again."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import torch

from henkan import __version__
from henkan.nn import count_parameters
from henkan.training import DevReport, FitResult
from henkan.workflow.choose import Choice
from henkan.workflow.plan import Plan
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.target import Target


def make_record(name: str, target: Target, tokenizers: Tokenizers, plan: Plan, result: FitResult) -> dict[str, Any]:
    """The record of a training, in types that JSON has. ``name`` is what the user called its target.

    ``settings`` is all it takes to do the same again: a configuration file.
    """
    splits = target.splits
    return {
        "target": name,
        "data": dict(target.description),
        "sources": {"train": len(splits.train), "dev": len(splits.dev), "test": len(splits.test)},
        "settings": {
            **({"task": target.description["options"]} if target.task is not None else {}),
            "data": asdict(tokenizers.config),
            "model": asdict(plan.model_config),
            "training": asdict(plan.training),
        },
        "reasons": _reasons([*tokenizers.choices, *plan.choices]),
        "parameters": count_parameters(plan.model),
        "steps": result.steps,
        "epochs": result.epochs,
        "skipped": result.skipped,
        "seconds": round(result.seconds, 1),
        "stopped_by": result.stopped_by,
        "best_step": result.best.step if result.best else None,
        "history": [_dev(report) for report in result.history],
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": {
            "henkan": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "machine": {
            "device": str(next(plan.model.parameters()).device),
            "system": platform.platform(),
            "threads": torch.get_num_threads(),
            **({"processes": asdict(plan.processes)} if plan.processes else {}),
        },
    }


def _reasons(choices: Sequence[Choice]) -> dict[str, str]:
    return {choice.option: choice.reason for choice in choices}


def _dev(report: DevReport) -> dict[str, Any]:
    return {
        "step": report.step,
        "seconds": round(report.seconds, 1),
        "best": report.is_best,
        **({"weights": report.weights} if report.weights != "own" else {}),
        **{name: round(value, 6) for name, value in report.metrics.items()},
    }
