"""Result files say what was run in words that mean the same on every machine."""

import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))  # as if one of its programs ran
from record import without_machine  # noqa: E402

FILES = sorted((FOLDER / "results").glob("*.json"))


def test_there_are_results() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_command_names_a_path_of_one_machine(path: Path) -> None:
    command = json.loads(path.read_text(encoding="utf-8"))["command"]
    assert [word for word in command.split() if Path(word.partition("=")[2] or word).is_absolute()] == []


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
