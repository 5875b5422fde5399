"""Texts for learners use the terms of the glossary."""

import re
from collections.abc import Iterator
from pathlib import Path

from course.builder import ROOT
from course.builder.glossary import slips
from course.builder.guards.problem import Problem, shown

LIBRARY = ROOT / "src" / "henkan"
KANA = re.compile("[ぁ-んァ-ヶ]")


def wrong_terms(paths: list[Path]) -> Iterator[Problem]:
    """Forms that the glossary forbids, in lessons, exercises and messages."""
    for path in paths:
        for slip in slips(path.read_text(encoding="utf-8")):
            yield Problem(f"{shown(path)}:{slip.line}", f"{slip.form} is written {slip.right} (course/glossary.toml)")


def message_files(folder: Path = LIBRARY) -> list[Path]:
    """Every file of the library that says something in Japanese: texts of the course, labels of figures, commands."""
    files = [*folder.rglob("*.toml"), *folder.rglob("*.py")]
    return sorted(path for path in files if KANA.search(path.read_text(encoding="utf-8")))
