"""Texts for learners use the terms of the glossary."""

from collections.abc import Iterator
from pathlib import Path

from course.builder import ROOT
from course.builder.glossary import slips
from course.builder.guards.problem import Problem, shown

MESSAGES = ROOT / "src" / "henkan" / "course"


def wrong_terms(paths: list[Path]) -> Iterator[Problem]:
    """Forms that the glossary forbids, in lessons, exercises and messages."""
    for path in paths:
        for slip in slips(path.read_text(encoding="utf-8")):
            yield Problem(f"{shown(path)}:{slip.line}", f"{slip.form} is written {slip.right} (course/glossary.toml)")


def message_files(folder: Path = MESSAGES) -> list[Path]:
    """Every file with texts of the course itself."""
    return sorted(folder.rglob("*.toml"))
