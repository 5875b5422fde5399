"""The running example of lesson 0, and other numbers of the same form that nobody has seen in print."""

import random
from collections.abc import Callable, Sequence

Q, KEYS, VALUES = (1.0, 0.0), ((0.8, 0.6), (0.0, 1.0)), (0.3, 0.9)
WEIGHTS = (0.6377670146125946, 0.3622329853874055)
BIAS, TARGET, RATE = 0.0, 1.0, 0.1

SMALL = 1e-5


def numbers(count: int, seed: int) -> tuple[float, ...]:
    """Random numbers between -2 and 2, the same in every run."""
    generator = random.Random(seed)
    return tuple(generator.uniform(-2, 2) for _ in range(count))


def rows(count: int, width: int, seed: int) -> tuple[tuple[float, ...], ...]:
    """Random vectors of one width."""
    return tuple(numbers(width, seed + row) for row in range(count))


def shares(count: int, seed: int) -> tuple[float, ...]:
    """Random weights that sum to 1."""
    drawn = [abs(number) + 0.1 for number in numbers(count, seed)]
    return tuple(number / sum(drawn) for number in drawn)


def slopes(loss: Callable[[list[float]], float], at: Sequence[float]) -> list[float]:
    """How fast ``loss`` rises with each of its numbers ``at`` this point, measured a little to both sides of it."""

    def moved(place: int, move: float) -> list[float]:
        return [number + move * (index == place) for index, number in enumerate(at)]

    return [(loss(moved(place, SMALL)) - loss(moved(place, -SMALL))) / (2 * SMALL) for place in range(len(at))]
