"""What every contestant is told, and what it tells: pairs, sizes and time; points of a learning curve."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

Ids = list[int]


@dataclass(frozen=True)
class Sizes:
    """The one model that all train; ``norm_first`` where they can."""

    d_model: int
    num_heads: int
    num_encoder_layers: int
    num_decoder_layers: int
    d_ff: int
    dropout: float  # on embeddings and on the output of every sub-layer, nowhere else
    norm_first: bool
    max_len: int


@dataclass(frozen=True)
class Contest:
    """The data as ids, the model, and the time.

    A source ends with ``eos_idx``; a target of ``train`` stands between ``bos_idx`` and ``eos_idx``; the right answers
    of ``dev``, several for some words, have neither.
    """

    train: Sequence[tuple[Ids, Ids]]
    dev: Sequence[tuple[Ids, Sequence[Ids]]]
    src_vocab_size: int
    tgt_vocab_size: int
    sizes: Sizes
    seed: int
    seconds: float  # of training, evaluation not counted
    points: int  # of the curve, evenly over that time
    stop_at: float = 0.0  # the word error rate with which a training has shown what it can
    warm_seconds: float = 0.0  # of training a model that is thrown away, before the clock starts
    clock: str = "wall"
    task: str = "pronunciation"
    max_output: int = 64  # symbols of an output, end token included: one longer than all right answers is wrong
    label_smoothing: float = 0.1
    max_norm: float = 1.0
    precision: str = "float32"
    threads: int = 1
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)  # what henkan is told, time apart
    pad_idx: int = 0
    bos_idx: int = 1
    eos_idx: int = 2

    def warm_up(self) -> "Contest":
        """The contest of the model that is thrown away."""
        return replace(self, seconds=self.warm_seconds, points=1)

    def save(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Contest":
        """The inverse of ``save``."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**content, "sizes": Sizes(**content["sizes"])})


@dataclass(frozen=True)
class Point:
    """A moment of a training: the share of the dev words that its weights got wrong."""

    updates: int
    seconds: float  # of training
    word_error_rate: float
    evaluation_seconds: float


@dataclass(frozen=True)
class Curve:
    """How a contestant did. ``updates_per_epoch`` tells how often it has seen the data.

    ``padding_share`` is that of an epoch's places, sources and targets together.
    """

    contestant: str
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]
    parameters: int
    updates_per_epoch: int
    padding_share: float
    note: str = ""
    points: list[Point] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write all of it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Curve":
        """The inverse of ``save``."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**content, "points": [Point(**point) for point in content["points"]]})


def word_error_rate(outputs: Sequence[Ids], contest: Contest) -> float:
    """The share of dev words whose output, ids up to the end token, is none of the right answers."""
    pairs = zip(outputs, contest.dev, strict=True)
    return sum(list(output) not in [list(one) for one in answers] for output, (_, answers) in pairs) / len(outputs)
