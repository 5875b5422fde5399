"""docs/paper.md names nothing that does not exist."""

import ast
import importlib
import inspect
import re
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")

# Where the switches of the second table live, beside henkan itself.
HOMES = ("henkan", "henkan.config")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under ``heading``, without its first two lines."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return table[2:]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


PARTS = rows("Where each part of the paper is")
CHOICES = rows("Where henkan differs, or has to choose")


def subject(row: list[str]) -> str:
    return row[0]


@pytest.mark.parametrize("row", PARTS, ids=subject)
def test_every_part_of_the_paper_has_a_file_and_a_name_in_it(row: list[str]) -> None:
    [file], names = quoted(row[1]), quoted(row[2])
    module = importlib.import_module(file.removeprefix("src/").removesuffix(".py").replace("/", "."))
    assert Path(module.__file__ or "") == ROOT / file
    assert names
    for name in names:
        found = reduce(getattr, name.split("."), module)
        assert found.__module__ == module.__name__, f"{name} is only imported into {file}"


@pytest.mark.parametrize("row", [*PARTS, *CHOICES], ids=subject)
def test_every_row_is_held_by_tests_that_exist(row: list[str]) -> None:
    tests = quoted(row[-1])
    assert tests
    for test in tests:
        assert_test_exists(test)


def test_the_example_of_running_a_test_is_one() -> None:
    [example] = re.findall(r"^    pytest (.+)$", PAGE, re.MULTILINE)
    assert_test_exists(example)


def assert_test_exists(test: str) -> None:
    """``test`` is a file of tests, or FILE::function, or FILE::Class::function."""
    file, *names = test.split("::")
    scope: ast.AST = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for name in names:
        defined = {n.name: n for n in ast.iter_child_nodes(scope) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assert name in defined, f"{file} has no {name}"
        scope = defined[name]


@pytest.mark.parametrize("row", CHOICES, ids=subject)
def test_every_switch_exists(row: list[str]) -> None:
    switches = quoted(row[3])
    assert switches or row[3] == "–"
    for switch in switches:
        call = ast.parse(switch, mode="eval").body
        assert isinstance(call, ast.Call)
        name = ast.unparse(call.func)
        [owner] = [getattr(importlib.import_module(home), name) for home in HOMES if hasattr_of(home, name)]
        arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        parameters = inspect.signature(owner).parameters
        assert arguments.keys() <= parameters.keys(), f"{name} has no such argument"
        assert all(parameters[argument].default != value for argument, value in arguments.items())


def hasattr_of(module: str, name: str) -> bool:
    return hasattr(importlib.import_module(module), name)
