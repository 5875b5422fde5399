"""Pairs as JSON lines: an object a line, with the keys source, target or targets, and features if there are any."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from henkan.data.features import TAG_SEPARATOR, with_features
from henkan.data.lines import shorten

EXAMPLE = '{"source": "abc", "target": "xyz"}'
NAMES = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}
FORBIDDEN = {"\n": "a newline", "\0": "a zero character"}


def is_json_row(line: str) -> bool:
    """Whether a line is meant as a JSON object: it is one, or it begins like one and has no tab to be two columns."""
    if not line.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return "\t" not in line


def parse_json_row(line: str, place: str, *, features: bool) -> list[tuple[str, str]]:
    """A pair for every target of one line; ``place`` is what errors call it.

    With ``features`` they are part of the source; without, they are left out, like all keys without a meaning here.
    """
    row = _parse(line, place)
    if "source" not in row:
        raise ValueError(f'{place} has no key "source": write {EXAMPLE}')
    if ("target" in row) == ("targets" in row):
        has = "both keys" if "target" in row else "neither key"
        raise ValueError(f'{place} has {has} "target" and "targets": write one of them, as in {EXAMPLE}')
    source = _text(row["source"], "source", place)
    if features:
        tags = _tags(row.get("features", ""), place)
        if not tags and "\t" in source:
            raise ValueError(f'{place}: "source" has a tab but no "features", whose place is after a tab: add them')
        source = with_features(source, tags)
    if "target" in row:
        return [(source, _text(row["target"], "target", place))]
    return [(source, _text(target, "targets", place)) for target in _list(row["targets"], "targets", place)]


def features_of(line: str) -> str | None:
    """The features of a line, None if it has none. What is wrong with it is said when it is parsed for its pairs."""
    try:
        row = json.loads(line)
        return _tags(row["features"], "") if isinstance(row, dict) and "features" in row else None
    except (ValueError, RecursionError):
        return None


def _parse(line: str, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except RecursionError:
        raise ValueError(f"{place} is nested too deeply: write {EXAMPLE}") from None
    except ValueError as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"{place} is not JSON ({what}), found {shorten(line)}: write {EXAMPLE}") from None
    if not isinstance(row, dict):
        raise ValueError(
            f"{place} is {_kind(row)} and not an object: write {EXAMPLE}, "
            f"or take the objects out of a list with: jq -c '.[]' FILE > NEW_FILE"
        )
    return row


def _text(value: object, key: str, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f'{place}: "{key}" is {_kind(value)} and not text: write {EXAMPLE}')
    for character, name in FORBIDDEN.items():
        if character in value:
            raise ValueError(
                f'{place}: "{key}" has {name} in its text, which no line of input or output can hold: replace it'
            )
    if value.endswith("\r"):
        raise ValueError(f'{place}: "{key}" ends with a carriage return, which a line would lose: leave it out')
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        half = value[error.start]
        raise ValueError(
            f'{place}: "{key}" has half a character (the lone surrogate \\u{ord(half):04x}), which is not UTF-8: '
            f"write both halves, or the character itself"
        ) from None
    return value


def _tags(value: object, place: str) -> str:
    """Features as they stand in a column: text as it is, a list joined."""
    if not isinstance(value, list):
        tags = [_text(value, "features", place)]
    else:
        tags = [_text(tag, "features", place) for tag in value]
        for tag in tags:
            if TAG_SEPARATOR in tag:
                raise ValueError(f'{place}: "features" has {tag!r} with a {TAG_SEPARATOR!r} in a tag: make it two tags')
    if any("\t" in tag for tag in tags):
        raise ValueError(f'{place}: "features" has a tab in a tag: leave it out')
    return TAG_SEPARATOR.join(tags)


def _list(value: object, key: str, place: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise ValueError(f'{place}: "{key}" is {_kind(value)} and not a list: write "target" for a single one')
    return value or [""]  # no target at all is one that is blank


def _kind(value: object) -> str:
    return "null" if value is None else NAMES[type(value)]
