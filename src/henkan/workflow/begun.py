"""What a training was begun as: written into its checkpoints, and compared when it is resumed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any

import torch

from henkan import __version__
from henkan.workflow.plan import Plan
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.target import Target, hashes
from henkan.workflow.wishes import Overrides


def describe_begun(target: Target, overrides: Overrides, tokenizers: Tokenizers, plan: Plan) -> dict[str, Any]:
    """All that has to be the same for a training to go on, and all that was chosen, in types that JSON has.

    Choices are stored, not made again: some were made by timing this machine.
    """
    return {
        "versions": _versions(),
        "data": data_digest(target),
        "asked": _plain(overrides),
        "started": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
        "settings": {"model": asdict(plan.model_config), "training": asdict(plan.training)},
        "tokenizers": tokenizers.to_dict(),
        "choices": [astuple(choice) for choice in plan.choices],
        "seconds": plan.seconds,
        "machine": _machine(plan),
    }


def check_unchanged(about: Mapping[str, Any], target: Target, overrides: Overrides) -> None:
    """Raise for the first thing that is not as it was when the training began."""
    for name, version in _versions().items():
        if about["versions"][name] != version:
            raise ValueError(
                f"the training was begun with {name} {about['versions'][name]}, but this is {version}: "
                f"use that version again, or begin anew with --overwrite"
            )
    for option, before, now in _differences(about["asked"], _plain(overrides)):
        raise ValueError(
            f"the training was begun {_setting(option, before)}, but now it is {_setting(option, now)}: "
            f"give the same options again, or begin anew with --overwrite"
        )
    if about["data"] != data_digest(target):
        name = target.description.get("file", f"the data of the task {target.name}")
        raise ValueError(
            f"{name} or its splits have changed since the training began: put it back, or begin anew with --overwrite"
        )


def other_machine(about: Mapping[str, Any], plan: Plan) -> str | None:
    """A sentence if the numbers may come out differently in their last digits, because the machine counts otherwise."""
    before, now = about["machine"], _machine(plan)
    if before == now:
        return None
    return (
        f"It was begun on {_told(before)} and goes on on {_told(now)}: "
        f"the weights will not be bit for bit those of a training that never stopped."
    )


def data_digest(target: Target) -> str:
    """A hash of every example and of where it went; for a large file, of the file's own hash and what is held out."""
    splits = target.splits
    digest = blake2b(digest_size=16)
    if target.is_large:
        shares = [target.description[name] for name in ("dev_share", "test_share")]
        digest.update(json.dumps([*hashes(target.description).values(), *shares]).encode("utf-8"))
        return digest.hexdigest()
    for name, examples in (("train", splits.train), ("dev", splits.dev), ("test", splits.test)):
        for example in examples:
            line = json.dumps([name, example.source, *example.references])
            digest.update(line.encode("utf-8"))
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    return {"henkan": __version__, "torch": torch.__version__}


def _machine(plan: Plan) -> dict[str, Any]:
    return {
        "device": next(plan.model.parameters()).device.type,
        "threads": torch.get_num_threads(),
        "processes": plan.processes.count if plan.processes else 1,
    }


def _told(machine: Mapping[str, Any]) -> str:
    processes = f" in {machine['processes']} processes" if machine["processes"] > 1 else ""
    return f"{machine['device']} with {machine['threads']} threads{processes}"


def _plain(overrides: Overrides) -> dict[str, dict[str, Any]]:
    return json.loads(json.dumps({section: dict(values) for section, values in overrides.items() if values}))


def _differences(before: Overrides, now: Overrides) -> Iterator[tuple[str, Any, Any]]:
    """Each option that is not the same, with its value before and now; None where it was not given."""
    for section in dict.fromkeys([*before, *now]):
        old, new = before.get(section, {}), now.get(section, {})
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                yield f"--{section}.{name}", old.get(name), new.get(name)


def _setting(option: str, value: Any) -> str:
    return f"without {option}" if value is None else f"with {option} {value}"
