"""The command line as such."""

import os
import subprocess
import sys

import pytest

import henkan as package
from henkan.cli import COMMANDS

from .conftest import Henkan


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_help_names_every_command_and_where_to_begin(henkan: Henkan, arguments: tuple[str, ...]) -> None:
    result = henkan(*arguments)
    assert (result.status, result.err) == (0, "")
    for command in COMMANDS:
        assert f"  {command} " in result.out
    assert "henkan train pairs.tsv" in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(henkan: Henkan, command: str) -> None:
    result = henkan(command, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"usage: henkan {command}")


def test_the_version_is_the_packages(henkan: Henkan) -> None:
    assert henkan("--version").out == f"henkan {package.__version__}\n"


@pytest.mark.parametrize(("typo", "hint"), [("trian", "did you mean train?"), ("xyz", "choose one of train, ")])
def test_an_unknown_command_is_answered_with_what_there_is(henkan: Henkan, typo: str, hint: str) -> None:
    result = henkan(typo)
    assert (result.status, result.out) == (2, "")
    assert result.err == f"henkan: error: there is no command {typo!r}: {hint}" + result.err.partition(hint)[2]
    assert result.err.count("\n") == 1


QUICK = """
import sys
from henkan.cli import main
for arguments in ([], ["--version"], ["train", "--help"], ["predict", "--help"], ["demo", "--help"]):
    assert main(arguments) == 0
print(sorted({"torch", "numpy", "matplotlib", "rich"} & set(sys.modules)), file=sys.stderr)
"""


def test_help_needs_nothing_heavy() -> None:
    result = subprocess.run([sys.executable, "-c", QUICK], capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"


def test_the_package_runs_as_a_module() -> None:
    result = subprocess.run([sys.executable, "-m", "henkan", "trian"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "did you mean train?" in result.stderr


def test_an_interrupt_is_quiet(henkan: Henkan, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("henkan.cli.tasks.run", interrupt)
    assert henkan("tasks") == (130, "", "")


def test_a_full_disk_is_one_line(henkan: Henkan, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise OSError(28, "No space left on device", "runs/one")

    monkeypatch.setattr("henkan.cli.tasks.run", fail)
    assert henkan("tasks") == (2, "", "henkan tasks: error: runs/one: No space left on device\n")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m henkan tasks | true; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    assert result.stdout.strip() in ("0", "141")  # 0 if all was written before the reader left
    assert result.stderr == ""
