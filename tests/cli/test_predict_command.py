"""``henkan predict``: lines in, lines out."""

import gzip
import io
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle, texts

from .conftest import Henkan

# Every kind of line that has ever been lost or doubled somewhere. Only "\n" ends one.
HARD_LINES = [
    "abc",
    "",
    "日本\u2028語",
    "a\x85b",
    "a\x0cb",
    " ",
    "\u3000",
    "ab\tcd",
    "é",
    "<unk>",
    "abc",
    "語" * 12,
    "a\rb",
]


def give(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Let ``data`` be the standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_a_file_and_the_standard_input_give_the_same(
    henkan: Henkan, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = "".join(f"{source}\n" for source in SOURCES).encode()
    (tmp_path / "lines.txt").write_bytes(data)
    give(monkeypatch, data)
    from_file, from_stdin = henkan("predict", bundle, "lines.txt"), henkan("predict", bundle)
    assert from_file == from_stdin
    assert from_file.out == "".join(f"{text}\n" for text in texts(random_bundle(), SOURCES))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("options", [(), ("--beam", "3"), ("--sample", "--seed", "3")], ids=str)
def test_as_many_lines_come_out_as_went_in(
    henkan: Henkan, bundle: Path, tmp_path: Path, ending: str, options: tuple[str, ...]
) -> None:
    (tmp_path / "lines.txt").write_bytes("".join(f"{line}{ending}" for line in HARD_LINES).encode())
    result = henkan("predict", bundle, "lines.txt", "--out", "out.txt", *options)
    assert (result.status, result.out) == (0, "")
    lines = (tmp_path / "out.txt").read_bytes().decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(HARD_LINES)
    assert [number for number, line in enumerate(HARD_LINES) if not line.strip()] == [1, 5, 6]
    assert all(lines[number] == "" for number in (1, 5, 6))
    assert "never seen in training" in result.err


def test_a_last_line_needs_no_newline_and_no_lines_are_no_lines(
    henkan: Henkan, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, b"abc\na")
    assert henkan("predict", bundle).out.count("\n") == 2
    give(monkeypatch, b"")
    assert henkan("predict", bundle) == (0, "", "")


def test_several_outputs_are_lines_of_number_score_and_text(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("abc\n\na\n", encoding="utf-8")
    rows = [line.split("\t") for line in henkan("predict", bundle, "lines.txt", "--n-best", "3").out.splitlines()]
    assert [row[0] for row in rows] == ["1", "1", "1", "2", "3", "3", "3"]
    assert all(len(row) == 3 for row in rows)


def test_the_same_seed_draws_the_same_and_another_one_another(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("".join(f"{s}\n" for s in SOURCES), encoding="utf-8")
    outputs = [henkan("predict", bundle, "lines.txt", "--sample", "--seed", seed).out for seed in (1, 1, 2)]
    assert outputs[0] == outputs[1] != outputs[2]


def test_lines_typed_on_a_terminal_are_answered_one_by_one(
    henkan: Henkan, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, ("abc\n" + "a" * 99 + "\n日本\n").encode())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    result = henkan("predict", bundle)
    assert result.status == 0
    first, _, last = result.out.split("\n")[:3]
    assert [first, last] == texts(random_bundle(), ["abc", "日本"])
    assert "line 2: the source has 99 symbols" in result.err


@pytest.mark.slow
def test_japanese_is_utf_8_in_a_c_locale(bundle: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    (tmp_path / "行.txt").write_text("日本\nabé\n", encoding="utf-8")
    command = [sys.executable, "-m", "henkan", "predict", "bundle", "行.txt"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert result.returncode == 0
    assert result.stdout.decode().splitlines() == texts(random_bundle(), ["日本", "abé"])
    assert "'é' (1)" in result.stderr.decode()
    command[-1] = "無.txt"
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert (result.returncode, result.stdout) == (2, b"")
    assert "無.txt" in result.stderr.decode()


# Several bundles, forms, beginnings, overrides


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_several_bundles_decode_together(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    random_bundle(seed=5).save(tmp_path / "other")
    write(tmp_path / "lines.txt", *SOURCES)
    alone, twice = henkan("predict", bundle, "lines.txt"), henkan("predict", bundle, bundle, "lines.txt")
    assert alone == twice  # T45
    assert henkan("predict", bundle, "other", "lines.txt").out != alone.out
    result = henkan("predict", bundle, "lines.txt", "other")
    assert result.status == 2
    assert "'other' is one argument too many" in result.err


def test_outputs_as_json_with_scores_or_plain(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    write(tmp_path / "lines.txt", "abc", "", "xb")
    plain = henkan("predict", bundle, "lines.txt").out.splitlines()
    objects = henkan("predict", bundle, "lines.txt", "--json", "--n-best", "2").out.splitlines()
    rows = [json.loads(line) for line in objects]
    assert [row["source"] for row in rows] == ["abc", "", "xb"]
    assert [len(row["outputs"]) for row in rows] == [2, 1, 2]
    assert rows[2]["unknown"] == ["x"]
    scored = [line.split("\t") for line in henkan("predict", bundle, "lines.txt", "--scores").out.splitlines()]
    assert [row[1] for row in scored] == plain
    assert float(scored[0][0]) < 0
    assert "exclude each other" in henkan("predict", bundle, "lines.txt", "--scores", "--n-best", "2").err


def test_a_dictionary_wins_over_the_model(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    write(tmp_path / "lines.txt", "abc", "cab")
    write(tmp_path / "own.tsv", "cab\tOVERRIDE")
    result = henkan("predict", bundle, "lines.txt", "--dictionary", "own.tsv")
    assert result.out.splitlines() == [*texts(random_bundle(), ["abc"]), "OVERRIDE"]
    assert "1 output taken from the dictionary" in result.err


def test_an_output_begins_with_its_line_of_a_file(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    write(tmp_path / "lines.txt", "abc", "cab", "")
    write(tmp_path / "beginnings.txt", "FE", "", "")
    outputs = henkan("predict", bundle, "lines.txt", "--prefixes", "beginnings.txt").out.splitlines()
    assert outputs[0].startswith("FE")
    assert outputs[1:] == [*texts(random_bundle(), ["cab"]), ""]
    write(tmp_path / "beginnings.txt", "FE")
    assert "give one prefix per line" in henkan("predict", bundle, "lines.txt", "--prefixes", "beginnings.txt").err


def test_packed_input_is_unpacked(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.gz").write_bytes(gzip.compress(b"abc\ncab\n"))
    assert henkan("predict", bundle, "lines.gz").out.splitlines() == texts(random_bundle(), ["abc", "cab"])


def test_a_pipe_with_a_name_is_read_to_its_end(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for options in ((), ("--out", "out.txt")):
        writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("abc\ncab\n", encoding="utf-8"))
        writer.start()
        result = henkan("predict", bundle, "pipe", *options)
        writer.join()
        found = result.out if not options else (tmp_path / "out.txt").read_text("utf-8")
        assert found.splitlines() == texts(random_bundle(), ["abc", "cab"])


@pytest.mark.parametrize("option", ["--out", "--prefixes"])
def test_what_needs_a_file_of_lines_says_so_on_a_terminal(
    henkan: Henkan, bundle: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    give(monkeypatch, b"abc\n")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    result = henkan("predict", bundle, option, "file.txt")
    assert (result.status, result.out) == (2, "")
    assert f"{option} is for a file of lines" in result.err


# Large files


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--resume"], "--resume goes on with a file of outputs"),
        (["--workers", "0"], "--workers 0 must be at least 1"),
        (["--resume", "--out", "out.txt"], "nothing to resume"),
    ],
)
def test_what_cannot_be_gone_on_with_is_said(
    henkan: Henkan, bundle: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    write(tmp_path / "lines.txt", "abc")
    result = henkan("predict", bundle, "lines.txt", *arguments)
    assert result.status == 2
    assert said in result.err


@pytest.mark.slow
def test_a_killed_command_goes_on_and_ends_with_the_same_file(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    write(tmp_path / "lines.txt", *(f"{source}{number % 3}" for number, source in enumerate(SOURCES * 900)))
    assert henkan("predict", bundle, "lines.txt", "--out", "whole.txt").status == 0
    command = [sys.executable, "-m", "henkan", "predict", str(bundle), "lines.txt", "--out", "out.txt"]
    with subprocess.Popen([*command, "--workers", "2"], cwd=tmp_path) as process:
        while process.poll() is None and not (tmp_path / "out.txt.partial.json").exists():
            time.sleep(0.01)
        process.kill()
    assert not (tmp_path / "out.txt").exists()
    assert "go on with --resume, or delete it" in henkan("predict", bundle, "lines.txt", "--out", "out.txt").err
    other = henkan("predict", bundle, "lines.txt", "--out", "out.txt", "--resume", "--beam", "2")
    assert "was begun with another way to decode (Greedy(), now BeamSearch(width=2" in other.err
    assert henkan("predict", bundle, "lines.txt", "--out", "out.txt", "--resume").status == 0
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    assert not list(tmp_path.glob("out.txt.*"))
