"""Numbers and labels come from the ledger of equations."""

import re
from collections.abc import Collection, Iterator

from course.builder.code import strings_given
from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Lesson
from course.builder.placeholders import PLACEHOLDER, Numbers, ledger_number
from course.builder.prose import FORMULA, LINK, read_prose

DECIMAL = re.compile(r"\d*\.\d{3,}")
PAPER = re.compile(r"\barXiv:\d{4}\.\d{5}")


def typed_decimals(lesson: Lesson) -> Iterator[Problem]:
    """Decimals of three or more places that were typed: they go wrong, and nothing would notice."""
    for cell in lesson.cells:
        if not cell.is_code:
            text = PAPER.sub(" ", LINK.sub(" ", PLACEHOLDER.sub(" ", cell.text)))
            for decimal in DECIMAL.findall(text):
                yield in_cell(lesson, cell, f"{decimal} is typed: take it from the ledger, {{{{eq-....name:.3f}}}}")


def unknown_labels(lesson: Lesson, labels: Collection[str]) -> Iterator[Problem]:
    """Equations that are spoken of but not in the ledger."""
    named = [
        (cell, label)
        for cell in lesson.cells
        if not cell.is_code
        for label in sorted(read_prose(cell.text).labels)
        if label.startswith("eq-")
    ]
    for cell, label in [*named, *strings_given(lesson, "equation_card"), *strings_given(lesson, "quiz")]:
        if label not in labels:
            yield in_cell(lesson, cell, f"[{label}] is not in src/henkan/course/equations.toml")


def unknown_numbers(lesson: Lesson, number: Numbers = ledger_number) -> Iterator[Problem]:
    """Placeholders that the ledger cannot fill, and braces that are no placeholder."""
    for cell in lesson.cells:
        if cell.is_code:
            continue
        for place in PLACEHOLDER.finditer(cell.text):
            try:
                format(number(place["label"], place["name"]), place["format"] or ".6f")
            except (ImportError, LookupError, ValueError) as error:
                yield in_cell(lesson, cell, f"{place[0]} cannot be filled: {error}")
        rest = FORMULA.sub(" ", PLACEHOLDER.sub(" ", cell.text))
        if "{{" in rest or "}}" in rest:
            yield in_cell(lesson, cell, "has {{ }} that are no placeholder: {{label.name}} or {{label.name:.3f}}")
