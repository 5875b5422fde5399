"""The formulas of an exercise as a terminal and a comment can show them, from the ledger of equations."""

from collections.abc import Sequence

from henkan.course.ledger import equation
from henkan.course.plain_formula import plain_formula
from henkan.course.text import Language
from henkan.course.words import word


def formula_lines(labels: Sequence[str], language: Language) -> list[str]:
    """A line for each equation."""
    return [word("formula", language, label=label, formula=plain_formula(equation(label).latex)) for label in labels]
