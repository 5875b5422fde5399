"""What a model is trained on: a built-in task, or a file of pairs."""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from henkan.config import DataConfig
from henkan.data import Example, ReadReport, Splits, read_pairs, source_fraction, split_by_source
from henkan.tasks import TASKS, Task, get_task


@dataclass(frozen=True)
class Target:
    """Examples in their splits, and where they come from.

    ``description`` is what a bundle stores, all that ``reload`` needs. ``read`` is there for files, ``task`` for tasks.
    """

    name: str
    splits: Splits
    description: Mapping[str, Any]
    task: Task | None = None
    read: ReadReport | None = None

    @property
    def has_features(self) -> bool:
        """Whether sources end with a tab and tags."""
        if self.read is not None:
            return self.read.features is not None
        return all("\t" in example.source for example in self.splits.train)

    def dev_examples(self, count: int) -> list[Example]:
        """At most ``count`` development examples: the same in every run, and not just the first of the file."""
        return sorted(self.splits.dev, key=lambda example: source_fraction(example.source, "dev"))[:count]


def load_target(target: str, data: DataConfig, options: Mapping[str, Any]) -> Target:
    """The examples of the task or the file that ``target`` names. ``options`` are those of the task."""
    if target in TASKS:
        _check_shares(target, data)
        task = get_task(target, **options)
        described = {"task": task.name, "options": asdict(task), "symbol_name": task.symbol_name}
        return Target(task.name, task.load(), described, task=task)
    check_file(target, options)
    path = Path(target)
    pairs = read_pairs(path)
    shares = {"dev_share": data.dev_share, "test_share": data.test_share}
    description = {"file": str(path.resolve()), "sha256": sha256(path), **shares}
    splits = split_by_source(pairs.examples, dev=data.dev_share, test=data.test_share)
    if not splits.dev:
        raise ValueError(f"{path} has one source alone: it takes two at least, one to learn from and one to check by")
    return Target(path.stem, splits, description, read=pairs.report)


def reload(description: Mapping[str, Any]) -> Splits:
    """The splits that ``load_target`` once made; a file that has changed since is refused."""
    if "task" in description:
        return get_task(description["task"], **description["options"]).load()
    path = Path(description["file"])
    if not path.is_file():
        raise ValueError(f"the pairs that this bundle was trained on are not at {path} any more: name a file of pairs")
    if sha256(path) != description["sha256"]:
        raise ValueError(
            f"{path} has changed since this bundle was trained on it, so what was held out cannot be told: "
            f"name a file of pairs, or train again"
        )
    examples = read_pairs(path).examples
    return split_by_source(examples, dev=description["dev_share"], test=description["test_share"])


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as ``sha256sum`` prints it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_file(target: str, options: Mapping[str, Any]) -> None:
    """Raise unless ``target``, which is no task, may be a file."""
    if not Path(target).exists() and not _looks_like_path(target):
        close = difflib.get_close_matches(target, TASKS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the tasks are {', '.join(TASKS)}"
        raise ValueError(f"there is no task and no file {target!r}: {hint}")
    if options:
        raise ValueError(f"{target} is a file, and --{next(iter(options))} is an option of a task: leave it out")


def _check_shares(task: str, data: DataConfig) -> None:
    if (data.dev_share, data.test_share) != (DataConfig.dev_share, DataConfig.test_share):
        raise ValueError(f"the task {task} says itself what it holds out: leave dev_share and test_share to files")


def _looks_like_path(target: str) -> bool:
    return "/" in target or "\\" in target or "." in target
