"""Running commands in this process, on data small enough to take no time."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from bundles import random_bundle

from henkan.cli import main

TINY = [
    *("--model.d_model", "16", "--model.num_heads", "2", "--model.d_ff", "16"),
    *("--model.num_encoder_layers", "1", "--model.num_decoder_layers", "1"),
    *("--training.max_steps", "4", "--training.evaluations", "1", "--training.batch_tokens", "256"),
    *("--training.precision", "float32", "--device", "cpu"),
]


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


Henkan = Callable[..., Result]


@pytest.fixture
def henkan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Henkan:
    """``henkan(...)`` runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return run


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle on disk, in the folder in which commands run."""
    random_bundle().save(tmp_path / "bundle")
    return Path("bundle")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A file of sixty pairs, in the folder in which commands run."""
    rows = [f"{a}{b}{c}\t{c}{b}{a}" for a in "abcde" for b in "日本語é" for c in "xyz"]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Path("pairs.tsv")


def files_below(path: Path) -> set[Path]:
    """Everything below ``path``, hidden files included."""
    return set(path.rglob("*"))
