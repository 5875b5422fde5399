"""One file for each implementation that is measured. What each offers is in ``Peer``.

A peer's file imports its package, torch, ``henkan.bench.shapes`` and ``henkan.bench.update``, nothing else of henkan's,
so that it runs in an environment with the peers in it and nothing of what henkan needs. ``own`` runs in henkan's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from henkan.bench.shapes import Shape, Work

MODEL = "HENKAN_BENCH_MODEL"  # names the folder of CTranslate2's model in the environment of its worker

Precision = Literal["float32", "bfloat16", "int8"]
Train = Callable[[Work], None]
Decode = Callable[[Any], Any]  # (rows, 16) source ids; what comes back is only looked at in tests


@dataclass(frozen=True)
class Way:
    """How a peer is set: one line of the result."""

    precision: Precision = "float32"
    compiled: bool = False
    fused_optimizer: bool = False  # Adam as ``torch.optim.Adam(fused=True)`` has it
    dropout: bool = True
    workers: int = 1  # that share out the rows of a batch, where the engine can; the threads are shared among them


class Peer(Protocol):
    """The functions of a peer's module."""

    PACKAGE: str
    """The distribution whose version stands in the result."""

    def training(self, shape: Shape, way: Way) -> Train:
        """What makes one update from a batch: forward, its own loss with smoothing 0.1, backward, Adam."""
        ...

    def decoding(self, shape: Shape, way: Way, beam: int) -> Decode:
        """What decodes rows to exactly 32 tokens each, the end token never among them; beam 1 is greedy."""
        ...
