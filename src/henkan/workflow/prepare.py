"""Everything a training reads: examples in their splits, tokenizers, pairs of ids. Large files are encoded once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from henkan import __version__
from henkan.config import DataConfig
from henkan.data import Example, PairArrays, PairReader, Splits, make_data_report, open_pairs
from henkan.data.cache_folder import CacheFolder, folder_size
from henkan.data.corpus import MAX_HELD_OUT, StreamedExamples
from henkan.data.encode import encode_arrays
from henkan.workflow.plan_tokenizers import Tokenizers, plan_tokenizers, tokenizers_again
from henkan.workflow.report import Say
from henkan.workflow.target import FILES, Target, hashes, load_target, sha256, watch_rows
from henkan.workflow.wishes import Overrides, Wishes

FORMAT = 1  # of an entry of the cache
MIN_BYTES = 4_000_000  # of a file; smaller ones are read faster than looked up
CONTENT = "prepared.json"
SHARES = ("dev_share", "test_share")


@dataclass(frozen=True)
class Prepared:
    """The data of a training. ``report`` is what to say about it, ``place`` where its pairs lie, if on the disk."""

    target: Target
    tokenizers: Tokenizers
    pairs: PairArrays
    report: Sequence[str]
    place: Path | None = None


def prepare(target: Target, wishes: Wishes, say: Say, stored: Mapping[str, Any] | None = None) -> Prepared:
    """The data of ``target``, encoded. ``stored`` describes the tokenizers of a training that is resumed."""
    tokenizers = plan_tokenizers(target, wishes) if stored is None else tokenizers_again(stored)
    if target.is_large:
        say("  counting what the file holds")
    report = make_data_report(target.splits, tokenizers.source, tokenizers.target, target.read)
    if target.is_large:
        say("  encoding the pairs")
    pairs = encode_arrays(target.splits.train, tokenizers.source, tokenizers.target)
    return Prepared(target, tokenizers, pairs, [*report.lines(), *_capped_lines(target, wishes)])


def _capped_lines(target: Target, wishes: Wishes) -> list[str]:
    """That less is held out than was asked for, if so."""
    asked = DataConfig(**{name: share for name in SHARES if (share := wishes.get("data", name)) is not None})
    if not target.is_large or not any(0 < target.description[name] < getattr(asked, name) for name in SHARES):
        return []
    shares = " and ".join(f"{name} {target.description[name]:.3%}" for name in SHARES)
    return [f"no split of a file needs more than {MAX_HELD_OUT:,} sources, so the shares are {shares}"]


def load_prepared(
    name: str, overrides: Overrides, wishes: Wishes, say: Say, cache: CacheFolder | None = None
) -> Prepared | None:
    """What an earlier training on the same large files has left, under the same settings; ``None`` without any."""
    if not _is_large(name):
        return None
    data = replace(DataConfig(), **overrides.get("data", {}))
    paths = [name, *(path for key in FILES if (path := getattr(data, key)))]
    if not all(Path(path).is_file() for path in paths):  # a pipe can be read once
        return None
    key = _key({str(Path(path).resolve()): sha256(Path(path)) for path in paths}, data, wishes)
    cache = cache or CacheFolder()
    place = cache.entry(key)
    if place is None:
        return None
    reader = open_pairs(name, data.targets, features=data.features)
    try:
        return _read(place, reader)
    except (OSError, ValueError, KeyError, TypeError):
        say(f"  {place} is damaged and made anew")
        cache.remove(key)
        return None


def store_prepared(
    prepared: Prepared, name: str, overrides: Overrides, wishes: Wishes, say: Say, cache: CacheFolder | None = None
) -> Prepared:
    """The same, with its pairs on the disk, if they are many: for this training and those after it."""
    if not prepared.target.is_large or not _is_large(name):
        return prepared
    data = replace(DataConfig(), **overrides.get("data", {}))
    cache = cache or CacheFolder()
    # The hashes of what was read, which a file that has changed since does not have any more.
    key = _key(hashes(prepared.target.description), data, wishes)
    place = cache.store(key, lambda folder: _write(prepared, folder))
    if place is None:
        say(f"  {cache.root} cannot be written, so the pairs stay in memory and are encoded again next time")
        return prepared
    for path in cache.removed:
        say(f"  {path}, encoded pairs used longest ago, was removed to make room")
    say(
        f"  {len(prepared.pairs):,} pairs encoded, {folder_size(place) / 1e6:,.0f} MB in {place}; "
        f"the next training on this file begins at once"
    )
    return replace(prepared, pairs=PairArrays.load(place), place=place)


def _is_large(name: str) -> bool:
    path = Path(name)
    return path.is_file() and path.stat().st_size >= MIN_BYTES


def _key(files: Mapping[str, str], data: DataConfig, wishes: Wishes) -> dict[str, Any]:
    """All that decides what a training reads, and what it calls the files."""
    return {
        "format": FORMAT,
        "henkan": __version__,
        "files": list(files.items()),
        "data": {name: value for name, value in asdict(data).items() if name not in FILES},
        "given": [name for name in FILES if getattr(data, name)],
        "tie_embeddings": wishes.get("model", "tie_embeddings"),
    }


def _write(prepared: Prepared, folder: Path) -> None:
    train = prepared.target.splits.train
    assert isinstance(train, StreamedExamples)
    prepared.pairs.save(folder)
    np.save(folder / "train_rows.npy", train.mask)
    held_out = {
        name: [[example.source, list(example.references), example.line] for example in examples]
        for name, examples in (("dev", prepared.target.splits.dev), ("test", prepared.target.splits.test))
    }
    content = {
        "name": prepared.target.name,
        "description": dict(prepared.target.description),
        "has_features": prepared.target.has_features,
        "train_sources": train.sources,
        "tokenizers": prepared.tokenizers.to_dict(),
        "report": list(prepared.report),
        **held_out,
    }
    (folder / CONTENT).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _read(place: Path, reader: PairReader) -> Prepared:
    content = json.loads((place / CONTENT).read_text("utf-8"))
    dev, test = (
        [Example(source, tuple(references), line) for source, references, line in content[split]]
        for split in ("dev", "test")
    )
    train = StreamedExamples.of(reader, np.load(place / "train_rows.npy"), content["train_sources"], watch_rows)
    target = Target(
        content["name"],
        Splits(train, dev, test),
        content["description"],
        has_features=content["has_features"],
        is_large=True,
    )
    return Prepared(target, tokenizers_again(content), PairArrays.load(place), content["report"], place)


def prepare_training(name: str, overrides: Overrides, say: Say) -> tuple[Target, Wishes, Prepared | None]:
    """The target and what is wished for it; prepared already, if an earlier training has left that."""
    wishes = Wishes(overrides)
    if _is_large(name):
        found = load_prepared(name, overrides, wishes, say)
        if found is not None:
            return found.target, replace(wishes, task=found.target.name), found
        say(f"Reading {name}, which is large: this is done once")
    target = load_target(name, replace(DataConfig(), **overrides.get("data", {})), overrides.get("task", {}))
    return target, Wishes(overrides, target.task.recipe() if target.task is not None else {}, target.name), None
