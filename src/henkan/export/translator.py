"""CTranslate2's translator, spoken to in ids."""

import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from henkan.bundle.engine import Rows
from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX
from henkan.decoding import Hypothesis, length_penalty
from henkan.export.names import source_token, target_token

# Rows that one thread decodes together, by experiment: products of bytes want fewer, for what they read to stay near.
GROUP, GROUP_OF_BYTES = 128, 64
GROUP_TOKENS = 16384  # rows x longest source x width of the beam, for which memory is the reason
VOCABULARY = "target_vocabulary.json"
NEVER = [[target_token(PAD_IDX)], [target_token(BOS_IDX)]]  # what no output contains


@dataclass(frozen=True)
class Found:
    """Ids behind the start token, the end token included if it came, and their log-probability.

    No other sequence has a log-probability above ``others``.
    """

    ids: tuple[int, ...]
    log_prob: float
    others: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether the end token came."""
        return self.ids[-1:] == (EOS_IDX,)

    def hypothesis(self, alpha: float) -> Hypothesis:
        """This, with its score under the length penalty ``alpha``."""
        return Hypothesis.cut(
            self.ids, EOS_IDX, log_prob=self.log_prob, score=self.log_prob / length_penalty(len(self.ids), alpha)
        )


@dataclass(frozen=True)
class Translator:
    """The model of a folder that ``write_model`` wrote, on the processor.

    A call's rows are shared out among ``threads`` threads, and each computes alone: several threads on one matrix cost
    more than they bring, many times more with int8.
    """

    model: Any
    threads: int
    vocabulary_size: int  # of outputs

    @classmethod
    def load(cls, folder: Path, threads: int) -> "Translator":
        """The one of a folder; a model that cannot be read is a ``ValueError``."""
        from ctranslate2 import Translator as Model
        from ctranslate2 import set_log_level

        set_log_level(logging.ERROR)  # what it computes in is no warning, but in ``compute_type``
        try:
            model = Model(str(folder), device="cpu", inter_threads=threads, intra_threads=1)
            return cls(model, threads, len(json.loads((folder / VOCABULARY).read_text("utf-8"))))
        except (OSError, RuntimeError, ValueError) as error:
            raise ValueError(
                f"CTranslate2 cannot read {folder} ({error}): export the bundle again, or use --engine torch"
            ) from None

    @property
    def compute_type(self) -> str:
        """What this machine computes in, which for bfloat16 is float32 where bfloat16 would be slow."""
        return str(self.model.compute_type)

    def group(self, longest: int, width: int = 1) -> int:
        """How many rows, of up to ``longest`` ids, a thread is to decode together with beams of this width."""
        most = GROUP_OF_BYTES if self.compute_type.startswith("int8") else GROUP
        return max(1, min(most, GROUP_TOKENS // (longest * width)))

    def translate(self, rows: Rows, max_len: int, prefix: Rows | None = None, **options: Any) -> list[list[Found]]:
        """What CTranslate2 finds for each row, by default greedily. ``options`` are those of ``translate_batch``.

        A log-probability leaves the prefix out, and shares out the probability of what an option forbids.
        """
        return [found_in(result) for result in self.results(rows, max_len, prefix, **options)]

    def results(self, rows: Rows, max_len: int, prefix: Rows | None = None, **options: Any) -> list[Any]:
        """As ``translate``, in CTranslate2's own words."""
        if not rows:
            return []
        results: list[Any] = self.model.translate_batch(
            _named(rows, source_token),
            _named(prefix, target_token) if prefix is not None and any(prefix) else None,
            max_batch_size=self._shared(rows, options.get("beam_size", 1)),
            max_input_length=0,  # no source is cut
            max_decoding_length=max_len,
            min_decoding_length=0,
            return_scores=True,
            return_end_token=True,
            **{"beam_size": 1, "length_penalty": 0, **options},
        )
        return results

    def score(self, rows: Rows, found: Sequence[Found]) -> list[Found]:
        """The same sequences with the log-probabilities that the model gives them when nothing is forbidden."""
        if not rows:
            return []
        results = self.model.score_batch(
            _named(rows, source_token),
            _named([one.ids[:-1] if one.ended else one.ids for one in found], target_token),  # it adds the end token
            max_batch_size=self._shared(rows),
            max_input_length=0,
        )
        return [
            Found(one.ids, math.fsum(scored.log_probs[: len(one.ids)]))
            for one, scored in zip(found, results, strict=True)
        ]

    def _shared(self, rows: Rows, width: int = 1) -> int:
        """As ``group`` for these rows, and so few that all threads have work."""
        return min(self.group(max(map(len, rows)), width), math.ceil(len(rows) / self.threads))


def _named(rows: Rows, name: Callable[[int], str]) -> list[list[str]]:
    return [[name(idx) for idx in row] for row in rows]


def found_in(result: Any) -> list[Found]:
    """What one of CTranslate2's results holds, likeliest first."""
    return [Found(ids_of(names), score) for names, score in zip(result.hypotheses, result.scores, strict=True)]


def logits_in(result: Any) -> list[Any]:
    """The logits of each step of a greedy output, in float32, from which numpy can make arrays."""
    from ctranslate2 import DataType

    return [step if step.dtype == DataType.float32 else step.to(DataType.float32) for step in result.logits[0]]


def ids_of(names: Sequence[str]) -> tuple[int, ...]:
    """The ids that CTranslate2 calls by these names."""
    return tuple(int(name[1:-1]) for name in names)
