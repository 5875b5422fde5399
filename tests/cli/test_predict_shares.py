"""``henkan predict`` in several processes that share the lines of one file."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bundles import SOURCES

from henkan.workflow import predict_input

from .conftest import Henkan, files_below

ENVIRONMENT = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


@pytest.fixture(autouse=True)
def no_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(predict_input.chunks_of.__kwdefaults__, "lines", 2)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Forty lines, packed."""
    data = "".join(f"{source}{number % 3}\n" for number, source in enumerate(SOURCES * 4))
    (tmp_path / "lines.gz").write_bytes(gzip.compress(data.encode()))
    return Path("lines.gz")


@pytest.mark.parametrize("options", [(), ("--beam", "2", "--json"), ("--sample", "--seed", "3", "--scores")], ids=len)
def test_shares_write_the_file_and_the_notes_of_one_process(
    henkan: Henkan, bundle: Path, lines: Path, small_chunks: None, tmp_path: Path, options: tuple[str, ...]
) -> None:
    whole = henkan("predict", bundle, lines, "--out", "whole.txt", *options)
    results = [henkan("predict", bundle, lines, "--out", "out.txt", *options, "--shard", f"{n}/3") for n in (2, 3, 1)]
    assert [result.status for result in results] == [0, 0, 0]
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    assert results[-1] == whole
    assert "never seen in training" in whole.err
    assert all("out.txt appears with the last of them" in result.err for result in results[:-1])
    again = henkan("predict", bundle, lines, "--out", "out.txt", *options, "--shard", "2/3", "--resume")
    assert (again.status, again.err.count("\n")) == (0, 1)
    assert "out.txt is complete and was left as it is" in again.err


def test_an_environment_as_of_torchrun_means_the_same(
    henkan: Henkan, bundle: Path, lines: Path, small_chunks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    henkan("predict", bundle, lines, "--out", "whole.txt")
    for rank in ("1", "0"):
        for name, value in zip(ENVIRONMENT, (rank, "2", rank, "2"), strict=True):
            monkeypatch.setenv(name, value)
        assert henkan("predict", bundle, lines, "--out", "out.txt").status == 0
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    for name, value in zip(ENVIRONMENT, ("0", "1", "0", "1"), strict=True):
        monkeypatch.setenv(name, value)
    assert henkan("predict", bundle, lines, "--out", "single.txt").status == 0
    assert not (tmp_path / "single.txt.shards").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lines.gz", "--out", "out.txt", "--shard", "9/8"], "--shard 9/8 is no share"),
        (["lines.gz", "--shard", "1/2"], "name both"),
        (["--out", "out.txt", "--shard", "1/2"], "name both"),
        (["lines.gz", "--out", "out.txt", "--shard", "1/2", "--prefixes", "-"], "- can be read only once"),
        (["pipe", "--out", "out.txt", "--shard", "1/2"], "pipe can be read only once"),
        (["none.txt", "--out", "out.txt", "--shard", "1/2"], "there is no file none.txt"),
        (["lines.gz", "--out", "deep/out.txt", "--shard", "1/2"], "there is no folder deep"),
        (["lines.gz", "--out", "bundle", "--shard", "1/2"], "bundle is a folder"),
    ],
)
def test_what_cannot_be_shared_is_one_clear_line(
    henkan: Henkan, bundle: Path, lines: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = files_below(tmp_path)
    result = henkan("predict", bundle, *arguments)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert said in result.err
    assert files_below(tmp_path) == before


def test_what_was_begun_otherwise_is_refused_by_name(
    henkan: Henkan, bundle: Path, lines: Path, small_chunks: None
) -> None:
    henkan("predict", bundle, lines, "--out", "out.txt", "--shard", "1/2")
    other = henkan("predict", bundle, lines, "--out", "out.txt", "--shard", "2/2", "--beam", "2")
    assert other.status == 2
    assert "out.txt.shards was begun with another way to decode (Greedy(), now BeamSearch(width=2" in other.err


def test_a_line_that_is_refused_leaves_the_rest_to_be_gone_on_with(
    henkan: Henkan, bundle: Path, small_chunks: None, tmp_path: Path
) -> None:
    (tmp_path / "lines.txt").write_text("abc\n" * 30 + "a" * 99 + "\n", encoding="utf-8")
    result = henkan("predict", bundle, "lines.txt", "--out", "out.txt", "--shard", "2/2")
    assert result.status == 2
    note, error = result.err.splitlines()
    assert "out.txt.shards holds what is done; the same command goes on" in note
    assert "line 31: the source has 99 symbols" in error


# With processes of their own. Most lines are blank, which takes no time, and 45,000 are five parts.


@pytest.fixture(scope="module")
def many() -> str:
    return "".join(f"{SOURCES[n // 50 % 10]}{n // 50 % 7}\n" if n % 50 == 0 else "\n" for n in range(45_000))


def torchrun(folder: Path, processes: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes), "--no-python"]
    command += [sys.executable, "-m", "henkan", "predict", "bundle", "lines.txt", "--out", "out.txt", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_torchrun_writes_what_one_process_writes(henkan: Henkan, bundle: Path, tmp_path: Path, many: str) -> None:
    (tmp_path / "lines.txt").write_text(many, encoding="utf-8")
    whole = henkan("predict", bundle, "lines.txt", "--out", "whole.txt", "--beam", "2", "--json")
    done = torchrun(tmp_path, 2, "--beam", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    assert [done.stderr.count(note) for note in whole.err.splitlines()] == [1] * whole.err.count("\n")
    assert "Traceback" not in done.stderr
    assert torchrun(tmp_path, 3, "--beam", "2", "--json").stderr.count("is complete and was left as it is") == 3


@pytest.mark.slow
def test_one_process_that_is_killed_keeps_no_other_from_its_work(
    henkan: Henkan, bundle: Path, tmp_path: Path, many: str
) -> None:
    (tmp_path / "lines.txt").write_text(many, encoding="utf-8")
    henkan("predict", bundle, "lines.txt", "--out", "whole.txt")
    command = [sys.executable, "-m", "henkan", "predict", "bundle", "lines.txt", "--out", "out.txt", "--shard"]
    processes = [subprocess.Popen([*command, f"{n}/3"], cwd=tmp_path, stderr=subprocess.PIPE) for n in (1, 2, 3)]
    processes[1].kill()
    said = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, -9, 0]
    assert not (tmp_path / "out.txt").exists()
    assert any("of 5 parts out.txt.shards lacks 2 (2, 5)" in text for text in said)
    done = torchrun(tmp_path, 2)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
