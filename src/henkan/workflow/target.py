"""What a model is trained on: a built-in task, or files of pairs."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from henkan.config import DataConfig
from henkan.data import (
    Example,
    PairReader,
    ReadReport,
    Splits,
    group_rows,
    open_pairs,
    source_fraction,
    split_by_source,
)
from henkan.data.corpus import Shares, check_unchanged, stamp_of, stream_splits
from henkan.data.lines import STDIN, open_binary
from henkan.data.rows import Row
from henkan.tasks import TASKS, Task, get_task
from henkan.workflow.progress import showing_progress

LARGE = 200_000  # rows, from which on they are read from the file again and again instead of kept in memory
STDIN_TARGET = "stdin"
SUFFIXES = (".tsv", ".txt", ".csv", ".tab", ".jsonl", ".ndjson", ".json", ".src", ".tgt", ".gz")


@dataclass(frozen=True)
class Target:
    """Examples in their splits, and where they come from.

    ``description`` is what a bundle stores, all that ``reload`` needs. ``read`` is there for files, ``task`` for tasks.
    ``has_features``: whether sources end with a tab and tags. ``is_large``: whether the training examples are read from
    the file each time.
    """

    name: str
    splits: Splits
    description: Mapping[str, Any]
    task: Task | None = None
    read: ReadReport | None = None
    has_features: bool = False
    is_large: bool = False

    def dev_examples(self, count: int) -> list[Example]:
        """At most ``count`` development examples: the same in every run, and not just the first of the file."""
        return sorted(self.splits.dev, key=lambda example: source_fraction(example.source, "dev"))[:count]


def load_target(target: str, data: DataConfig, options: Mapping[str, Any]) -> Target:
    """The examples of the task or the files that ``target`` and ``data`` name. ``options`` are those of the task."""
    if target in TASKS:
        _check_no_files(target, data)
        task = get_task(target, **options)
        described = {"task": task.name, "options": asdict(task), "symbol_name": task.symbol_name}
        splits = task.load()
        tagged = all("\t" in example.source for example in splits.train)
        return Target(task.name, splits, described, task=task, has_features=tagged)
    check_file(target, options)
    readers = _open(target, data)
    reader, stamps = readers["train"], {name: stamp_of(reader) for name, reader in readers.items()}
    splits, shares, is_large = _split(readers, data)
    if not splits.dev:
        raise ValueError(
            f"{reader.name} has one source alone: it takes two at least, one to learn from and one to check by"
        )
    description = _describe(target, data, shares, readers)
    for name, stamp in stamps.items():  # so that the hashes are those of what was read
        check_unchanged(readers[name], stamp)
    return Target(
        STDIN_TARGET if description["file"] == STDIN else name_of(Path(target)),
        splits,
        description,
        read=reader.report,
        has_features=reader.features is not None,
        is_large=is_large,
    )


def reload(description: Mapping[str, Any]) -> Splits:
    """The splits that ``load_target`` once made; a file that has changed since is refused."""
    if "task" in description:
        return get_task(description["task"], **description["options"]).load()
    if description["file"] == STDIN:
        raise ValueError("this bundle was trained on pairs from the standard input, which are gone: name a file")
    for key, digest in _digests(description).items():
        path = Path(description[key])
        if not path.is_file():
            raise ValueError(
                f"the pairs that this bundle was trained on are not at {path} any more: name a file of pairs"
            )
        if sha256(path) != digest:
            raise ValueError(
                f"{path} has changed since this bundle was trained on it, so what was held out cannot be told: "
                f"name a file of pairs, or train again"
            )
    files = {key: description[key] for key in FILES if description.get(key)}
    shares = {"dev_share": description["dev_share"], "test_share": description["test_share"]}
    data = DataConfig(**files, **shares, features=description.get("features", "auto"))
    return _split(_open(description["file"], data), data)[0]


def name_of(path: Path) -> str:
    """The name of a file without the endings that say what kind of file it is; any other dot is part of the name."""
    name = path.name
    while name.lower().endswith(SUFFIXES):
        shorter = name.rpartition(".")[0]
        if not shorter.strip("."):
            break
        name = shorter
    return name


FILES = ("targets", "dev", "dev_targets", "test", "test_targets")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as ``sha256sum`` prints it."""
    total = hashlib.sha256()
    with open_binary(path) as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def check_file(target: str, options: Mapping[str, Any]) -> None:
    """Raise unless ``target``, which is no task, may be a file."""
    if target != STDIN and not Path(target).exists() and not _looks_like_path(target):
        close = difflib.get_close_matches(target, TASKS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the tasks are {', '.join(TASKS)}"
        raise ValueError(f"there is no task and no file {target!r}: {hint}")
    if options:
        raise ValueError(f"{target} is a file, and --{next(iter(options))} is an option of a task: leave it out")


def hashes(description: Mapping[str, Any]) -> dict[str, str]:
    """The hash of each file by its path, the main one first."""
    given = {description[key]: description[f"{key}_sha256"] for key in FILES if description.get(key)}
    return {description["file"]: description["sha256"], **given}


def _open(target: str, data: DataConfig) -> dict[str, PairReader]:
    """A reader of the main file, "train", and of each split that has a file of its own."""
    named = {
        "train": (target, data.targets),
        "dev": (data.dev, data.dev_targets),
        "test": (data.test, data.test_targets),
    }
    return {
        name: open_pairs(path, targets, features=data.features)
        for name, (path, targets) in named.items()
        if path is not None
    }


def _split(readers: Mapping[str, PairReader], data: DataConfig) -> tuple[Splits, Shares, bool]:
    """The splits, the shares of the main file that are held out, and whether it is large.

    A split that has a file of its own takes nothing from the main file.
    """
    given = {name: group_rows(readers[name].rows()) for name in ("dev", "test") if name in readers}
    shares = Shares(*(0.0 if name in given else getattr(data, f"{name}_share") for name in ("dev", "test")))
    rows = list(islice(readers["train"].rows(), LARGE + 1))
    is_large = len(rows) > LARGE
    if is_large:
        del rows
        splits, shares = stream_splits(readers["train"], shares, watch=watch_rows)
    else:
        splits = split_by_source(group_rows(rows), dev=shares.dev, test=shares.test)
    return Splits(splits.train, given.get("dev", splits.dev), given.get("test", splits.test)), shares, is_large


def watch_rows(rows: Iterator[Row], total: int | None) -> Iterator[Row]:
    """The rows, and on the error output how many were read."""
    return showing_progress(rows, lambda _: 1, total, "rows")


def _describe(target: str, data: DataConfig, shares: Shares, readers: Mapping[str, PairReader]) -> dict[str, Any]:
    """Where the pairs are, a hash of each file, and what was held out. A pipe is as good as the standard input."""
    is_file = Path(target).is_file()
    described: dict[str, Any] = {"file": str(Path(target).resolve()) if is_file else STDIN}
    described["sha256"] = sha256(readers["train"].files[0].path)
    places = {"dev": ("dev", 0), "dev_targets": ("dev", 1), "test": ("test", 0), "test_targets": ("test", 1)}
    for key, (name, number) in {"targets": ("train", 1), **places}.items():
        if path := getattr(data, key):
            digest = sha256(readers[name].files[number].path)
            described |= {key: str(Path(path).resolve()), f"{key}_sha256": digest}
    if data.features != "auto":
        described["features"] = data.features
    return {**described, "dev_share": shares.dev, "test_share": shares.test}


def _digests(description: Mapping[str, Any]) -> dict[str, str | None]:
    """The stored hash of each file."""
    own = {"file": description.get("sha256")}
    return own | {key: description.get(f"{key}_sha256") for key in FILES if description.get(key)}


def _check_no_files(task: str, data: DataConfig) -> None:
    default = DataConfig()
    for name in ("dev_share", "test_share", *FILES):
        if getattr(data, name) != getattr(default, name):
            what = name if name in FILES else "dev_share and test_share"
            raise ValueError(f"the task {task} says itself what it holds out: leave {what} to files")


def _looks_like_path(target: str) -> bool:
    return "/" in target or "\\" in target or "." in target
