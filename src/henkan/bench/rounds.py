"""Rounds in which every entrant has its turn: A B C A B C ..., so that a slow moment of the machine meets them all."""

from collections.abc import Callable, Sequence

from henkan.bench.entrants import Case
from henkan.bench.lane import Lane, Measured

BATCHES_PER_ROUND = {"base": 1}  # of those of the shape, in turn; a round of other shapes trains on all
Tell = Callable[[str], None]


def measure_case(lanes: Sequence[Lane], case: Case, num_batches: int, rounds: int, tell: Tell) -> list[Measured]:
    """What came of ``rounds`` rounds after one that warms up. Whoever fails is not asked again."""
    measured = []
    for lane in lanes:
        lane.begin(case)  # all at once: nothing is timed yet
    for lane in lanes:
        tell(f"starting {lane.entrant.title}")
        measured.append(lane.ready(case))
    for number in range(rounds + 1):
        for lane, own in zip(lanes, measured, strict=True):
            tell(f"{f'round {number} of {rounds}' if number else 'warming up'}: {lane.entrant.title}")
            if own.reason is None:
                batches = batches_of(lane.shape, num_batches, number)
                (lane.round if number else lane.warm_up)(own, batches)
    return measured


def batches_of(shape: str, num_batches: int, number: int) -> list[int]:
    """The batches of round ``number``: the same for every entrant."""
    count = min(BATCHES_PER_ROUND.get(shape, num_batches), num_batches)
    return [(number * count + place) % num_batches for place in range(count)]
