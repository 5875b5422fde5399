"""Several processes decode what one does, and none of them outlives its work."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.decoding import BeamSearch
from henkan.workflow.predict import Chunk, Options
from henkan.workflow.predict_input import chunks_of
from henkan.workflow.workers import predict_chunks, predict_in_processes

LINES = [f"{source}{number % 7}" if number % 5 else "" for number, source in enumerate(SOURCES * 30)]

pytestmark = pytest.mark.slow


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    random_bundle().save(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


def test_several_processes_write_what_one_writes(bundle: Path, lines: Path) -> None:
    chunks = list(chunks_of(str(lines), lines=20))
    options = Options(BeamSearch(3, n_best=2), max_len=6, form="n-best")
    alone = list(predict_chunks(random_bundle(), chunks, options))
    assert list(predict_in_processes([str(bundle)], "cpu", chunks, options, 2)) == alone
    assert multiprocessing.active_children() == []


def test_more_processes_than_chunks_and_no_chunks_at_all(bundle: Path) -> None:
    chunk = Chunk(1, SOURCES)
    assert [found[0] for found in predict_in_processes([str(bundle)], "cpu", [chunk], Options(), 3)] == [chunk]
    assert list(predict_in_processes([str(bundle)], "cpu", [], Options(), 2)) == []


def test_what_comes_before_a_bad_line_is_written_as_by_one_process(bundle: Path) -> None:
    def unreadable() -> Iterator[Chunk]:
        yield from (Chunk(1, ["a"]), Chunk(2, ["b"]), Chunk(3, ["c"]))
        raise ValueError("line 4 cannot be read")

    for chunks, before, said in (
        ([Chunk(1, ["a"] * 50), Chunk(51, ["a" * 99]), Chunk(52, ["a"])], 1, "line 51: the source has 99"),
        (unreadable(), 3, "line 4 cannot be read"),
    ):
        found = predict_in_processes([str(bundle)], "cpu", chunks, Options(), 2)
        for _ in range(before):
            next(found)
        with pytest.raises(ValueError, match=said):
            next(found)
        assert multiprocessing.active_children() == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_worker_that_dies_ends_the_work_with_a_sentence(bundle: Path, lines: Path, which: int) -> None:
    found = predict_in_processes([str(bundle)], "cpu", chunks_of(str(lines), lines=2), Options(max_len=6), 2)
    next(found)
    multiprocessing.active_children()[which].kill()
    with pytest.raises(ValueError, match=r"one of 2 worker processes ended .* --workers 1"):
        list(found)
    assert multiprocessing.active_children() == []


def test_a_reader_that_has_seen_enough_leaves_no_process(bundle: Path, lines: Path) -> None:
    found = predict_in_processes([str(bundle)], "cpu", chunks_of(str(lines), lines=2), Options(max_len=6), 2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def start(tmp_path: Path, bundle: Path) -> "subprocess.Popen[str]":
    """The command, in a process group of its own, on more lines than it can do while it is watched."""
    (tmp_path / "many.txt").write_text("\n".join(LINES * 300), encoding="utf-8")
    arguments = ["predict", str(bundle), "many.txt", "--out", "out.txt", "--workers", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "henkan", *arguments],
        cwd=tmp_path,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def members(group: int) -> list[str]:
    """The processes of a group that are alive, however they came there."""
    found = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in found.splitlines()]
    return [row[-1] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def wait_for(condition: object) -> bool:
    """Whether it comes true in time."""
    for _ in range(600):
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("moment", ["starting", "working"])
def test_ctrl_c_ends_all_processes_quietly_and_leaves_no_half_file(bundle: Path, tmp_path: Path, moment: str) -> None:
    with start(tmp_path, bundle) as process:
        if moment == "starting":  # the workers are there, but have not loaded anything
            assert wait_for(lambda: any("spawn_main" in name for name in members(process.pid)))
        else:
            assert wait_for((tmp_path / "out.txt.partial.json").exists)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not (tmp_path / "out.txt").exists()
    assert wait_for(lambda: members(process.pid) == [])  # on a busy machine the last one takes a moment to go
    if moment == "working":
        assert "out.txt.partial holds what is done; the same command with --resume goes on" in errors
    else:
        assert not list(tmp_path.glob("out.txt*"))


def test_workers_end_when_the_command_is_killed(bundle: Path, tmp_path: Path) -> None:
    with start(tmp_path, bundle) as process:
        assert wait_for((tmp_path / "out.txt.partial.json").exists)
        process.kill()
    assert wait_for(lambda: members(process.pid) == [])
    assert not (tmp_path / "out.txt").exists()
