"""The coordinator, with peers that do nothing or go wrong: order, ratios, and what becomes of those that fail."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from henkan.bench.entrants import Case, Entrant
from henkan.bench.lane import Lane, Limits
from henkan.bench.peers import Way
from henkan.bench.process import WorkerError, WorkerProcess
from henkan.bench.rounds import batches_of, measure_case
from henkan.bench.shapes import SHAPES

from . import fakes

CRASHES_AT_START, ENDS, HANGS, FAILS = 3, 4, 5, 6
TRAIN = Case("train")
QUICK = Limits(prepare=60.0, round=1.0, slow=0.3)
TOKENS = SHAPES["tiny"].training_batches()[0].num_target_tokens

Start = Callable[..., list[Lane]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file in which the fake peers note each update."""
    file = tmp_path_factory.mktemp("peers") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fakes.LOG, str(file))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)
        yield file


@pytest.fixture(scope="module")
def workers(file: Path) -> Iterator[list[WorkerProcess]]:
    """Processes that tests share, because each takes seconds to start."""
    processes: list[WorkerProcess] = []
    yield processes
    for process in processes:
        process.close()


@pytest.fixture
def log(file: Path) -> Path:
    """The file, empty."""
    file.write_text("")
    return file


@pytest.fixture
def start(log: Path, workers: list[WorkerProcess]) -> Start:
    """``start(1, 2)`` gives lanes of fake peers with one and with two workers, at the shape tiny."""

    def start_lanes(*kinds: int) -> list[Lane]:
        workers[:] = [process for process in workers if process.dead is None]
        while len(workers) < len(kinds):
            workers.append(WorkerProcess(fakes.__name__, sys.executable))
        entrants = [Entrant(f"fake {kind}", fakes.__name__, Way(workers=kind)) for kind in kinds]
        return [Lane(*pair, "tiny", 1, QUICK) for pair in zip(entrants, workers, strict=False)]

    return start_lanes


def silent(_: str) -> None:
    pass


def test_the_entrants_take_turns_and_all_do_the_same_work(start: Start, log: Path) -> None:
    measured = measure_case(start(1, 2), TRAIN, num_batches=2, rounds=3, tell=silent)
    assert [len(own.speeds) for own in measured] == [3, 3]
    assert log.read_text().splitlines() == [f"{kind} {TOKENS}" for _ in range(4) for kind in (1, 1, 2, 2)]
    assert all(own.about["version"] == pytest.__version__ for own in measured)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (CRASHES_AT_START, "RuntimeError: this peer has no such layer"),
        (ENDS, "ended with status 7: the last words"),
        (HANGS, "no answer within 1 seconds"),
        (FAILS, "ValueError: this batch is too large"),
    ],
)
def test_what_goes_wrong_is_a_reason_and_the_others_go_on(start: Start, kind: int, reason: str) -> None:
    lanes = start(kind, 1)
    bad, good = measure_case(lanes, TRAIN, num_batches=1, rounds=2, tell=silent)
    assert (bad.reason, bad.speeds) == (reason, [])
    assert (good.reason, len(good.speeds)) == (None, 2)
    if kind in (ENDS, HANGS):
        process = lanes[0].process
        assert process._process.poll() is not None, "it does not go on in the background"
        assert lanes[0].peak_mib() is None
        with pytest.raises(WorkerError, match=reason):
            process.ask(1.0, do="memory")


def test_a_peer_that_is_not_there_is_a_reason() -> None:
    with WorkerProcess("henkan.bench.peers.nobody", sys.executable) as worker:
        lane = Lane(Entrant("nobody", ""), worker, "tiny", 1, QUICK)
        [own] = measure_case([lane], TRAIN, num_batches=1, rounds=1, tell=silent)
    assert own.reason == "ModuleNotFoundError: No module named 'henkan.bench.peers.nobody'"


def test_what_failed_in_one_case_is_asked_again_in_the_next(start: Start) -> None:
    lanes = start(1)
    found = [measure_case(lanes, Case("decode", 1, beam), 0, rounds=1, tell=silent)[0] for beam in (4, 1)]
    assert [own.reason for own in found] == ["ValueError: there is no beam search", None]


def test_quick_decoding_is_repeated_and_what_is_too_slow_is_left_out(start: Start) -> None:
    lanes = start(1, 2)
    quick, slow = measure_case(lanes, Case("decode", 32), 0, rounds=1, tell=silent)
    assert 10 < lanes[0].repeat <= 50
    assert quick.speeds[0] == pytest.approx(32 * 32 / 0.01, rel=0.5), "tokens of all repetitions by their time"
    assert slow.reason == "decoding once takes 0 seconds, too long for rounds"


def test_leaving_ends_a_process_in_the_midst_of_its_work() -> None:
    with WorkerProcess(fakes.__name__, sys.executable) as worker:
        worker.send(do="floor")
    assert worker._process.poll() is not None


def test_a_worker_ends_with_its_coordinator() -> None:
    with WorkerProcess(fakes.__name__, sys.executable) as worker:
        assert worker._process.stdin is not None
        worker._process.stdin.close()
        assert worker._process.wait(timeout=60) == 0


def test_a_round_of_base_trains_on_one_batch_and_rounds_take_turns() -> None:
    assert [batches_of("base", 2, number) for number in range(3)] == [[0], [1], [0]]
    assert batches_of("small", 4, 1) == [0, 1, 2, 3]


def test_the_memory_of_a_process_is_its_own() -> None:
    ballast = bytearray(b"x" * 200 * 2**20)  # held by this process, and no concern of the worker's
    with WorkerProcess(fakes.__name__, sys.executable) as worker:
        peak = worker.ask(60.0, do="memory")["peak_mib"]
    assert 5 < peak < len(ballast) / 2**20
