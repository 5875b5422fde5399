"""One entrant at one shape: its process, and what came of each round."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from henkan.bench.entrants import Case, Entrant
from henkan.bench.process import WorkerError, WorkerProcess

ROUND_SECONDS = 0.5  # that quick decoding fills, so that a round is more than a blink
MAX_REPEAT = 50


@dataclass(frozen=True)
class Limits:
    """Seconds: after how many a worker is given up, and from how many for a round it is left out as too slow."""

    prepare: float = 300.0
    round: float = 300.0
    slow: float = 20.0


@dataclass
class Measured:
    """Of one entrant in one case: tokens per second by round, or the reason why there are none."""

    entrant: Entrant
    case: Case
    speeds: list[float] = field(default_factory=list)
    reason: str | None = None
    about: dict[str, Any] = field(default_factory=dict)  # versions, threads


class Lane:
    """Measures ``entrant``, whose process lives as long as the lane. Nothing that goes wrong there is raised here."""

    def __init__(self, entrant: Entrant, process: WorkerProcess, shape: str, threads: int, limits: Limits) -> None:
        self.entrant, self.process, self.shape, self.limits = entrant, process, shape, limits
        self.way = replace(entrant.way, workers=threads) if entrant.all_workers else entrant.way
        self.repeat = 1

    def begin(self, case: Case) -> None:
        """Let the process make the model for ``case``, without waiting for it."""
        way = asdict(self.way)
        self.process.send(do="prepare", work=case.work, shape=self.shape, way=way, beam=case.beam)

    def ready(self, case: Case) -> Measured:
        """Wait until what ``begin`` asked for is done."""
        measured = Measured(self.entrant, case)
        try:
            measured.about = self.process.receive(self.limits.prepare)
        except WorkerError as error:
            measured.reason = str(error)
        return measured

    def warm_up(self, measured: Measured, batches: list[int]) -> None:
        """A round that does not count, from which follows how often the work is repeated in one that does."""
        self.repeat = 1
        if (answer := self._run(measured, batches)) is None:
            return
        seconds = answer["seconds"]
        if seconds > self.limits.slow:
            speed = answer["tokens"] / seconds
            measured.reason = f"{seconds:.0f} seconds a round, too long for several ({speed:.3g} tokens/s in the first)"
        if measured.case.work == "decode":
            self.repeat = min(max(round(ROUND_SECONDS / seconds), 1), MAX_REPEAT)

    def round(self, measured: Measured, batches: list[int]) -> None:
        """A round that counts."""
        answer = self._run(measured, batches)
        if answer is not None:
            measured.speeds.append(answer["tokens"] / answer["seconds"])

    def peak_mib(self) -> int | None:
        """The most memory that the process has held."""
        try:
            return int(self.process.ask(self.limits.prepare, do="memory")["peak_mib"])
        except WorkerError:
            return None

    def _run(self, measured: Measured, batches: list[int]) -> dict[str, Any] | None:
        case = measured.case
        try:
            if case.work == "train":
                return self.process.ask(self.limits.round, do="train", batches=batches)
            return self.process.ask(self.limits.round, do="decode", rows=case.rows, repeat=self.repeat)
        except WorkerError as error:
            measured.reason, measured.speeds = str(error), []
            return None
