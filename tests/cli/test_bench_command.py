"""``henkan bench``."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from henkan.bench import entrants, run
from henkan.bench.floor import Floor

from .conftest import Henkan

ROWS = [
    {"work": "train", "shape": "tiny", "entrant": name, "precision": "float32", "ratio": 1.0,
     "ratio_range": [1.0, 1.0], "tokens_per_second": 9.0} for name in ("torch", "henkan")
]  # fmt: skip


@pytest.fixture
def own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entrants, one of which is missing, and a floor that is not measured."""
    first, second, missing = entrants.ENTRANTS["train"][:3]
    missing = entrants.Entrant(missing.name, "henkan.bench.peers.nobody")
    monkeypatch.setitem(entrants.ENTRANTS, "train", [first, second, missing])
    floor = Floor({"float32": {512: 50.0}, "bfloat16": {512: 1.0}}, 10.0, 1)
    monkeypatch.setattr(run, "find_floor", lambda limits: floor)


@pytest.mark.slow
def test_tiny_is_measured_written_and_drawn(henkan: Henkan, own_alone: None) -> None:
    pytest.importorskip("matplotlib")
    result = henkan("bench", "--shapes", "tiny", "--work", "train", "--rounds", "1")
    assert result.status == 0, result.err
    [path] = Path().glob("*-bench-tiny.json")
    assert f"written to {path}" in result.out
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    content = json.loads(path.read_text("utf-8"))
    assert content["command"] == "henkan bench --shapes tiny --work train --rounds 1"
    floor, torch, own, missing, *phases = content["results"]
    assert floor["work"] == "floor"
    assert (torch["ratio"], torch["rounds"]) == (1.0, 1)
    assert own["ratio"] == pytest.approx(own["tokens_per_second"] / torch["tokens_per_second"], rel=0.02)
    assert own["peak_mib"] > 50
    assert "nobody" in missing["left_out"]
    assert [row["entrant"] for row in phases] == ["henkan", "torch.nn.Transformer", "floor"]
    assert "left out: Hugging Face Marian float32: ModuleNotFoundError" in result.out


def test_without_matplotlib_there_is_a_note_and_the_result(
    henkan: Henkan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "bench", lambda options, say: iter([ROWS[:1], ROWS[1:]]))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = henkan("bench", "--out", "new/folder")
    assert result.status == 0
    assert result.err == 'henkan bench: note: figures need matplotlib: pip install "henkan[plot]"\n'
    [path] = (tmp_path / "new" / "folder").iterdir()
    assert json.loads(path.read_text("utf-8"))["results"] == ROWS


@pytest.mark.parametrize("measured", [0, 1, 2])
def test_after_ctrl_c_there_is_what_was_measured_until_then(
    henkan: Henkan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, measured: int
) -> None:
    def bench(options: run.Options, say: object) -> Iterator[list[dict[str, Any]]]:
        yield [{"work": "floor"}]
        yield from ([row] for row in ROWS[:measured])
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "bench", bench)
    result = henkan("bench", "--out", ".")
    assert result.status == 130
    found = [json.loads(path.read_text("utf-8"))["results"] for path in tmp_path.glob("*.json")]
    assert found == ([[{"work": "floor"}, *ROWS[:measured]]] if measured else [])
    assert ("interrupted, what was measured is written" in result.err) == bool(measured)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--shapes", "tiny,huge"), "--shapes cannot be 'huge': it takes tiny, small, base, with commas between"),
        (("--work", "learn"), "--work cannot be 'learn': it takes train, decode, with commas between"),
        (("--rounds", "0"), "--rounds cannot be 0: at least 1, better 5 or more"),
        (("--rounds", "many"), "--rounds cannot be 'many': it takes a whole number"),
        (("--peers-python", "nowhere/python"), "--peers-python nowhere/python is no program: name a Python, such as"),
        (("--out", "file/results"), "--out file/results cannot be made: Not a directory"),
        (("--round", "3"), "there is no option --round: did you mean --rounds?"),
    ],
)
def test_a_bad_option_is_one_line_and_measures_nothing(
    henkan: Henkan, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(run, "bench", lambda options, say: pytest.fail("it was measured"))
    Path("file").write_text("", encoding="utf-8")
    result = henkan("bench", *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"henkan bench: error: {message}")
    assert result.err.count("\n") == 1
