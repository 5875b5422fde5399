"""The ledger of equations: each with its formula, the one line of the library that computes it, and its numbers."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import henkan
from henkan.course.examples import EXAMPLES
from henkan.course.text import Text
from henkan.course.toml import read_toml

LIBRARY = Path(henkan.__file__).parent


@dataclass(frozen=True)
class Symbol:
    """A symbol of a formula: what the code calls it, its shape, and what it means."""

    symbol: str
    variable: str
    shape: str
    meaning: Text


@dataclass(frozen=True)
class Equation:
    """An equation of the ledger.

    ``template`` is the formula with places for the numbers of its example, ``asked`` the number that a quiz asks for.
    """

    label: str
    title: Text
    latex: str
    plain: str
    paper: Text
    symbols: Sequence[Symbol]
    template: str
    asked: str

    @property
    def filled(self) -> str:
        """The formula with the numbers of its example put in."""
        return self.template.format(**{name: Typeset(value) for name, value in numbers(self.label).items()})

    def question(self) -> tuple[str, str, list[str]]:
        """The filled formula with one number hidden, that number, and wrong ones: those of the way that come near it."""
        form = re.search(rf"{{{self.asked}:([^}}]*)}}", self.template)
        assert form is not None, f"{self.label}: filled has no place for {self.asked}"
        shown = {name: f"{Typeset(number):{form[1]}}" for name, number in numbers(self.label).items()}
        hidden = re.sub(rf"{{{self.asked}:[^}}]*}}", "?", self.template)
        formula = hidden.format(**{name: Typeset(number) for name, number in numbers(self.label).items()})
        value, answer = numbers(self.label)[self.asked], shown[self.asked]
        others = [*numbers(self.label).values(), 1 - value, value / 2, -value, 2 * value]
        nearest = dict.fromkeys(f"{Typeset(other):{form[1]}}" for other in sorted(others, key=lambda x: abs(x - value)))
        return formula, answer, [text for text in nearest if text not in formula and text != answer]


class Typeset(float):
    """A number that is written with a true minus sign, and zero without one."""

    def __format__(self, form: str) -> str:
        written = float.__format__(self, form)
        return (written.removeprefix("-") if float(written.replace(",", "")) == 0 else written).replace("-", "−")


@dataclass(frozen=True)
class Anchor:
    """The line of the library that computes an equation, as it stands today. ``file`` is relative to ``src``."""

    file: str
    line: int
    code: str


def labels() -> list[str]:
    """The labels of all equations, in the order of the lessons."""
    return list(_tables())


@cache
def equation(label: str) -> Equation:
    """The equation of this label; a ``ValueError`` names the nearest if there is none."""
    if label not in _tables():
        raise ValueError(f"there is no equation {label!r}{_nearest(label, labels())}")
    entry = _tables()[label]
    return Equation(
        label=label,
        title=Text.of(entry["title"], f"{label}: title"),
        latex=" ".join(entry["latex"].split()),
        plain=entry["plain"],
        paper=Text.of(entry["paper"], f"{label}: paper"),
        symbols=[
            Symbol(item["symbol"], item["variable"], item["shape"], Text.of(item, f"{label}: {item['symbol']}"))
            for item in entry["symbols"]
        ],
        template=entry["filled"],
        asked=entry["asked"],
    )


@cache
def numbers(label: str) -> Mapping[str, float]:
    """The numbers of the example, by name. Groups of numbers without an equation have labels that begin with "num-"."""
    if label not in EXAMPLES:
        raise ValueError(f"there are no numbers {label!r}{_nearest(label, EXAMPLES)}")
    return EXAMPLES[label]()


def number(label: str, name: str) -> float:
    """One number of an example; a ``ValueError`` names those that there are."""
    found = numbers(label)
    if name not in found:
        raise ValueError(f"{label} has no number {name!r}: it has {', '.join(found)}")
    return found[name] + 0.0  # a negative zero becomes a plain one


@cache
def anchor(label: str) -> Anchor:
    """The one line of the library that ends with ``# [label]``; another number of lines is a ``ValueError``."""
    mark = f"# [{label}]"
    found = [
        Anchor(path.relative_to(LIBRARY.parent).as_posix(), number, line.removesuffix(mark).strip())
        for path in sorted(LIBRARY.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        if line.endswith(mark)
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} lines end with {mark}, and one should: {[item.file for item in found]}")
    return found[0]


@cache
def _tables() -> Mapping[str, Any]:
    return read_toml("equations.toml")


def _nearest(label: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(label, [*known, *(name.partition("-")[2] for name in known)], n=1)
    if not close:
        return f": choose one of {', '.join(known)}"
    return f": did you mean {next(name for name in known if name.endswith(close[0]))}?"
