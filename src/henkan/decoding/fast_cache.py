"""What ``FastSteps`` remember: buffers with room for positions to come, of all layers in one tensor each."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

FIRST_ROOM = 16  # positions of a new buffer; a full one doubles


@dataclass(frozen=True)
class Buffers:
    """Keys and values; the keys stand by column, as the product with one query reads them."""

    keys: Float[Tensor, "L B H D room"]
    values: Float[Tensor, "L B H room D"]

    @property
    def room(self) -> int:
        """The positions that fit."""
        return self.keys.size(-1)

    def empty(self, room: int) -> "Buffers":
        """Buffers like these for ``room`` positions, with nothing in them yet."""
        return Buffers(
            self.keys.new_empty((*self.keys.shape[:-1], room)),
            self.values.new_empty((*self.values.shape[:-2], room, self.values.size(-1))),
        )

    def select(self, rows: Int[Tensor, " N"], into: "Buffers | None" = None) -> "Buffers":
        """Row i of the result is row ``rows[i]`` of these; it is written over ``into`` if that has the right size."""
        if into is None or into.keys.shape != (self.keys.size(0), len(rows), *self.keys.shape[2:]):
            return Buffers(self.keys.index_select(1, rows), self.values.index_select(1, rows))
        torch.index_select(self.keys, 1, rows, out=into.keys)
        torch.index_select(self.values, 1, rows, out=into.values)
        return into


@dataclass(frozen=True)
class FastCache:
    """The past, ``length`` positions of it, and the memory.

    What comes out of a step or of ``reorder`` is written over the buffers that went in, so a cache is used up by
    either: unlike a ``DecoderCache`` it has one future.
    """

    past: Buffers
    memory: Buffers
    hidden: Float[Tensor, "B 1 1 S"] | None  # -inf where the source is hidden, else 0; None if nothing is
    length: int = 0
    spare: Buffers | None = None  # where the next ``reorder`` writes

    def select(self, rows: Int[Tensor, " N"]) -> "FastCache":
        """Row i of the result is row ``rows[i]`` of this: drops, repeats or reorders whole rows."""
        hidden = None if self.hidden is None else self.hidden.index_select(0, rows)
        return FastCache(self.past.select(rows), self.memory.select(rows), hidden, self.length)

    def reorder(self, rows: Int[Tensor, " B"]) -> "FastCache":
        """Only the past is reordered, for beams that change places within a sentence: their memory is the same."""
        # Two buffers in turn: memory that the system has just handed out costs more than the copy.
        return replace(self, past=self.past.select(rows, into=self.spare), spare=self.past)

    def longer(self) -> "FastCache":
        """This with one position more, whose keys and values are still to be written."""
        past, spare = self.past, self.spare
        if self.length == past.room:
            past, spare = self.past.empty(room=2 * self.length), None
            past.keys[..., : self.length] = self.past.keys
            past.values[..., : self.length, :] = self.past.values
        return replace(self, past=past, spare=spare, length=self.length + 1)
