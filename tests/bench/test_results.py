"""Result files say what was run in words that mean the same on every machine."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))  # as if one of its programs ran
from record import without_machine  # noqa: E402

FILES = sorted((FOLDER / "results").glob("*.json"))


def test_there_are_results() -> None:
    assert FILES


def texts(content: object) -> Iterator[str]:
    """All texts in what JSON holds."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from texts(part)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_result_names_a_path_of_one_machine(path: Path) -> None:
    words = [word for text in texts(json.loads(path.read_text(encoding="utf-8"))) for word in re.split(r"[\s=]", text)]
    assert words
    assert [word for word in words if re.match(r"/[\w.]|[A-Z]:\\", word)] == []


@pytest.mark.parametrize(
    ("argument", "written"),
    [
        (str(FOLDER.parent / ".venv-peers" / "bin" / "python"), str(Path(".venv-peers/bin/python"))),
        ("/somewhere/else/words.txt", "words.txt"),
        ("runs/pairs", "runs/pairs"),
        ("--seeds", "--seeds"),
        ("henkan@80", "henkan@80"),
    ],
)
def test_an_argument_is_written_as_from_the_repository(argument: str, written: str) -> None:
    assert without_machine(argument) == written
