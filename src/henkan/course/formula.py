"""The formulas of an exercise as a terminal and a comment can show them, from the ledger of equations."""

from collections.abc import Sequence

from henkan.course.ledger import equation
from henkan.course.text import Language
from henkan.course.words import word


def formula_lines(labels: Sequence[str], language: Language) -> list[str]:
    """A line for each equation."""
    return [word("formula", language, label=label, formula=equation(label).plain) for label in labels]
