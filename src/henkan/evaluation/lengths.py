"""Figures by length: whether long ones are harder."""

from collections.abc import Sequence
from dataclasses import dataclass

SLICES = 6


@dataclass(frozen=True)
class LengthSlice:
    """The examples, by their places, whose lengths lie between ``shortest`` and ``longest``, both among them."""

    shortest: int
    longest: int
    places: tuple[int, ...]


def slice_by_length(lengths: Sequence[int], number: int = SLICES) -> list[LengthSlice]:
    """At most ``number`` slices of about the same number of examples; equal lengths are never cut apart."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    slices: list[LengthSlice] = []
    start = 0
    while start < len(order):
        size = max(1, -(-(len(order) - start) // (number - len(slices))))
        end = start + size
        if len(slices) == number - 1:
            end = len(order)
        while end < len(order) and lengths[order[end]] == lengths[order[end - 1]]:
            end += 1
        places = order[start:end]
        slices.append(LengthSlice(lengths[places[0]], lengths[places[-1]], tuple(places)))
        start = end
    return slices
