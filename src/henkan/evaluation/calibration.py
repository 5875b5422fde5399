"""Whether a model knows when it is right: the probabilities of its outputs against how often they are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

GROUPS = 10


@dataclass(frozen=True)
class Group:
    """Outputs of similar probability: how many, their lowest, highest and mean probability, the share of right ones."""

    count: int
    lowest: float
    highest: float
    probability: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """The groups from the least to the most probable outputs, and the expected calibration error.

    That is how far probability and share of right ones lie apart, on average over the outputs: the sum over the groups
    of (outputs in it / all outputs) x | mean probability - share right |.
    """

    groups: tuple[Group, ...]
    error: float


def calibrate(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """Sort the outputs by probability and cut them into tenths of equal size, give or take one output.

    Fewer than ten outputs make as many groups. Equal probabilities keep their order and may be cut apart.
    """
    if not probabilities or len(probabilities) != len(right):
        raise ValueError(f"{len(probabilities)} probabilities do not fit {len(right)} outputs: give one for each")
    order = sorted(range(len(right)), key=lambda place: probabilities[place])
    number = min(GROUPS, len(order))
    borders = [len(order) * group // number for group in range(number + 1)]
    groups = []
    for start, end in pairwise(borders):
        places = order[start:end]
        groups.append(
            Group(
                count=len(places),
                lowest=probabilities[places[0]],
                highest=probabilities[places[-1]],
                probability=sum(probabilities[place] for place in places) / len(places),
                right=sum(right[place] for place in places) / len(places),
            )
        )
    apart = sum(group.count * abs(group.probability - group.right) for group in groups)
    return Calibration(tuple(groups), apart / len(order))
