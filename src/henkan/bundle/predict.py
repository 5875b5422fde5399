"""Text in, text out: batches of similar length, results in the order of the input."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from henkan.bundle.engine import Engine, torch_rows
from henkan.bundle.request import Prediction, Request, encode_prefix, without_model
from henkan.data import EOS_IDX, Codec, Tokenizer
from henkan.decoding import BeamSearch, Hypothesis, Strategy, merge_equal

if TYPE_CHECKING:
    from henkan.nn import Transformer


@dataclass(frozen=True)
class Score:
    """The log-probability of a target, end token included, and the number of its tokens, the end token counted."""

    log_prob: float
    num_tokens: int

    @property
    def per_token(self) -> float:
        """The mean log-probability of a token."""
        return self.log_prob / self.num_tokens


def predict_texts(
    engine: Engine,
    codec: Codec,
    sources: Sequence[str],
    request: Request,
) -> list[list[Prediction]]:
    """See ``Predictor.predict``."""
    _check_limit(engine.max_len, request.max_len)
    predictions = [
        without_model(source, prefix, request.dictionary)
        for source, prefix in zip(sources, request.prefixes, strict=True)
    ]
    encoded = [
        ([], ()) if found else codec.encode_source(source) for source, found in zip(sources, predictions, strict=True)
    ]
    copied = [characters for _, characters in encoded]
    rows = [[] if found else [*ids, EOS_IDX] for (ids, _), found in zip(encoded, predictions, strict=True)]
    _check_lengths(engine.max_len, rows, "source", request.lines)
    prefixes = [
        [] if found else encode_prefix(codec, prefix, characters, number, request.max_len)
        for prefix, characters, number, found in zip(request.prefixes, copied, request.lines, predictions, strict=True)
    ]

    def decode(indices: Sequence[int], strategy: Strategy) -> list[list[Hypothesis]]:
        return engine.decode(
            [rows[index] for index in indices],
            strategy,
            max_len=request.max_len,
            prefix=[prefixes[index] for index in indices],
            seeds=[line_seed(request.seed, request.lines[index]) for index in indices],
        )

    lengths = [len(row) for row in rows]
    for indices in _by_length(lengths, lambda longest: engine.rows_together(longest, request.strategy)):
        readers = [partial(codec.decode_target, copied=copied[index]) for index in indices]
        rows_found = _distinct(decode, indices, request, readers)
        for index, text_of, found in zip(indices, readers, rows_found, strict=True):
            predictions[index] = [Prediction(text_of(h.tokens), h.log_prob, h.score, h.ended) for h in found]
    return predictions


def _distinct(
    decode: Callable[[Sequence[int], Strategy], list[list[Hypothesis]]],
    indices: Sequence[int],
    request: Request,
    readers: Sequence[Callable[[Sequence[int]], str]],
) -> list[list[Hypothesis]]:
    """The hypotheses of these rows, best first; of several in which the row's reader reads one text only the best.

    A row in which some do is searched again for as many as its beam holds. A beam finds the same best hypotheses
    however many it is asked for, so no other row needs that.
    """
    strategy = request.strategy
    found = decode(indices, strategy)
    if not isinstance(strategy, BeamSearch) or strategy.n_best == 1:
        return found
    again = [
        place
        for place, (row, text_of) in enumerate(zip(found, readers, strict=True))
        if len({text_of(hypothesis.tokens) for hypothesis in row}) < len(row)
    ]
    if again:
        more = decode([indices[place] for place in again], replace(strategy, n_best=strategy.width))
        for place, row in zip(again, more, strict=True):
            found[place] = merge_equal(row, readers[place])[: strategy.n_best]
    return found


def score_texts(
    model: "Transformer",
    codec: Codec,
    pairs: Sequence[tuple[str, str]],
    lines: Sequence[int],
) -> list[Score]:
    """See ``Bundle.score``."""
    from henkan.data import Batch, encode_pair  # here, because an engine may do without torch
    from henkan.decoding import score

    encoded = [encode_pair(codec, source, target) for source, target in pairs]
    _check_lengths(model.max_len, [pair.src for pair in encoded], "source", lines)
    _check_lengths(model.max_len, [pair.tgt[1:] for pair in encoded], "target", lines)
    scores = [Score(0.0, 1)] * len(encoded)
    for indices in _by_length([max(len(pair.src), len(pair.tgt)) for pair in encoded], torch_rows):
        batch = Batch.collate([encoded[index] for index in indices], model.pad_idx)
        log_probs, _ = score(model, batch.src, batch.tgt)
        for index, log_prob in zip(indices, log_probs.tolist(), strict=True):
            scores[index] = Score(log_prob, len(encoded[index].tgt) - 1)
    return scores


def unknown_symbols(texts: Iterable[str], reader: Codec | Tokenizer) -> Counter[str]:
    """The symbols of ``texts`` that training never showed, and how often they stand there.

    For a codec, which reads sources, those that it copies are left out.
    """
    return Counter(symbol for text in texts if text.strip() for symbol in reader.unknown(text))


def line_seed(seed: int, line: int) -> int:
    """A seed for one line, which depends on nothing but ``seed`` and the line's number."""
    return int.from_bytes(blake2b(f"{seed}:{line}".encode(), digest_size=7).digest(), "big")


def _by_length(lengths: Sequence[int], rows_of: Callable[[int], int]) -> Iterator[list[int]]:
    """The places of ``lengths`` above 0, longest first, in batches of as many as ``rows_of`` their longest says."""
    order = sorted((index for index, length in enumerate(lengths) if length), key=lambda index: -lengths[index])
    while order:
        size = rows_of(lengths[order[0]])
        yield order[:size]
        order = order[size:]


def _check_lengths(positions: int, rows: Sequence[Sequence[int]], name: str, lines: Sequence[int]) -> None:
    for number, row in zip(lines, rows, strict=True):
        if len(row) > positions:
            raise ValueError(
                f"line {number}: the {name} has {len(row) - 1:,} symbols, but this model has positions for "
                f"{positions - 1:,}: shorten the line, or train with a larger --model.max_len"
            )


def _check_limit(positions: int, max_len: int) -> None:
    if not 1 <= max_len <= positions:
        raise ValueError(f"max_len={max_len} must be from 1 to {positions}, the positions that this model has")
