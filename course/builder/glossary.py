"""The terms of henkan's texts: which form is right, which never is, and the page that lists them."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from course.builder import ROOT, SOURCES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SOURCE = SOURCES / "glossary.toml"
PAGE = ROOT / "docs" / "glossary.md"

INTRODUCTION = """\
# Glossary / 用語集

<!-- Written from course/glossary.toml by: python -m course.builder glossary -->

The terms of henkan's texts. Where the Japanese column has two terms, both are right and the first is preferred. *Never* are
forms that are wrong in these texts whatever they mean; tests look for them in README.ja.md, the lessons, the exercises,
the figures and the messages. *Not for this* are ordinary words that mean something else.

henkan の文章で使う用語です。日本語の欄に二つあるときは、どちらも使えますが、先のものを優先します。「使わない形」は、どの意味でも
使いません。「この意味では使わない」は、ほかの意味でなら使ってよい語です。
"""
HEAD = """\
| 日本語 | 読み | English | never / 使わない形 | not for this / この意味では使わない |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Term:
    """A word of the field, as these texts write it."""

    term: tuple[str, ...]
    reading: tuple[str, ...]
    en: str
    never: tuple[str, ...] = ()
    not_for_this: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the glossary."""

    ja: str
    en: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Slip:
    """A form that should not stand where it stands."""

    line: int
    form: str
    right: str


@cache
def read_glossary(path: Path = SOURCE) -> tuple[Section, ...]:
    """The sections of the glossary."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(Section(table["ja"], table["en"], tuple(map(_term, table["terms"]))) for table in tables.values())


def slips(text: str, sections: tuple[Section, ...] | None = None) -> Iterator[Slip]:
    """Every form in ``text`` that is never right. Parts of a right term are none: トランス inside of トランスフォーマー."""
    terms = [term for section in sections or read_glossary() for term in section.terms]
    right = [match.span() for term in terms for word in term.term for match in re.finditer(re.escape(word), text)]
    for term in terms:
        for form in term.never:
            for match in re.finditer(re.escape(form), text):
                start, end = match.span()
                if not any(first <= start and end <= last and (first, last) != (start, end) for first, last in right):
                    yield Slip(text.count("\n", 0, start) + 1, form, "、".join(term.term))


def page(sections: tuple[Section, ...]) -> str:
    """The glossary as a page of Markdown."""
    parts = [INTRODUCTION]
    for section in sections:
        rows = "".join(_row(term) for term in section.terms)
        parts.append(f"## {section.en} / {section.ja}\n\n{HEAD}{rows}")
    return "\n".join(parts)


def _row(term: Term) -> str:
    lists = (", ".join(term.never), ", ".join(term.not_for_this))
    cells = ("、".join(term.term), "、".join(term.reading), term.en, *lists)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"


def _term(entry: dict[str, Any]) -> Term:
    lists = {name: tuple(entry.get(name, ())) for name in ("term", "reading", "never", "not_for_this")}
    return Term(en=entry["en"], **lists)
