"""A features column: tags such as ``V;PST``, in the third column of a file or under a key of a JSON line."""

from collections.abc import Iterable
from dataclasses import dataclass

TAG_SEPARATOR = ";"
SAMPLE = 10_000  # rows looked at; a closed set of tags shows itself long before that
MAX_TAGS = 300  # UniMorph knows some 200 tags in all its languages together
MAX_TAG_LENGTH = 30  # the longest of them has 21 characters; a sentence has more
MIN_USES = 2  # uses per tag, on average: what never comes again is text and not a tag


@dataclass(frozen=True)
class Features:
    """The features column of some rows: its different ``tags``, the most frequent first."""

    tags: tuple[str, ...] = ()


def with_features(text: str, tags: str) -> str:
    """The source that a model reads: text, tab, tags. Without text or without tags it is the text alone."""
    return f"{text}\t{tags}" if tags.strip() and text.strip() else text


def find_features(columns: Iterable[str]) -> Features | None:
    """The tags, if these third columns hold a small closed set of them; ``None`` if they hold anything else."""
    uses = count_tags(columns)
    tags = list(uses)
    if not tags or len(tags) > MAX_TAGS or sum(uses.values()) < MIN_USES * len(tags):
        return None
    if any(not tag or len(tag) > MAX_TAG_LENGTH or any(map(str.isspace, tag)) for tag in tags):
        return None
    if all(_is_number(tag) for tag in tags):
        return None  # counts or scores
    return Features(tuple(tags))


def count_tags(columns: Iterable[str]) -> dict[str, int]:
    """How often each tag is used, the most frequent first."""
    uses: dict[str, int] = {}
    for column in columns:
        for tag in column.split(TAG_SEPARATOR):
            uses[tag] = uses.get(tag, 0) + 1
    return dict(sorted(uses.items(), key=lambda item: -item[1]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
