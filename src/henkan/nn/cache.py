"""What a decoder remembers between steps. State goes in and comes out; nothing here is written to.

Keys and values are joined by concatenation at each step: a value that never changes is easier to reason about. Where
speed counts, ``henkan.decoding`` keeps them in buffers that it writes over.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class KeyValue:
    """Projected keys and values of the positions that can be attended to, by head."""

    keys: Float[Tensor, "B H Tk D"]
    values: Float[Tensor, "B H Tk D"]

    def append(self, new: "KeyValue") -> "KeyValue":
        """These positions followed by ``new``."""
        return KeyValue(torch.cat([self.keys, new.keys], dim=2), torch.cat([self.values, new.values], dim=2))

    def select(self, rows: Int[Tensor, " N"]) -> "KeyValue":
        """Row i of the result is row ``rows[i]`` of this."""
        return KeyValue(self.keys.index_select(0, rows), self.values.index_select(0, rows))


@dataclass(frozen=True)
class LayerCache:
    """What one decoder layer remembers: its own past (none before the first step) and the memory it reads."""

    past: KeyValue | None
    memory: KeyValue


@dataclass(frozen=True)
class DecoderCache:
    """What a decoder remembers of ``length`` positions and of the source they are decoded from."""

    layers: tuple[LayerCache, ...]
    memory_mask: Bool[Tensor, "B 1 1 S"] | None
    length: int = 0

    def select(self, rows: Int[Tensor, " N"]) -> "DecoderCache":
        """Row i of the result is row ``rows[i]`` of this: drops, repeats or reorders whole rows."""
        mask = None if self.memory_mask is None else self.memory_mask.index_select(0, rows)
        layers = tuple(
            LayerCache(None if layer.past is None else layer.past.select(rows), layer.memory.select(rows))
            for layer in self.layers
        )
        return replace(self, layers=layers, memory_mask=mask)

    def reorder(self, rows: Int[Tensor, " B"]) -> "DecoderCache":
        """Only the past is reordered, for beams that change places within a sentence: their memory is the same."""
        layers = tuple(
            replace(layer, past=None if layer.past is None else layer.past.select(rows)) for layer in self.layers
        )
        return replace(self, layers=layers)
