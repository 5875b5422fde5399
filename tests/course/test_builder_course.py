"""The lessons as they are: nothing to mend, notebooks as the sources say, and a true page for authors."""

import os
import re
import shlex
from pathlib import Path

import nbformat
import pytest
from lesson_source import lesson, number

from course.builder import ROOT
from course.builder.__main__ import _parser
from course.builder.guards import EACH_LESSON, problems_of, problems_of_course
from course.builder.guards.notebooks import stale_notebooks, stored_outputs
from course.builder.lesson import Lesson, read_lessons
from course.builder.notebook import build
from henkan.cli import COMMANDS
from henkan.course.text import LANGUAGES

LESSONS = read_lessons()
AUTHORING = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """The notebooks of the small lesson, as they are built."""
    for language in LANGUAGES:
        (tmp_path / language).mkdir()
        (tmp_path / language / "small.ipynb").write_text(build(lesson(), language, number), encoding="utf-8")
    return tmp_path


def stale(folder: Path) -> list[str]:
    return [problem.what for problem in stale_notebooks([lesson()], folder, number)]


# The guards of what is committed


def test_notebooks_as_built_are_not_stale(notebooks: Path) -> None:
    assert stale(notebooks) == []
    assert list(stored_outputs(notebooks, notebooks)) == []


def test_a_notebook_that_is_missing_or_edited_or_without_a_source_is_found(notebooks: Path) -> None:
    (notebooks / "ja" / "small.ipynb").unlink()
    edited = notebooks / "en" / "small.ipynb"
    edited.write_text(edited.read_text(encoding="utf-8").replace("It takes two", "It takes three"), encoding="utf-8")
    (notebooks / "en" / "other.ipynb").write_text(edited.read_text(encoding="utf-8"), encoding="utf-8")
    assert stale(notebooks) == [
        "is missing: python -m course.builder build",
        "differs from small.py: python -m course.builder build",
        "has no source in course/",
    ]


def test_a_notebook_that_cannot_be_built_is_found(notebooks: Path) -> None:
    found = list(stale_notebooks([lesson("eq-sdpa.alpha1", "eq-sdpa.alpha9")], notebooks, number))
    assert ["cannot be built" in problem.what for problem in found] == [True]


def test_saved_outputs_and_notebooks_among_the_sources_are_found(notebooks: Path) -> None:
    path = notebooks / "ja" / "small.ipynb"
    saved = nbformat.read(path, as_version=4)
    saved.cells[-1].execution_count = 1
    nbformat.write(saved, path)
    (notebooks / "draft.ipynb").write_text((notebooks / "en" / "small.ipynb").read_text(encoding="utf-8"))
    assert [problem.what for problem in stored_outputs(notebooks, notebooks)] == [
        "is a notebook; sources are .py files, which hold no outputs",
        "holds outputs",
    ]


# The course


@pytest.mark.parametrize("source", LESSONS, ids=[source.name for source in LESSONS])
def test_there_is_nothing_to_mend_in_a_lesson(source: Lesson) -> None:
    assert [str(problem) for problem in problems_of(source)] == []


def test_there_is_nothing_to_mend_between_lessons_exercises_and_notebooks() -> None:
    assert [str(problem) for problem in problems_of_course(LESSONS)] == []


def test_every_guard_of_a_lesson_says_what_it_looks_for() -> None:
    assert len(EACH_LESSON) == len(set(EACH_LESSON))
    assert all(guard.__doc__ for guard in EACH_LESSON)


# The page for authors


def commands() -> list[str]:
    """Every line of a block of shell commands on the page for authors."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", AUTHORING, re.MULTILINE | re.DOTALL)
    return [
        line for block in blocks for line in re.sub(r"\s+# .*$", "", block, flags=re.MULTILINE).splitlines() if line
    ]


@pytest.mark.parametrize("command", commands())
def test_a_command_for_authors_exists(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        return
    assert (ROOT / program).exists(), program
    if arguments[:2] == ["-m", "course.builder"]:
        assert _parser().parse_args(arguments[2:]).command
    elif Path(program).name == "henkan":
        assert arguments[0] in COMMANDS
    else:
        assert all(os.path.exists(ROOT / word) for word in arguments if word.endswith(".py") and "X" not in word)


def test_the_page_for_authors_names_files_that_exist() -> None:
    paths = {path for path in re.findall(r"`([\w./-]+/[\w./-]+)`", AUTHORING) if "NAME" not in path and "X" not in path}
    assert len(paths) > 5
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_page_for_authors_fits_on_a_page() -> None:
    assert len(AUTHORING.splitlines()) <= 120
