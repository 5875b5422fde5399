"""Which form a file of pairs has, and a reader for it."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from henkan.data.features import SAMPLE, Features, count_tags, find_features
from henkan.data.json_lines import features_of, is_json_row
from henkan.data.pair_reader import PairReader, ReadReport, Row
from henkan.data.text_file import TextFile

__all__ = ["FeaturesMode", "PairReader", "ReadReport", "Row", "open_pairs"]

FeaturesMode = Literal["auto", "none", "tags"]
JSON_NAMES = (".jsonl", ".ndjson", ".json")


def open_pairs(path: str | Path, targets: str | Path | None = None, *, features: FeaturesMode = "auto") -> PairReader:
    """A reader of the pairs in a file, in two files side by side, or in the standard input (``-``).

    The form shows in the file: JSON lines begin with an object, anything else is columns with a tab between them, two
    of them, or three if there are ``features``. "auto" takes a third column, or the key of a JSON line, for features if
    it holds a small closed set of tags in every row; "tags" says that it does, "none" that there are none.
    With ``targets``, line N of one file belongs to line N of the other, and a tab is a character like others; "tags"
    then means that the sources carry them already, after their last tab.
    """
    sources = TextFile(path)
    if targets is not None:
        if str(path) == str(targets):
            raise ValueError(f"{sources.name} is named for both sources and targets: name the file of the other side")
        return PairReader([sources, TextFile(targets)], "parallel", Features() if features == "tags" else None)
    sample = list(islice((line for line in sources.lines() if line.strip()), SAMPLE))
    if sample and (_has_json_name(sources.name) or is_json_row(sample[0])):
        return PairReader([sources], "json", _json_features(sample, features))
    return PairReader([sources], "columns", _column_features(sample, features))


def _column_features(sample: Sequence[str], mode: FeaturesMode) -> Features | None:
    rows = [line.split("\t") for line in sample]
    if mode == "tags":
        return Features(tuple(count_tags(row[2] for row in rows if len(row) == 3)))
    if mode == "none" or any(len(row) != 3 for row in rows):
        return None
    return find_features(row[2] for row in rows)


def _json_features(sample: Sequence[str], mode: FeaturesMode) -> Features | None:
    """A key has a name, so features need no proof beyond being there."""
    if mode == "none":
        return None
    found = [tags for tags in map(features_of, sample) if tags]
    return Features(tuple(count_tags(found))) if found or mode == "tags" else None


def _has_json_name(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(JSON_NAMES)
