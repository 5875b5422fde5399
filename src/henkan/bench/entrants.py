"""Who is measured, at what work and in which setting."""

from dataclasses import dataclass, field
from typing import Literal

from henkan.bench.floor import Floor
from henkan.bench.peers import Way

WorkName = Literal["train", "decode"]
PEERS = "henkan.bench.peers"


@dataclass(frozen=True)
class Entrant:
    """One implementation in one setting."""

    name: str
    module: str
    way: Way = field(default_factory=Way)
    is_own: bool = False  # runs in this Python, which has henkan and torch; the others in that of the peers
    all_workers: bool = False  # as many workers as there are threads, of one thread each

    @property
    def title(self) -> str:
        """What it is called in tables."""
        return f"{self.name}, {self.way.precision}"


@dataclass(frozen=True)
class Case:
    """One comparison: a kind of work, of decoding also how many rows at once and how wide a beam."""

    work: WorkName
    rows: int = 0
    beam: int = 1

    @property
    def title(self) -> str:
        """What it is called in tables."""
        if self.work == "train":
            return "training"
        return f"decoding, batch {self.rows}, {'greedy' if self.beam == 1 else f'beam {self.beam}'}"


CASES: dict[WorkName, list[Case]] = {
    "train": [Case("train")],
    "decode": [Case("decode", rows, beam) for beam in (1, 4) for rows in (1, 32)],
}

_BF16 = Way(precision="bfloat16")
_TORCH, _OWN, _MARIAN = f"{PEERS}.torch_transformer", f"{PEERS}.own", f"{PEERS}.marian"
CTRANSLATE2 = f"{PEERS}.ctranslate2"

# The first of each work is what the others are compared with.
ENTRANTS: dict[WorkName, list[Entrant]] = {
    "train": [
        Entrant("torch.nn.Transformer", _TORCH, is_own=True),
        Entrant("henkan", _OWN, is_own=True),
        Entrant("Hugging Face Marian", _MARIAN),
        Entrant("x-transformers", f"{PEERS}.x_transformers"),
        Entrant("JoeyNMT", f"{PEERS}.joeynmt"),
        Entrant("yoyodyne", f"{PEERS}.yoyodyne"),
        Entrant("torch.nn.Transformer", _TORCH, _BF16, is_own=True),
        Entrant("henkan", _OWN, _BF16, is_own=True),
        Entrant("Hugging Face Marian", _MARIAN, _BF16),
    ],
    "decode": [
        Entrant("Hugging Face Marian", _MARIAN),
        Entrant("henkan", _OWN, is_own=True),
        Entrant("x-transformers", f"{PEERS}.x_transformers"),
        Entrant("JoeyNMT", f"{PEERS}.joeynmt"),
        Entrant("CTranslate2", CTRANSLATE2),
        Entrant("CTranslate2", CTRANSLATE2, Way(precision="int8"), all_workers=True),
        Entrant("Hugging Face Marian", _MARIAN, _BF16),
    ],
}


def why_left_out(entrant: Entrant, floor: Floor) -> str | None:
    """Why there is no point in measuring ``entrant`` on this machine; nothing if there is."""
    speedup = floor.bfloat16_speedup
    if entrant.way.precision == "bfloat16" and speedup <= 1.0:
        return f"a matrix product in bfloat16 is {1 / speedup:.3g} times slower than in float32 on this processor"
    return None
