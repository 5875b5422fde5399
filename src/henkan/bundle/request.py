"""What can be asked for, what comes back, and what is settled before the model is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from henkan.data import Codec, Copied
from henkan.decoding import Strategy


@dataclass(frozen=True)
class Prediction:
    """An output. ``log_prob``, ``score`` and ``ended`` (by itself, not by the length limit) are its hypothesis's."""

    text: str
    log_prob: float
    score: float
    ended: bool


BLANK = Prediction("", 0.0, 0.0, ended=True)


@dataclass(frozen=True)
class Request:
    """What is asked for beside the sources, see ``Predictor.predict``. ``lines`` and ``prefixes``: one per source."""

    strategy: Strategy
    max_len: int
    seed: int
    lines: Sequence[int]
    prefixes: Sequence[str]
    dictionary: Mapping[str, str]


def without_model(source: str, prefix: str, dictionary: Mapping[str, str]) -> list[Prediction]:
    """What a blank line and a line of the dictionary become; nothing if the model has to be asked."""
    if not source.strip():
        return [BLANK]
    target = dictionary.get(source)
    return [] if target is None or not target.startswith(prefix) else [Prediction(target, 0.0, 0.0, ended=True)]


def encode_prefix(codec: Codec, prefix: str, copied: Copied, line: int, max_len: int) -> list[int]:
    """The ids that the output of a source with these characters must begin with for its text to begin with ``prefix``.

    Sub-words are those of the prefix by itself: a word that it breaks off in the middle goes on in pieces of its own.
    """
    ids = codec.encode_target(prefix, copied)
    if codec.decode_target(ids, copied) != prefix:
        lost = [symbol for symbol in codec.target.unknown(prefix) if symbol not in copied]
        unknown = ", ".join(map(repr, dict.fromkeys(lost)))
        raise ValueError(
            f"line {line}: no output begins with {prefix!r}, because the model cannot write {unknown}: "
            f"give a prefix of symbols that stood in the targets of the training"
        )
    if len(ids) >= max_len:
        raise ValueError(
            f"line {line}: the prefix {prefix!r} has {len(ids):,} symbols, but an output {max_len:,} at most, its end "
            f"counted: shorten the prefix or raise --max-len"
        )
    return ids
