"""Text in, text out: batches of similar length, results in the order of the input."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from henkan.data import BOS_IDX, EOS_IDX, Batch, EncodedPair, Tokenizer, pad_rows
from henkan.decoding import BeamSearch, Strategy, generate, score
from henkan.nn import Transformer

# The size of a batch: rows x longest source, and rows. Results do not depend on it, memory does.
BATCH_TOKENS, BATCH_ROWS = 8192, 512


@dataclass(frozen=True)
class Prediction:
    """An output. ``log_prob``, ``score`` and ``ended`` (by itself, not by the length limit) are its hypothesis's."""

    text: str
    log_prob: float
    score: float
    ended: bool


BLANK = Prediction("", 0.0, 0.0, ended=True)


@dataclass(frozen=True)
class Score:
    """The log-probability of a target, end token included, and the number of its tokens, the end token counted."""

    log_prob: float
    num_tokens: int

    @property
    def per_token(self) -> float:
        """The mean log-probability of a token."""
        return self.log_prob / self.num_tokens


def predict_texts(  # noqa: PLR0913 - all of it is what Bundle.predict is asked for
    model: Transformer,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    sources: Sequence[str],
    strategy: Strategy,
    *,
    max_len: int,
    seed: int,
    lines: Sequence[int],
) -> list[list[Prediction]]:
    """See ``Bundle.predict``."""
    _check_limit(model, max_len)
    rows = [[*source_tokenizer.encode(source), EOS_IDX] if source.strip() else [] for source in sources]
    _check_lengths(model, rows, "source", lines)
    width = strategy.width if isinstance(strategy, BeamSearch) else 1  # a beam is as many rows
    predictions = [[BLANK] for _ in rows]
    for indices in _by_length([len(row) for row in rows], width):
        hypotheses = generate(
            model,
            pad_rows([rows[index] for index in indices], model.pad_idx),
            bos_idx=BOS_IDX,
            eos_idx=EOS_IDX,
            max_len=max_len,
            strategy=strategy,
            seeds=[line_seed(seed, lines[index]) for index in indices],
        )
        for index, found in zip(indices, hypotheses, strict=True):
            predictions[index] = [
                Prediction(target_tokenizer.decode(h.tokens), h.log_prob, h.score, h.ended) for h in found
            ]
    return predictions


def score_texts(
    model: Transformer,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    pairs: Sequence[tuple[str, str]],
    lines: Sequence[int],
) -> list[Score]:
    """See ``Bundle.score``."""
    encoded = [
        EncodedPair([*source_tokenizer.encode(source), EOS_IDX], [BOS_IDX, *target_tokenizer.encode(target), EOS_IDX])
        for source, target in pairs
    ]
    _check_lengths(model, [pair.src for pair in encoded], "source", lines)
    _check_lengths(model, [pair.tgt[1:] for pair in encoded], "target", lines)
    scores = [Score(0.0, 1)] * len(encoded)
    for indices in _by_length([max(len(pair.src), len(pair.tgt)) for pair in encoded]):
        batch = Batch.collate([encoded[index] for index in indices], model.pad_idx)
        log_probs, _ = score(model, batch.src, batch.tgt)
        for index, log_prob in zip(indices, log_probs.tolist(), strict=True):
            scores[index] = Score(log_prob, len(encoded[index].tgt) - 1)
    return scores


def unknown_symbols(texts: Iterable[str], tokenizer: Tokenizer) -> Counter[str]:
    """The symbols of ``texts`` that the tokenizer does not know, and how often they stand there."""
    return Counter(symbol for text in texts if text.strip() for symbol in tokenizer.unknown(text))


def line_seed(seed: int, line: int) -> int:
    """A seed for one line, which depends on nothing but ``seed`` and the line's number."""
    return int.from_bytes(blake2b(f"{seed}:{line}".encode(), digest_size=7).digest(), "big")


def _by_length(lengths: Sequence[int], width: int = 1) -> Iterator[list[int]]:
    """The places of ``lengths`` above 0, longest first, in batches of at least one; each place is ``width`` rows."""
    order = sorted((index for index, length in enumerate(lengths) if length), key=lambda index: -lengths[index])
    while order:
        size = max(1, min(BATCH_TOKENS // lengths[order[0]], BATCH_ROWS) // width)
        yield order[:size]
        order = order[size:]


def _check_lengths(model: Transformer, rows: Sequence[Sequence[int]], name: str, lines: Sequence[int]) -> None:
    for number, row in zip(lines, rows, strict=True):
        if len(row) > model.max_len:
            raise ValueError(
                f"line {number}: the {name} has {len(row) - 1:,} symbols, but this model has positions for "
                f"{model.max_len - 1:,}: shorten the line, or train with a larger --model.max_len"
            )


def _check_limit(model: Transformer, max_len: int) -> None:
    if not 1 <= max_len <= model.max_len:
        raise ValueError(f"max_len={max_len} must be from 1 to {model.max_len}, the positions that this model has")
