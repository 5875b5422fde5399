"""How long texts were, and may become."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Lengths in symbols. ``source`` is the longest source of the training data; ``output`` is where decoding stops.

    The limit does not depend on what is decoded together, so neither does a prediction.
    """

    source: int
    output: int
