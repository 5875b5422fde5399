"""What a cell of prose holds besides words: headings, formulas, code, links, labels and numbers."""

import re
import unicodedata
from dataclasses import dataclass

from course.builder.placeholders import PLACEHOLDER

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+?)\$", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
LABEL = re.compile(r"\beq-[a-z0-9]+(?:-[a-z0-9]+)*|(?<![A-Za-z0-9])[A-Z]\d+-\d+(?![\d-])")  # eq-sdpa, M2-1
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+)(?![A-Za-z0-9_]|\.\d)")
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")

# Small numbers may be words in either language: 二つのトークン, two tokens.
ENGLISH = {
    "0": "zero no none nothing nowhere",
    "1": "one once first single",
    "2": "two twice second both pair double",
    "3": "three third thrice",
    "4": "four fourth",
    "5": "five fifth",
    "6": "six sixth",
    "7": "seven seventh",
    "8": "eight eighth",
    "9": "nine ninth",
    "10": "ten tenth",
}
JAPANESE = dict(zip("0123456789", "零一二三四五六七八九", strict=True)) | {"10": "十"}


@dataclass(frozen=True)
class Prose:
    """What both languages must share. Order is left to each language, except for headings and blocks of code."""

    headings: tuple[int, ...]
    blocks: tuple[str, ...]
    formulas: frozenset[str]
    code: frozenset[str]
    links: frozenset[str]
    labels: frozenset[str]
    placeholders: frozenset[str]
    numbers: frozenset[str]
    words: str
    """The text without all of these, but with its numbers."""


def read_prose(text: str) -> Prose:
    """The parts of a cell of prose."""
    words, found = text, {}
    for name, pattern in (("blocks", FENCE), ("links", LINK), ("code", CODE)):
        words, found[name] = _taken(pattern, words)
    words, formulas = _taken(FORMULA, words)
    places = [_spaceless(match[0]) for match in PLACEHOLDER.finditer(text)]
    headings = tuple(len(mark) for mark in HEADING.findall(words))
    words, _ = _taken(PLACEHOLDER, words)
    labels = LABEL.findall(PLACEHOLDER.sub(" ", text))
    words = unicodedata.normalize("NFKC", ORDINAL.sub(" ", LABEL.sub(" ", words)))
    return Prose(
        headings,
        tuple(found["blocks"]),
        frozenset(_formula(formula) for formula in formulas),
        frozenset(found["code"]),
        frozenset(found["links"]),
        frozenset(labels),
        frozenset(places),
        frozenset(number.replace(",", "") for number in NUMBER.findall(words)),
        words,
    )


def in_words(number: str, words: str, language: str) -> bool:
    """Whether a small number is there as a word."""
    if language == "ja":
        return number in JAPANESE and JAPANESE[number] in words
    names = ENGLISH.get(number, "").split()
    return bool(names) and re.search(rf"\b(?:{'|'.join(names)})s?\b", words, re.IGNORECASE) is not None


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, list[str]]:
    """``text`` without what the pattern finds, and what that was."""
    found = [next(filter(None, match.groups()), match[0]) for match in pattern.finditer(text)]
    return pattern.sub(" ", text), found


def _formula(formula: str) -> str:
    """A formula without what languages may differ in: space, words, and the stop at its end."""
    without_words = re.sub(
        r"\\(?:text|mathrm|textrm)\{[^{}]*[^\x00-\x7f][^{}]*\}|\\text\{[^{}]*\}", r"\\text{}", formula
    )
    return _spaceless(without_words).rstrip(".,、。;")


def _spaceless(text: str) -> str:
    return re.sub(r"\s+", "", text)
