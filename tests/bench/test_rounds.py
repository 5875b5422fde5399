"""The coordinator, with peers that do nothing or go wrong: order, ratios, and what becomes of those that fail."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
        limits = [Limits(round=2.0 if kind == HANGS else 300.0) for kind in kinds]
        parts = zip(entrants, workers, limits, strict=False)
        return [Lane(entrant, process, "tiny", 1, limit) for entrant, process, limit in parts]

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
        (HANGS, "no answer within 2 seconds"),
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
        lane = Lane(Entrant("nobody", ""), worker, "tiny", 1, Limits())
        [own] = measure_case([lane], TRAIN, num_batches=1, rounds=1, tell=silent)
    assert own.reason == "ModuleNotFoundError: No module named 'henkan.bench.peers.nobody'"


def test_what_failed_in_one_case_is_asked_again_in_the_next(start: Start) -> None:
    lanes = start(1)
    found = [measure_case(lanes, Case("decode", 1, beam), 0, rounds=1, tell=silent)[0] for beam in (4, 1)]
    assert [own.reason for own in found] == ["ValueError: there is no beam search", None]


class Script:
    """Stands for a process: each run of the work takes so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[dict[str, Any]] = []

    def send(self, **request: Any) -> None:
        self.asked = [request]

    def receive(self, limit: float) -> dict[str, Any]:
        return {}

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"seconds": self.seconds * request["repeat"], "tokens": 1024 * request["repeat"]}


@pytest.mark.parametrize(("seconds", "repeat"), [(0.001, 50), (0.1, 5), (0.4, 1), (3.0, 1)])
def test_quick_decoding_is_repeated_to_fill_a_round(seconds: float, repeat: int) -> None:
    lane = Lane(Entrant("fake", ""), Script(seconds), "tiny", 1, Limits())  # type: ignore[arg-type]
    [own] = measure_case([lane], Case("decode", 32), 0, rounds=2, tell=silent)
    assert [request["repeat"] for request in lane.process.asked[1:]] == [1, repeat, repeat]  # type: ignore[attr-defined]
    assert own.speeds == pytest.approx([1024 / seconds] * 2)


def test_what_is_too_slow_for_rounds_is_left_out_after_its_first() -> None:
    lane = Lane(Entrant("fake", ""), Script(32.0), "tiny", 1, Limits())  # type: ignore[arg-type]
    [own] = measure_case([lane], Case("decode", 32), 0, rounds=2, tell=silent)
    assert (own.reason, own.speeds) == ("32 seconds a round, too long for several (32 tokens/s in the first)", [])
    assert len(lane.process.asked) == 2  # type: ignore[attr-defined]


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
