"""The whole benchmark: the floor, then every shape and kind of work, then the files."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from henkan.bench.entrants import CASES, CTRANSLATE2, ENTRANTS, Entrant, WorkName, why_left_out
from henkan.bench.floor import Floor
from henkan.bench.lane import Lane, Limits, Measured
from henkan.bench.peers import MODEL
from henkan.bench.process import WorkerError, WorkerProcess
from henkan.bench.progress import telling
from henkan.bench.report import describe_floor, describe_phases, describe_rows
from henkan.bench.rounds import measure_case
from henkan.bench.shapes import SHAPES, Shape, ShapeName
from henkan.bench.summary import Row, floor_row, phase_floor_row, phase_row, summarise
from henkan.workflow.report import Say, heading

OWN = "henkan.bench.peers.own"
PHASED = {"henkan": OWN, "torch.nn.Transformer": "henkan.bench.peers.torch_transformer"}


@dataclass(frozen=True)
class Options:
    """What is measured. ``peers_python`` is the Python with the peers; ``entrants`` by work, the reference first."""

    shapes: Sequence[ShapeName] = tuple(SHAPES)
    works: Sequence[WorkName] = ("train", "decode")
    rounds: int = 5
    peers_python: str = sys.executable
    limits: Limits = field(default_factory=Limits)
    entrants: dict[WorkName, list[Entrant]] = field(default_factory=lambda: ENTRANTS)


def bench(options: Options, say: Say) -> Iterator[list[Row]]:
    """The rows of the result, part by part; what each part brings is said as soon as it is known."""
    heading(say, "What the machine can do at best")
    floor = find_floor(options.limits)
    _say_all(say, describe_floor(floor))
    yield [floor_row(floor)]
    for name in options.shapes:
        for work in options.works:
            yield from measure_work(SHAPES[name], work, options, floor, say)
        if "train" in options.works:
            yield measure_phases(SHAPES[name], options, floor, say)


def find_floor(limits: Limits) -> Floor:
    """The floor, measured in a process of its own."""
    with WorkerProcess(OWN, sys.executable) as worker:
        return Floor.from_answer(worker.ask(limits.prepare, do="floor"))


def measure_work(shape: Shape, work: WorkName, options: Options, floor: Floor, say: Say) -> Iterator[list[Row]]:
    """Each case of one kind of work at one shape. The processes of the entrants live until the last case is done."""
    entrants = options.entrants[work]
    with tempfile.TemporaryDirectory() as folder:
        reasons = _left_out(entrants, shape, floor, folder, options.limits)
        measurable = [entrant for entrant in entrants if entrant not in reasons]
        with _lanes(measurable, shape, floor, folder, options) as lanes:
            for case in CASES[work]:
                title = f"{shape.name}, {case.title}"
                with telling(title, len(lanes) * (options.rounds + 2)) as tell:
                    measured = measure_case(lanes, case, shape.num_batches, options.rounds, tell)
                measured += [Measured(entrant, case, reason=reason) for entrant, reason in reasons.items()]
                found = summarise(shape, measured, floor)
                for row, lane in zip(found, lanes, strict=False):  # those left out stand behind the lanes
                    if "left_out" not in row:
                        row["peak_mib"] = lane.peak_mib()
                heading(say, f"{title}: ratios to {measured[0].entrant.title}, medians [lowest .. highest]")
                _say_all(say, describe_rows(found))
                yield found


def _left_out(
    entrants: Sequence[Entrant], shape: Shape, floor: Floor, folder: str, limits: Limits
) -> dict[Entrant, str]:
    """Who cannot be measured, and why. Writes the model for CTranslate2 into ``folder`` if it is to be measured."""
    reasons = {entrant: reason for entrant in entrants if (reason := why_left_out(entrant, floor))}
    exported = [entrant for entrant in entrants if entrant.module == CTRANSLATE2 and entrant not in reasons]
    if exported:
        with WorkerProcess(OWN, sys.executable) as worker:
            try:
                worker.ask(limits.prepare, do="export", shape=shape.name, folder=folder)
            except WorkerError as error:
                reasons |= dict.fromkeys(exported, f"henkan cannot write its model: {error}")
    return reasons


@contextmanager
def _lanes(
    entrants: Sequence[Entrant], shape: Shape, floor: Floor, folder: str, options: Options
) -> Iterator[list[Lane]]:
    """A lane for each entrant; leaving ends their processes."""
    with ExitStack() as stack:
        lanes = []
        for entrant in entrants:
            python = sys.executable if entrant.is_own else options.peers_python
            process = stack.enter_context(WorkerProcess(entrant.module, python, {MODEL: folder}))
            lanes.append(Lane(entrant, process, shape.name, floor.threads, options.limits))
        yield lanes


def measure_phases(shape: Shape, options: Options, floor: Floor, say: Say) -> list[Row]:
    """Where the time of a training step goes, in henkan and in ``torch.nn.Transformer``, and what the floor allows."""
    heading(say, f"{shape.name}, a training step in float32: milliseconds, and shares of the step")
    try:
        found = _phases(shape, options)
    except WorkerError as error:
        say(f"  left out: {error}")
        return []
    rows = [phase_row(shape, name, rounds) for name, rounds in found.items()] + [phase_floor_row(shape, floor)]
    _say_all(say, describe_phases(rows))
    return rows


def _phases(shape: Shape, options: Options) -> dict[str, list[dict[str, float]]]:
    """Seconds of each phase, round by round."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in PHASED}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(WorkerProcess(module, sys.executable)) for name, module in PHASED.items()}
        tell = stack.enter_context(telling(f"{shape.name}, phases of a step", len(PHASED) * (options.rounds + 1)))
        for number in range(options.rounds + 1):
            for name, worker in workers.items():
                tell(name)
                answer = worker.ask(options.limits.prepare, do="phases", shape=shape.name)
                if number > 0:  # the first round warms up
                    found[name].append(answer)
    return found


def _say_all(say: Say, lines: Sequence[str]) -> None:
    for line in lines:
        say(line)
