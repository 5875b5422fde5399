"""Processes with shares are killed at any moment, and whatever number of others goes on ends in the same file."""

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from henkan.workflow.pieces import Shared, pieces_of
from henkan.workflow.predict import Chunk, Findings
from henkan.workflow.share import Share
from henkan.workflow.shared_output import SharedOutput
from henkan.workflow.workers import Answer

pytestmark = pytest.mark.slow

WHOLE = "".join(f"line {7 * n + 1}\n" * 7 for n in range(600))
FORKS = multiprocessing.get_context("forkserver")  # what is imported once need not be imported by each
FORKS.set_forkserver_preload(["henkan.workflow.shared_output"])


def chunks() -> Iterator[Chunk]:
    return (Chunk(7 * n + 1, [str(n)] * 7) for n in range(600))


def answer(chunk: Chunk) -> Answer:
    return chunk, [f"line {chunk.first}"] * 7, Findings(cut=1, first_cut=chunk.first)


def work(connection: Connection, out: Path, number: int, count: int) -> None:
    """Do one share when told to. Nothing is decoded, so that kills come between all other steps."""
    output = SharedOutput(str(out), Shared(pieces_of(chunks(), {}, 3), Share(number, count), {}, 3))
    connection.send("begun")
    connection.recv()
    output.write(map(answer, output.still_to_do(chunks())))
    connection.send(output.finish())


class Process:
    """A process that has begun, and goes on when it is told to."""

    def __init__(self, out: Path, number: int, count: int) -> None:
        self.connection, far = FORKS.Pipe()
        self.process = FORKS.Process(target=work, args=(far, out, number, count))
        self.process.start()
        far.close()

    def wait_until_begun(self) -> None:
        assert self.connection.recv() == "begun"

    def go(self) -> None:
        self.connection.send("go")

    def kill(self) -> bool:
        """Kill it; return False if it was at its end already."""
        self.process.kill()
        self.process.join()
        return self.process.exitcode == -signal.SIGKILL

    def findings(self) -> Findings | None:
        """Those of the whole, if it was this process that put the file together."""
        found = self.connection.recv()
        self.process.join()
        return found


def begin(out: Path, count: int) -> list[Process]:
    processes = [Process(out, number, count) for number in range(count)]
    for process in processes:
        process.wait_until_begun()
    for process in processes:
        process.go()
    return processes


def finished(out: Path) -> int:
    folder = out.with_name("out.txt.shards")
    return sum(1 for path in folder.iterdir() if not path.suffix) if folder.exists() else 0


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_any_moment_end_in_the_same_file(tmp_path: Path, seed: int) -> None:
    out, draw, kills, seen = tmp_path / "out.txt", random.Random(seed), 0, set()
    while kills < 5 or len(seen) < 4:  # it is to be killed in many places
        if out.exists():
            out.unlink()
        for process in begin(out, draw.choice([1, 2, 3])):
            time.sleep(draw.uniform(0.0, 0.02))
            kills += process.kill()
        seen.add(finished(out))
    for process in begin(out, draw.choice([1, 2, 4])):
        process.findings()
    assert out.read_text("utf-8") == WHOLE
    assert [path.name for path in out.with_name("out.txt.shards").iterdir()] == ["joined.json"]


def test_kills_while_the_file_is_put_together_end_in_the_same_file(tmp_path: Path) -> None:
    out, draw, kills, seen = tmp_path / "out.txt", random.Random(3), 0, set()
    while kills < 4 or len(seen) < 2:
        out.unlink(missing_ok=True)  # as if somebody had moved it away
        for process in begin(out, 1):
            while finished(out) < 200 and not out.exists():
                time.sleep(0.001)
            time.sleep(draw.uniform(0.0, 0.02))
            kills += process.kill()
        assert not out.exists() or out.read_text("utf-8") == WHOLE
        seen.add((out.exists(), finished(out) == 0))
        for process in begin(out, 2):
            process.findings()
        assert out.read_text("utf-8") == WHOLE
        assert [path.name for path in out.with_name("out.txt.shards").iterdir()] == ["joined.json"]


def test_of_several_that_end_at_once_one_says_what_was_found(tmp_path: Path) -> None:
    for count in (2, 4, 3, 2, 3, 4):
        found = [process.findings() for process in begin(tmp_path / "out.txt", count)]
        assert found.count(None) == count - 1
        assert found.count(Findings(cut=600, first_cut=1)) == 1
        assert (tmp_path / "out.txt").read_text("utf-8") == WHOLE
        (tmp_path / "out.txt").unlink()
