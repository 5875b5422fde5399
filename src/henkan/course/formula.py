"""The formulas of an exercise as comments, from the ledger of equations."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from henkan.course.text import Language
from henkan.course.toml import read_toml
from henkan.course.words import word


def formula_lines(labels: Sequence[str], language: Language) -> list[str]:
    """A line for each equation that the ledger has."""
    return list(_lines(labels, language))


def _lines(labels: Sequence[str], language: Language) -> Iterator[str]:
    for label in labels:
        if label in _ledger():
            latex = " ".join(_ledger()[label]["latex"].split())
            yield word("formula", language, label=label, latex=latex)


@cache
def _ledger() -> dict[str, Any]:
    try:
        return read_toml("equations.toml")
    except FileNotFoundError:
        return {}
