"""Numbers in prose come from the ledger: ``{{eq-sdpa.alpha1:.3f}}`` is filled when a notebook is built."""

import re
from collections.abc import Callable
from importlib import import_module

PLACEHOLDER = re.compile(r"\{\{\s*(?P<label>[a-z][a-z0-9-]*)\.(?P<name>[A-Za-z_]\w*)\s*(?::(?P<format>[^{}]+))?\}\}")
FORMULA_OR_CODE = re.compile(r"(\$\$.+?\$\$|\$[^$\n]+\$|`[^`\n]+`)", re.DOTALL)
DEFAULT_FORMAT = ".6f"

Numbers = Callable[[str, str], float]
"""From the label of an equation and the name of a number to its value."""


def ledger_number(label: str, name: str) -> float:
    """The number of the ledger."""
    number: Numbers = import_module("henkan.course.ledger").number
    return number(label, name)


def known_number(label: str, name: str) -> float:
    """The number of the ledger, NaN for one that it does not have: for looking at a lesson that is being written."""
    try:
        return ledger_number(label, name)
    except (ImportError, LookupError, ValueError):
        return float("nan")


def fill(text: str, number: Numbers = ledger_number) -> str:
    """``text`` with every placeholder replaced by its number. Prose gets a true minus sign."""

    def typeset(match: re.Match[str], *, minus: str) -> str:
        written = format(number(match["label"], match["name"]), (match["format"] or DEFAULT_FORMAT).strip())
        return written.replace("-", minus)

    pieces = FORMULA_OR_CODE.split(text)  # prose and the rest take turns
    return "".join(
        PLACEHOLDER.sub(lambda match, minus="-" if place % 2 else "−": typeset(match, minus=minus), piece)
        for place, piece in enumerate(pieces)
    )
