"""The ledger of equations: each with its formula, the one line of the library that computes it, and its numbers.

``equations.toml`` holds what is written by hand. The line of code is looked up in the library's source as it stands: it
is the one that ends with ``# [label]``. The numbers are computed by ``henkan.course.examples``.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from henkan.course.examples import EXAMPLES
from henkan.course.plain_formula import plain_formula
from henkan.course.source import LIBRARY
from henkan.course.text import LANGUAGES, Text
from henkan.course.toml import read_toml

MARK = re.compile(r"\s*#\s*\[(eq-[a-z0-9-]+)\]\s*$")
PLACE = re.compile(r"\{\{\s*(?:(?P<label>[a-z][a-z0-9-]*)\.)?(?P<name>[A-Za-z_]\w*)\s*(?::(?P<form>[^{}]+))?\}\}")
FORM = ".6f"


@dataclass(frozen=True)
class Symbol:
    """A symbol of a formula: what it means, and what the code calls it."""

    latex: str
    variable: str
    """An expression at the line that computes the equation."""
    shape: str
    """In the letters of ``henkan.nn``, such as "(B, H, Tq, D)"; empty for a single number."""
    meaning: Text


@dataclass(frozen=True)
class Answer:
    """An answer to a question; a wrong one says what it is the answer to."""

    value: str
    reason: Text | None = None


@dataclass(frozen=True)
class Question:
    """A question about a number of the example. The wrong answers are computed, too."""

    text: Text
    right: Answer
    wrong: tuple[Answer, ...]
    shape_of: Symbol
    """The symbol whose shape may be asked for."""


@dataclass(frozen=True)
class Equation:
    """An equation of the ledger. Numbers are put in."""

    label: str
    title: Text
    latex: str
    paper: Text | None
    """Where the paper has it; None if it does not."""
    symbols: tuple[Symbol, ...]
    given: str
    """What the example starts from, in LaTeX."""
    worked: tuple[str, ...]
    """The formula with the numbers of the example put in, in LaTeX."""
    question: Question

    @property
    def plain(self) -> str:
        """The formula as a line of Unicode."""
        return plain_formula(self.latex)


@dataclass(frozen=True)
class Anchor:
    """The line of the library that computes an equation, as it stands today."""

    path: str
    """From the folder of the package on: "henkan/nn/attention.py"."""
    line: int
    code: str
    """Without its indentation and its mark."""

    @property
    def where(self) -> str:
        """File and line: ``henkan/nn/attention.py:41``."""
        return f"{self.path}:{self.line}"


class UnknownNameError(ValueError):
    """A label or a number that the ledger does not have. ``close`` is the nearest that it has, if any is near."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.name, self.close = name, _nearest(name, list(known))
        hint = f"did you mean {self.close}?" if self.close else f"choose one of {', '.join(known)}"
        super().__init__(f"there is no {what} {name!r}: {hint}")


def labels() -> list[str]:
    """The labels of all equations, in the order of the lessons."""
    return list(_tables())


@cache
def equation(label: str) -> Equation:
    """The equation with this label, else ``UnknownNameError``."""
    if label not in _tables():
        raise UnknownNameError("equation", label, labels())
    table, where = _tables()[label], f"equations.toml: {label}"
    symbols = {
        latex: Symbol(latex, entry["variable"], entry["shape"], Text.of(entry, f"{where}, {latex}"))
        for latex, entry in table["symbols"].items()
    }
    return Equation(
        label=label,
        title=Text.of(table["title"], where),
        latex=" ".join(table["latex"].split()),
        paper=Text.of(table["paper"], where) if "paper" in table else None,
        symbols=tuple(symbols.values()),
        given=_filled(table["given"], label),
        worked=tuple(_filled(line, label) for line in table["worked"]),
        question=_question(table["question"], label, symbols),
    )


@cache
def numbers(label: str) -> Mapping[str, float]:
    """The numbers of an example by name. Those that belong to no equation have a label that begins with "num-"."""
    if label not in EXAMPLES:
        raise UnknownNameError("example", label, EXAMPLES)
    return {name: value + 0.0 for name, value in EXAMPLES[label]().items()}  # a zero has no sign


def number(label: str, name: str) -> float:
    """One number of an example: ``number("eq-sdpa", "alpha1")``, else ``UnknownNameError``."""
    if name not in numbers(label):
        raise UnknownNameError(f"number of {label} called", name, numbers(label))
    return numbers(label)[name]


def anchor(label: str) -> Anchor:
    """The one line of the library that ends with ``# [label]``; another number of lines is a ``ValueError``."""
    if label not in _tables():
        raise UnknownNameError("equation", label, labels())
    found = anchors().get(label, [])
    if len(found) != 1:
        places = ", ".join(place.where for place in found) or "none"
        raise ValueError(f"one line of the library should end with # [{label}], and these do: {places}")
    return found[0]


@cache
def anchors() -> Mapping[str, list[Anchor]]:
    """Every marked line of the library, by its label."""
    found: dict[str, list[Anchor]] = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        for line, source in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if mark := MARK.search(source):
                place = Anchor(path.relative_to(LIBRARY.parent).as_posix(), line, source[: mark.start()].strip())
                found.setdefault(mark[1], []).append(place)
    return found


def _question(table: Mapping[str, Any], label: str, symbols: Mapping[str, Symbol]) -> Question:
    where, form = f"equations.toml: {label}, question", table.get("form", FORM)

    def answer(reference: str, reason: Text | None = None) -> Answer:
        other, _, name = reference.rpartition(".")
        return Answer(typeset(number(other or label, name), form), reason)

    return Question(
        text=Text.of({language: _filled(table[language], label, typeset) for language in LANGUAGES}, where),
        right=answer(table["right"]),
        wrong=tuple(answer(entry["number"], Text.of(entry, where)) for entry in table["wrong"]),
        shape_of=symbols[table["shape_of"]],
    )


def typeset(value: float, form: str) -> str:
    """The number as prose has it, with a true minus sign."""
    return format(value, form).replace("-", "−")


def _in_latex(value: float, form: str) -> str:
    """The number as a formula has it: braces keep LaTeX from setting a space after the comma of thousands."""
    return format(value, form).replace(",", "{,}")


def _filled(template: str, label: str, write: Callable[[float, str], str] = _in_latex) -> str:
    """``template`` with numbers in their places: ``{{z}}`` of this example, ``{{eq-bce.y:.3f}}`` of another."""
    return PLACE.sub(
        lambda place: write(number(place["label"] or label, place["name"]), place["form"] or FORM), template
    )


@cache
def _tables() -> Mapping[str, Any]:
    return read_toml("equations.toml")


def _nearest(name: str, known: list[str]) -> str | None:
    """The nearest of ``known``, its beginning up to the first hyphen given or not."""
    plain = {item.partition("-")[2] or item: item for item in known}
    close = difflib.get_close_matches(name, [*known, *plain], n=1, cutoff=0.6)
    return plain.get(close[0], close[0]) if close else None
